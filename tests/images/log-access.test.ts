/** What the image's own `configure` makes of the ways to write logs. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { LOG_CREDENTIALS_FILE } from "../../constructs/fleet/node-log-access";
import type { NodeFile } from "../../constructs/fleet/node-file";

const CONFIGURE = path.join(__dirname, "../../images/edge-node/provision/files/usr/lib/polycast/configure");
const FILE: NodeFile = {
  version: 1,
  environment: "production",
  provider: "stackpath",
  fleet: "stackpath",
  site: { name: "SEA" },
  release: "r1",
  controlPlaneUrl: "https://control.example.net",
  logGroup: "/polycast/production/stackpath",
  health: { port: 8080, path: "/healthz" },
  listeners: [{ port: 443, protocol: "TCP", role: "edge" }],
};
const ANYWHERE = {
  strategy: "rolesAnywhere",
  region: "eu-west-1",
  trustAnchorArn: "arn:aws:rolesanywhere:eu-west-1:123456789012:trust-anchor/a",
  profileArn: "arn:aws:rolesanywhere:eu-west-1:123456789012:profile/p",
  roleArn: "arn:aws:iam::123456789012:role/r",
  enrolUrl: "https://ca.example.net/.well-known/est",
  subject: { organization: "production", organizationalUnit: "stackpath" },
} as const;

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "polycast-configure-"));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

function configure(logAccess?: object) {
  const file = path.join(home, "node.json");
  writeFileSync(file, JSON.stringify({ ...FILE, logAccess }));
  const output = path.join(home, "out");
  const { status, stderr } = spawnSync(CONFIGURE, [file, output, "--host", "edge-sea-0"], {
    encoding: "utf8",
  });
  const read = (name: string) => readFileSync(path.join(output, name), "utf8");
  return { status, stderr, output, read };
}

test.each([
  [{ strategy: "staticKey", region: "us-east-1", secretId: "AKIAIOSFODNN7EXAMPLE" }, LOG_CREDENTIALS_FILE],
  [{ strategy: "ssmActivation", region: "us-east-1", secretId: "0b1c-2d" }, "/root/.aws/credentials"],
  [ANYWHERE, "/var/lib/polycast/log-access/credentials"],
])("the log shipper finds region and credentials: %j", (logAccess, file) => {
  const { status, read } = configure(logAccess);
  expect(status).toBe(0);
  expect(JSON.parse(read("cloudwatch-agent.json"))).toMatchObject({ agent: { region: logAccess.region } });
  expect(read("common-config.toml")).toBe(
    `[credentials]\n  shared_credential_profile = "default"\n  shared_credential_file = "${file}"\n`,
  );
});

test("with a role of the machine it asks the machine", () => {
  const { read } = configure();
  expect(JSON.parse(read("cloudwatch-agent.json"))).not.toHaveProperty("agent");
  expect(read("common-config.toml")).toBe("");
});

test.each<[string, object, readonly string[]]>([
  ["another strategy", { strategy: "hope" }, ['logAccess.strategy is "hope"']],
  [
    "no region, and a key id that is a line of configuration",
    { strategy: "staticKey", secretId: "a\nb" },
    ["logAccess.region is missing", "logAccess.secretId is"],
  ],
  [
    "a subject that would be two, and an enrolment in the clear",
    {
      ...ANYWHERE,
      subject: { organization: "production", organizationalUnit: "a/CN=b" },
      enrolUrl: "http://ca.example.net",
    },
    ["logAccess.enrolUrl is", "logAccess.subject.organizationalUnit is"],
  ],
])("%s: refused, all at once, and nothing is written", (_, logAccess, expected) => {
  const { status, stderr, output } = configure(logAccess);
  expect(status).toBe(1);
  for (const text of expected) expect(stderr).toContain(text);
  expect(stderr.trim().split("\n")).toHaveLength(expected.length + 1);
  expect(existsSync(output)).toBe(false);
});
