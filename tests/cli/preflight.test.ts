import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../cli/program";
import { requireCredentials } from "../../cli/preflight";
import { credentialsOf } from "../../live/stack-credentials";
import { route53 } from "../../constructs/dns/route53/route53";
import { roundRobin } from "../../constructs/dns/traffic-policy";
import { cloudwatch } from "../../constructs/management/cloudwatch/cloudwatch";
import type { ApiCredential } from "../../constructs/fleet/api-credential";
import type { PolycastError } from "../../constructs/fleet/problem";
import { rolesAnywhere } from "../../constructs/secrets/roles-anywhere";
import { AUTHORITY } from "../constructs/secrets/certificates";
import { awsFleet, stackpathFleet, testEnvironment } from "../environment-for-tests";

const S3 = { kind: "s3", bucket: "state", region: "us-east-1" } as const;
const real = testEnvironment({ sandbox: false, state: S3 });
const needs = (...args: Parameters<typeof credentialsOf>) =>
  credentialsOf(...args).map(({ credential, neededFor }) => `${credential.api}: ${neededFor.join(", ")}`);

describe("the credentials of stacks", () => {
  test("are those of their providers, and of the state's bucket", () => {
    expect(needs(real, ["aws-fleet"])).toEqual(["AWS: the stack aws-fleet, the state in s3://state"]);
    expect(needs(real, ["edge-dns"])).toEqual(["NS1: the stack edge-dns", "AWS: the state in s3://state"]);
    expect(needs(real, ["stackpath-fleet"])).toContain("StackPath: the stack stackpath-fleet");
    expect(needs(real, ["stackpath-image"])).toContain("StackPath: the stack stackpath-image");
  });

  test("are those of the DNS service that is used", () => {
    const dns = route53({ policy: roundRobin() });
    expect(needs({ ...real, dns }, ["edge-dns"])).toEqual([
      "AWS: the stack edge-dns, the state in s3://state",
    ]);
    expect(needs({ ...real, dns, state: { kind: "local" } }, ["edge-dns"])).toEqual([
      "AWS: the stack edge-dns",
    ]);
  });

  test("are those of what watches", () => {
    const management = cloudwatch({ region: "us-east-1", notify: ["ops@example.net"] });
    const watched = { ...real, management, state: { kind: "local" } } as const;
    expect(needs(watched, ["management"])).toEqual(["AWS: the stack management"]);
    expect(needs(real, ["management"])).toEqual(["AWS: the state in s3://state"]);
  });

  test("are none in the sandbox", () => {
    expect(needs(testEnvironment(), ["aws-fleet", "stackpath-fleet", "edge-dns"])).toEqual([]);
  });
});

describe("tokens that nodes are given", () => {
  const enrol = { url: "https://ca.example.net/.well-known/est" };
  const logs = rolesAnywhere({ region: "us-east-1", anchor: { certificates: AUTHORITY }, enrol });
  const environment = {
    ...testEnvironment({ sandbox: false, controlPlaneJoinToken: true }),
    fleets: [
      { ...awsFleet(), credentials: [] },
      { ...stackpathFleet({ logs }), credentials: [] },
    ],
    state: { kind: "local" } as const,
  };
  const missing = async (stacks: readonly string[], variables = {}) =>
    requireCredentials(environment, stacks, { ...KEYS, ...variables }).then(
      () => [],
      (error: unknown) => (error as PolycastError).problems.map(({ where }) => where),
    );
  const KEYS = {
    AWS_ACCESS_KEY_ID: "A".repeat(20),
    AWS_SECRET_ACCESS_KEY: "c4n4ry",
    POLYCAST_KEEP_IDENTITY: "",
  };

  test("are asked for before Terraform asks, each fleet's its own", async () => {
    expect(await missing(["aws-fleet"])).toEqual(["TF_VAR_join_token_aws"]);
    expect(await missing(["stackpath-fleet"])).toEqual([
      "TF_VAR_enrol_token_stackpath",
      "TF_VAR_join_token_stackpath",
    ]);
    expect(await missing(["edge-dns"], { NS1_APIKEY: "key" })).toEqual([]);
    expect(await missing(["aws-fleet"], { TF_VAR_join_token_aws: "c4n4ry\n" })).toEqual([
      "TF_VAR_join_token_aws",
    ]);
    expect(await missing(["aws-fleet"], { TF_VAR_join_token_aws: "c4n4ry" })).toEqual([]);
  });

  test("are needed without the identity too: no resource holds them", async () => {
    const kept = { POLYCAST_KEEP_IDENTITY: "1", AWS_ACCESS_KEY_ID: "" };
    expect(await missing(["stackpath-fleet"], kept)).toEqual([
      "TF_VAR_enrol_token_stackpath",
      "TF_VAR_join_token_stackpath",
    ]);
  });
});

describe("the preflight", () => {
  const fails = (api: string, ...where: string[]): ApiCredential => ({
    api,
    obtain: "Ask.",
    variables: where,
    check: () => Promise.resolve(where.map((name) => ({ where: name, what: "is not set" }))),
    reach: () => Promise.reject(new Error("nobody may ask")),
  });

  test("names everything at once, with what it is for", async () => {
    const fleets = [
      { ...awsFleet(), credentials: [fails("One", "ONE_ID", "ONE_KEY")] },
      { ...stackpathFleet(), credentials: [fails("Two", "TWO_KEY")] },
    ];
    const state = { kind: "local" } as const;
    const stacks = ["aws-fleet", "stackpath-fleet"];
    const checked = requireCredentials({ ...real, fleets, state }, stacks, {});
    await expect(checked).rejects.toMatchObject({
      message: expect.stringMatching(/^Credentials are missing; nothing was changed/) as string,
      problems: expect.arrayContaining([
        { where: "ONE_ID", what: "is not set (needed for the stack aws-fleet)" },
        { where: "ONE_KEY", what: "is not set (needed for the stack aws-fleet)" },
        { where: "TWO_KEY", what: "is not set (needed for the stack stackpath-fleet)" },
      ]) as object,
    });
  });
});

describe("whatever changes something outside the sandbox", () => {
  const directory = mkdtempSync(join(tmpdir(), "preflight-"));
  const before = { ...process.env };
  let err: string;

  beforeEach(() => {
    const terraform = join(directory, "terraform");
    writeFileSync(terraform, `#!/bin/sh\necho '{"terraform_version":"1.11.4"}'\n`, { mode: 0o755 });
    process.env = {
      // There is no cdktf to be started: whatever came so far would fail in another way.
      PATH: directory,
      POLYCAST_ENV: "production",
      POLYCAST_HOME: directory,
      TERRAFORM_BINARY_NAME: terraform,
      STACKPATH_STACK_ID: "stack",
      STACKPATH_CLIENT_ID: "c4n4ry-id",
      STACKPATH_CLIENT_SECRET: "c4n4ry-secret\n",
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      AWS_EC2_METADATA_DISABLED: "true",
    };
    err = "";
    jest.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.env = before;
    process.exitCode = undefined;
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  test.each<[string[], string[], string[]]>([
    [["deploy"], ["AWS_PROFILE", "NS1_APIKEY", "STACKPATH_CLIENT_SECRET"], []],
    [["destroy", "stackpath-fleet"], ["AWS_PROFILE", "STACKPATH_CLIENT_SECRET"], ["NS1_APIKEY"]],
    [["deploy", "aws-fleet"], ["AWS_PROFILE"], ["NS1_APIKEY", "STACKPATH_"]],
    [["adopt", "aws-fleet", "accelerator=x"], ["AWS_PROFILE"], ["NS1_APIKEY", "STACKPATH_"]],
    [["dns", "apply"], ["AWS_PROFILE", "NS1_APIKEY"], ["STACKPATH_"]],
    [["dns", "apply", "--in-steps"], ["AWS_PROFILE", "NS1_APIKEY"], ["STACKPATH_"]],
    [["rollout", "start", "--release", "r2"], ["AWS_PROFILE", "NS1_APIKEY", "STACKPATH_CLIENT_SECRET"], []],
    [
      ["fleet", "retire", "stackpath"],
      ["AWS_PROFILE", "NS1_APIKEY", "STACKPATH_CLIENT_SECRET"],
      ["aws-fleet"],
    ],
    [["fleet", "retire", "stackpath", "--back"], ["AWS_PROFILE", "NS1_APIKEY"], ["STACKPATH_"]],
    [["evacuate", "stackpath"], ["AWS_PROFILE", "NS1_APIKEY"], ["STACKPATH_"]],
    [["secrets", "rotate", "--fleet", "stackpath"], ["AWS_PROFILE"], ["NS1_APIKEY", "STACKPATH_"]],
    [["image", "build"], ["AWS_PROFILE", "STACKPATH_CLIENT_SECRET"], ["NS1_APIKEY"]],
  ])("%j is refused for %j, not for %j", async (args, named, unnamed) => {
    const asks = !["evacuate", "secrets", "image"].includes(args[0] ?? "");
    await run([...args, ...(asks ? ["--auto-approve"] : [])]);
    expect(process.exitCode).toBe(1);
    expect(err).toMatch(/^Credentials are missing; nothing was changed/);
    for (const name of named) expect(err).toContain(name);
    for (const name of unnamed) expect(err).not.toContain(name);
    expect(err).not.toContain("c4n4ry");
    expect(err).not.toContain("    at ");
  });

  test.each([
    ["rollout", "advance"],
    ["rollout", "status"],
    ["live", "show"],
    ["secrets", "status"],
    ["image", "list"],
    ["dns", "check"],
    ["status"],
  ])("%s %s asks nobody with variables that AWS's SDK chokes on", async (...args) => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "c4n4ry\n", AWS_SECRET_ACCESS_KEY: "c4n4ry\n" });
    const begun = Date.now();
    await run(args);
    expect(process.exitCode).toBeGreaterThan(0);
    expect(err).toMatch(
      /^The state in s3:\/\/\S+ cannot be read[^]*AWS_ACCESS_KEY_ID[^]*AWS_SECRET_ACCESS_KEY/,
    );
    expect(err).not.toContain("c4n4ry");
    expect(Date.now() - begun).toBeLessThan(10_000);
  });
});
