import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { nodeFileFrom } from "../../../constructs/fleet/cloud-init";
import { archiveOf, installAtFirstBoot } from "../../../constructs/fleet/first-boot";
import { userData } from "../../../constructs/fleet/user-data";
import { nodeFile } from "../../sandbox/world/sample-world";

const ARCHIVE = { url: "https://images.example.net/edge-node.tar.gz", sha256: "b".repeat(64) };

describe("user data of a machine that makes itself a node", () => {
  const text = userData(nodeFile(), { "/etc/secret": "s" }, installAtFirstBoot(ARCHIVE));

  test("have the node file and its secrets as on any other, and the archive", () => {
    expect(nodeFileFrom(text)).toEqual({ found: nodeFile() });
    expect(archiveOf(text)).toEqual(ARCHIVE);
    const { write_files: files } = parse(text) as { write_files: { path: string; permissions: string }[] };
    expect(files.map(({ path: file, permissions }) => [file, permissions])).toEqual([
      ["/etc/polycast/node.json", "0644"],
      ["/etc/secret", "0600"],
      ["/var/lib/polycast/first-boot", "0700"],
    ]);
  });

  test("hold nothing that Terraform would take for its own", () => {
    expect(text).not.toMatch(/[$%]\{/);
  });

  test.each([
    ["none", userData(nodeFile())],
    ["another command", "#cloud-config\nruncmd: [[echo, a, b]]\n"],
    ["no YAML", "#cloud-config\n{"],
  ])("name no archive: %s", (_, other) => {
    expect(archiveOf(other)).toBeUndefined();
  });
});

describe("the script, run", () => {
  let folder: string;
  let server: Server;
  let served: Buffer | undefined;
  let asked: number;
  /** What it changes: the image's own script writes here, and so does a stand-in for systemctl. */
  const file = (name: string) => path.join(folder, name);
  const written = (name: string) => (existsSync(file(name)) ? readFileSync(file(name), "utf8") : undefined);

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "polycast-first-boot-"));
    for (const name of ["image", "bin", "tmp"]) mkdirSync(file(name));
    writeFileSync(file("image/install.sh"), `echo made >>'${file("made")}'\n`);
    writeFileSync(file("bin/systemctl"), `#!/bin/sh\necho "$@" >>'${file("systemctl")}'\n`);
    chmodSync(file("bin/systemctl"), 0o755);
    writeFileSync(file("first-boot"), scriptOf());
    served = execFileSync("tar", ["-cz", "-C", file("image"), "."]);
    asked = 0;
    server = createServer((_, response) => {
      asked += 1;
      if (served === undefined) response.writeHead(503).end();
      else response.end(served);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  /** The script as cloud-init writes it. */
  function scriptOf(): string {
    const [{ content } = { content: "" }] = installAtFirstBoot(ARCHIVE).writeFiles;
    return Buffer.from(content, "base64").toString();
  }

  const boot = (sha256 = hashOf(served)): Promise<{ code: number; said: string }> =>
    new Promise((resolve) => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${sha256}.tar.gz`;
      const env = {
        PATH: `${file("bin")}:${process.env["PATH"] ?? ""}`,
        TMPDIR: file("tmp"),
        POLYCAST_INSTALLED: file("share/installed"),
        POLYCAST_ATTEMPTS: "3",
        POLYCAST_RETRY_SECONDS: "0",
      };
      execFile("sh", [file("first-boot"), url, sha256], { env }, (error, _, said) => {
        resolve({ code: error === null ? 0 : Number(error.code), said });
      });
    });
  const hashOf = (content: Buffer | undefined) =>
    createHash("sha256")
      .update(content ?? "")
      .digest("hex");

  test("fetches the archive, runs it and starts the machine anew; the second boot changes nothing", async () => {
    expect(await boot()).toEqual({ code: 0, said: "" });
    expect(written("made")).toBe("made\n");
    expect(written("systemctl")).toBe("reboot\n");
    expect(written("share/installed")).toBe(`${hashOf(served)}\n`);
    expect(await boot()).toEqual({ code: 0, said: "" });
    expect([written("made"), written("systemctl"), asked]).toEqual(["made\n", "reboot\n", 1]);
    expect(readdirSync(file("tmp"))).toEqual([]);
  });

  test("runs nothing of another archive than was promised", async () => {
    const promised = "c".repeat(64);
    const { code, said } = await boot(promised);
    expect(code).toBe(1);
    expect(said).toContain(`has the SHA-256 ${hashOf(served)}; ${promised} was promised`);
    expect([written("made"), written("systemctl"), written("share/installed")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(readdirSync(file("tmp"))).toEqual([]);
  });

  test("starts no node whose scripts failed, and tries again at the next boot", async () => {
    writeFileSync(file("image/install.sh"), "exit 3\n");
    served = execFileSync("tar", ["-cz", "-C", file("image"), "."]);
    expect((await boot()).code).toBe(3);
    expect([written("systemctl"), written("share/installed")]).toEqual([undefined, undefined]);
    expect((await boot()).code).toBe(3);
    expect(asked).toBe(2);
  });

  test("asks again where nobody answers, and says so in the end", async () => {
    const sha256 = hashOf(served);
    served = undefined;
    const { code, said } = await boot(sha256);
    expect(code).toBe(1);
    expect(said).toMatch(/could not be fetched in 3 attempts/);
    expect(asked).toBe(3);
  });
});
