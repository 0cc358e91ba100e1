/** `polycast provider schema`, as a person runs it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProviderSchema } from "../../constructs/fleet/simulation";
import { PROJECT_ROOT } from "../../live/state-location";
import { findPlugin } from "../../sandbox/engine/plugin-mirror";

const SOURCE = "hashicorp/aws";
const VERSION = "5.100.0";
const hasPlugin = findPlugin(SOURCE, VERSION) !== undefined;

function schema(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const command = [join(PROJECT_ROOT, "bin", "polycast.js"), "provider", "schema", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8", env });
  return { status, stdout, stderr };
}

// In CI there is one, or its absence is a failure.
const withPlugin = hasPlugin || process.env["POLYCAST_NO_SKIPS"] === "1" ? test : test.skip;
const where = hasPlugin ? "" : ` (SKIPPED: no mirror on this machine has ${SOURCE} ${VERSION})`;

withPlugin(
  `prints what a schema.json needs of the real plugin, and nothing else${where}`,
  () => {
    const { status, stdout, stderr } = schema([SOURCE, VERSION, "--resources", "aws_vpc,aws_subnet"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { format_version: format, provider_schemas: schemas } = JSON.parse(stdout) as {
      format_version: string;
      provider_schemas: Readonly<Record<string, ProviderSchema>>;
    };
    expect(format).toBe("1.0");
    expect(Object.keys(schemas)).toEqual([`registry.terraform.io/${SOURCE}`]);
    const { provider, resource_schemas: resources } = Object.values(schemas)[0] as ProviderSchema;
    expect(provider.block.attributes).toHaveProperty("region");
    expect(Object.keys(resources)).toEqual(["aws_vpc", "aws_subnet"]);
    expect(resources["aws_vpc"]?.block.attributes?.["cidr_block"]).toEqual({
      type: "string",
      optional: true,
      computed: true,
    });
    expect(stdout).not.toContain("description");
  },
  120_000,
);

withPlugin(
  `names every resource type that the plugin does not have, and the nearest one${where}`,
  () => {
    const { status, stdout, stderr } = schema([
      SOURCE,
      VERSION,
      "--resources",
      "aws_vpc,aws_subnett,aws_lbb",
    ]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain('aws_subnett: nearest: "aws_subnet"');
    expect(stderr).toContain('aws_lbb: nearest: "aws_lb"');
  },
  120_000,
);

test("where the plugin cannot be had it says so, and how to come by it", () => {
  const empty = mkdtempSync(join(tmpdir(), "polycast-no-plugins-"));
  try {
    const { status, stdout, stderr } = schema(["acme/acme", "1.2.3", "--resources", "acme_machine"], {
      ...process.env,
      HOME: empty,
      POLYCAST_PLUGIN_MIRROR: empty,
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("acme/acme 1.2.3");
    expect(stderr).toContain('"acme": { "source": "acme/acme", "version": "1.2.3" }');
    expect(stderr).toContain("terraform init");
    expect(stderr).toContain("POLYCAST_PLUGIN_MIRROR=$PWD/.terraform/providers");
    expect(stderr).not.toMatch(/\n\s+at /);
  } finally {
    rmSync(empty, { recursive: true });
  }
}, 30_000);

test.each([
  [["acme/acme", "1.2.3"], "--resources"],
  [["acme/acme", "--resources", "acme_machine"], "version"],
])(
  "%j is not enough: %s is asked for",
  (args, missing) => {
    const { status, stdout, stderr } = schema(args);
    expect({ status: status === 0, stdout }).toEqual({ status: false, stdout: "" });
    expect(stderr).toContain(missing);
  },
  30_000,
);
