import Ajv2020 from "ajv/dist/2020";
import { TerraformOutput, TerraformVariable, Testing } from "cdktf";
import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { nodeFile, nodeFileSchema, type NodeFile } from "../../../constructs/fleet/node-file";
import { checkUserData, userData, USER_DATA_LIMIT_BYTES } from "../../../constructs/fleet/user-data";
import { show, suggest } from "../../../constructs/fleet/problem";

const published: unknown = JSON.parse(
  readFileSync(path.join(__dirname, "..", "..", "..", "docs", "schemas", "node-file.schema.json"), "utf8"),
);
const demand = {
  environment: "test",
  listeners: [{ port: 443, protocol: "TCP" as const }],
  health: { port: 8080, path: "/healthz", intervalSeconds: 10, unhealthyThreshold: 3 },
  clientAffinity: "none" as const,
  controlPlaneUrl: 'https://control.example.net/?a="b"&c=ü',
};
const bySite = nodeFile(demand, { name: "eu", provider: "aws" }, "r1", { name: "eu-central-1" });
const byHost = nodeFile(demand, { name: "sp", provider: "stackpath" }, "r1", {
  hostnamePattern: "-([a-z]+)-[0-9]+$",
  byLocation: { sea: "SEA" },
});

describe("the node file", () => {
  const valid = new Ajv2020().compile(published as object);

  test("has the published schema", () => {
    expect(published).toEqual(z.toJSONSchema(nodeFileSchema));
  });

  test.each([
    ["with its site", bySite],
    ["with the way to derive its site", byHost],
  ])("%s is valid by the published schema", (_, file) => {
    expect(valid(file)).toBe(true);
  });

  test("with a key too many or a missing one is not", () => {
    expect(valid({ ...bySite, secret: "x" })).toBe(false);
    expect(valid({ ...bySite, release: undefined })).toBe(false);
  });

  test("names a listener's role and the fleet's own log group", () => {
    expect(bySite.listeners).toEqual([{ port: 443, protocol: "TCP", role: "edge" }]);
    expect(bySite.logGroup).toBe("/polycast/test/eu");
  });
});

describe("user data", () => {
  test("is cloud-init that writes the node file, character for character", () => {
    const [header, body] = userData(bySite).split("\n");
    expect(header).toBe("#cloud-config");
    const [file] = (JSON.parse(body ?? "") as { write_files: { path: string; content: string }[] })
      .write_files;
    expect(file?.path).toBe("/etc/polycast/node.json");
    expect(JSON.parse(file?.content ?? "") as NodeFile).toEqual(bySite);
  });

  test("may write files that only root reads", () => {
    const secret = 'a "secret"\nof two lines\n';
    const [, body] = userData(bySite, { "/etc/polycast/secret": secret }).split("\n");
    const files = (JSON.parse(body ?? "") as { write_files: Record<string, string>[] }).write_files;
    expect(files.map(({ path, permissions }) => [path, permissions])).toEqual([
      ["/etc/polycast/node.json", "0644"],
      ["/etc/polycast/secret", "0600"],
    ]);
    expect(files[1]?.["encoding"]).toBe("b64");
    expect(Buffer.from(files[1]?.["content"] ?? "", "base64").toString()).toBe(secret);
  });

  test("leaves a secret that is known at apply to Terraform", () => {
    const synthesized = Testing.synthScope((stack) => {
      const secret = new TerraformVariable(stack, "password", { type: "string", sensitive: true });
      const value = userData(bySite, { "/etc/polycast/secret": secret.stringValue });
      new TerraformOutput(stack, "text", { value, sensitive: true });
    });
    const { output } = JSON.parse(synthesized) as { output: { text: { value: string } } };
    expect(output.text.value).toContain('"encoding":"b64","content":"${base64encode(var.password)}"');
  });

  test("is counted in bytes, not in characters", () => {
    expect(checkUserData("x".repeat(USER_DATA_LIMIT_BYTES), "fleets.a")).toEqual([]);
    expect(checkUserData("ü".repeat(USER_DATA_LIMIT_BYTES / 2 + 1), "fleets.a")).toMatchObject([
      { where: "fleets.a", what: expect.stringContaining("is 16386 bytes; the limit is 16384") as string },
    ]);
  });
});

describe("what an error shows", () => {
  test("is short, on one line, and escapes control characters", () => {
    expect(show("a\nb\u001b[31m")).toBe('"a\\nb\\u001b[31m"');
    expect(show("x".repeat(500))).toHaveLength(80);
    expect(show(undefined)).toBe("undefined");
  });

  test("suggests the nearest name, and all of them when they are few", () => {
    expect(suggest("prodution", ["production", "sandbox"])).toBe(
      'nearest: "production"; there are: production, sandbox',
    );
    expect(suggest("x", [])).toBe("there are none");
    expect(
      suggest(
        "n1",
        Array.from({ length: 20 }, (_, index) => `n${index}`),
      ),
    ).toBe('nearest: "n1"');
  });
});
