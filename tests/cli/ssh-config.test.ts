import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sshConfig, type SshWish } from "../../cli/ssh-config";
import type { Environment } from "../../constructs/fleet/environment";
import { awsFleet, stackpathFleet, testEnvironment } from "../environment-for-tests";

const listeners: Environment["listeners"] = [
  { port: 443, protocol: "TCP" },
  { port: 2222, protocol: "TCP", role: "tunnel" },
  { port: 2200, protocol: "TCP", role: "tunnel" },
];
const config = (wish: Partial<SshWish> = {}, changes: Partial<Environment> = {}) =>
  sshConfig(testEnvironment({ listeners, ...changes }), { forwards: [], ...wish });

const hasSsh = spawnSync("ssh", ["-V"]).status === 0;
const describeWithSsh = hasSsh ? describe : describe.skip;

describeWithSsh(`ssh -G${hasSsh ? "" : " (SKIPPED: there is no ssh)"}`, () => {
  let directory: string;
  beforeAll(() => (directory = mkdtempSync(join(tmpdir(), "ssh-config-"))));
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  /** What ssh makes of the configuration for a host: keyword -> values. */
  function understood(text: string, host: string): Readonly<Record<string, readonly string[]>> {
    const file = join(directory, "config");
    writeFileSync(file, text, { mode: 0o600 });
    const args = ["-T", "-G", "-F", file, host];
    const { status, stdout, stderr } = spawnSync("ssh", args, { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
    const values: Record<string, string[]> = {};
    for (const line of stdout.trim().split("\n")) {
      const [, keyword = "", value = ""] = /^(\S+) ?(.*)$/.exec(line) ?? [];
      (values[keyword] ??= []).push(value);
    }
    return values;
  }

  test.each(["aws", "stackpath"])("has a host for %s, that notices a dead provider", (fleet) => {
    expect(understood(config(), `polycast-test-${fleet}`)).toMatchObject({
      hostname: [`${fleet}.tunnel.edge.example.net`],
      port: ["2222"],
      hostkeyalias: ["test-tunnel"],
      stricthostkeychecking: ["true"],
      connecttimeout: ["10"],
      serveraliveinterval: ["10"],
      serveralivecountmax: ["3"],
      exitonforwardfailure: ["yes"],
    });
  });

  test("has nothing to forward and no key of its own unless told", () => {
    const plain = understood(config(), "polycast-test-aws");
    expect(plain).not.toHaveProperty("remoteforward");
    expect(plain["identitiesonly"]).toEqual(["no"]);
  });

  test("logs in as the user whom the image lets in, and as no other", () => {
    const settings = readFileSync(
      join(__dirname, "../../images/edge-node/provision/files/usr/lib/polycast/configure"),
      "utf8",
    );
    expect(understood(config(), "polycast-test-aws")["user"]).toEqual(["tunnel"]);
    expect(settings).toMatch(/\bAllowUsers tunnel\b/);
  });

  test("takes user, key and forwards as they were given", () => {
    const forwards = ["8080:localhost:3000", "*:80:10.0.0.1:8000", "[::1]:0:[2001:db8::1]:22"];
    const wish = { user: "tunnel-7", identity: "~/.ssh/my key # 5'", forwards };
    expect(understood(config(wish), "polycast-test-stackpath")).toMatchObject({
      user: ["tunnel-7"],
      identityfile: ["~/.ssh/my key # 5'"],
      identitiesonly: ["yes"],
      remoteforward: ["8080 [localhost]:3000", "[*]:80 [10.0.0.1]:8000", "[::1]:0 [2001:db8::1]:22"],
    });
  });

  test("leaves all other hosts as they are", () => {
    const wish = { user: "tunnel", identity: "/key", forwards: ["1:localhost:2"] };
    for (const host of ["aws.tunnel.edge.example.net", "polycast-test-eu", "polycast-test-aws2"])
      expect(understood(config(wish), host)).toEqual(understood("", host));
  });

  test("another fleet has a host too", () => {
    const fleets = [awsFleet(), stackpathFleet(), awsFleet({ name: "aws-eu" })];
    expect(understood(config({}, { fleets }), "polycast-test-aws-eu")).toMatchObject({
      hostname: ["aws-eu.tunnel.edge.example.net"],
      hostkeyalias: ["test-tunnel"],
    });
  });
});

test("a percent sign in the key's path is no token", () => {
  expect(config({ identity: "/a%h" })).toContain('IdentityFile "/a%%h"\n');
});

describe("what cannot be written is refused", () => {
  test.each<[keyof SshWish, string]>([
    ["user", ""],
    ["user", "a b"],
    ["user", "a\nProxyCommand evil"],
    ["user", "-oProxyCommand=evil"],
    ["user", "%h"],
    ["identity", ""],
    ["identity", 'a" ProxyCommand="evil'],
    ["identity", "a\nProxyCommand evil"],
    ["identity", "${HOME}/key"],
    ["identity", "C:\\key"],
    ["forwards", ""],
    ["forwards", "8080"],
    ["forwards", "8080:localhost"],
    ["forwards", "8080:local host:1"],
    ["forwards", "8080:localhost:0"],
    ["forwards", "8080:localhost:65536"],
    ["forwards", "65536:localhost:1"],
    ["forwards", "8080:::1:1"],
    ["forwards", "8080:localhost:1\nProxyCommand evil"],
  ])("%s %j", (key, value) => {
    const where = key === "forwards" ? "--forward" : `--${key}`;
    expect(() => config({ [key]: key === "forwards" ? [value] : value })).toThrow(
      `- ${where}: ${JSON.stringify(value)} `,
    );
  });

  test("all of it at once", () => {
    const wish = { user: "a b", identity: "", forwards: ["x", "80:localhost:80", "y"] };
    const wrong = () => config(wish, { listeners: [{ port: 443, protocol: "TCP" }] });
    for (const what of ["listeners: none", "--user", "--identity", '--forward: "x"', '--forward: "y"'])
      expect(wrong).toThrow(what);
    expect(wrong).not.toThrow("80:localhost:80");
  });

  test("tunnels over UDP are nothing to ssh", () => {
    const udp = [{ port: 51820, protocol: "UDP" as const, role: "tunnel" as const }];
    expect(() => config({}, { listeners: udp })).toThrow('none over TCP has the role "tunnel"');
  });
});
