import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { examineCredentials } from "../../../cli/doctor/examine-credentials";
import { TerraformStack } from "cdktf";
import { examineEnvironment } from "../../../cli/doctor/examine-environment";
import { examinePlugins } from "../../../cli/doctor/examine-plugins";
import { examineSandbox } from "../../../cli/doctor/examine-sandbox";
import { examineState } from "../../../cli/doctor/examine-state";
import { examineNode, examineTools } from "../../../cli/doctor/examine-tools";
import type { Finding } from "../../../cli/doctor/finding";
import type { ApiCredential } from "../../../constructs/fleet/api-credential";
import { PolycastError } from "../../../constructs/fleet/problem";
import sandbox from "../../../environments/sandbox";
import { openLiveStore } from "../../../live/open-live-store";
import { writeRetirement } from "../../../live/retirement-record";
import { awsFleet, stackpathFleet, testEnvironment } from "../../environment-for-tests";
import { loopback, type Loopback } from "../../loopback";

const directory = mkdtempSync(join(tmpdir(), "doctor-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});
const lines = (findings: readonly Finding[]) =>
  findings.map(({ verdict, topic, says }) => `${verdict} ${topic}: ${says}`);
const within = () => AbortSignal.timeout(2_000);

/** A folder of programs, each a script. */
function programs(scripts: Record<string, string>): NodeJS.ProcessEnv {
  const folder = mkdtempSync(join(directory, "bin-"));
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return { PATH: folder };
}

describe("tools", () => {
  const terraform = (version: string) => `echo '{"terraform_version":"${version}"}'`;

  test("are well where they are new enough", async () => {
    const env = programs({
      terraform: terraform("1.11.4"),
      packer: "echo Packer v1.9",
      ssh: "echo OpenSSH_9.2 >&2",
      dig: "echo DiG 9.18",
    });
    expect(lines(await examineTools(env, "1.10.0")).slice(1)).toEqual([
      "ok Terraform: terraform 1.11.4",
      "ok packer: Packer v1.9",
      "ok ssh: OpenSSH_9.2",
      "ok dig: DiG 9.18",
    ]);
  });

  test("that are missing are named, with what they are for", async () => {
    const found = await examineTools(programs({}), "1.10.0");
    expect(lines(found).slice(1)).toEqual([
      expect.stringMatching(/^fail Terraform: Terraform was not found/),
      "warn packer: is not there; it is for building images",
      "warn ssh: is not there; it is for tunnels, and building images",
      "warn dig: is not there; it is for asking name servers by hand, as the docs do",
    ]);
    expect(found.slice(1).every(({ remedy }) => remedy?.startsWith("Install"))).toBe(true);
  });

  test.each([
    ["1.9.8", "1.10.0", "fail Terraform: terraform is version 1.9.8; this environment's state needs 1.10.0"],
    ["1.9.8", "1.5.0", "ok Terraform: terraform 1.9.8"],
    ["1.9.8", undefined, "ok Terraform: terraform 1.9.8"],
    [
      "1.4.0",
      undefined,
      "fail Terraform: Terraform is too old (terraform: is version 1.4.0; needed: 1.5.0 or newer)",
    ],
  ])("Terraform %s, where %s is needed: %s", async (version, oldest, line) => {
    const found = await examineTools(programs({ terraform: terraform(version) }), oldest);
    expect(lines(found)[1]).toBe(line);
  });

  test("Node.js is as new as package.json says", () => {
    expect(examineNode("20.0.0").verdict).toBe("ok");
    expect(examineNode("18.20.0")).toMatchObject({ verdict: "fail", says: "is 18.20.0; needed: >=20" });
  });
});

describe("an environment", () => {
  test("that could be deployed says its stacks and the plugins that these want", () => {
    const { findings, plugins } = examineEnvironment(sandbox);
    expect(lines(findings)).toEqual([
      "ok environment sandbox: stacks aws-fleet, stackpath-fleet, edge-dns, management, aws-image, stackpath-image; no policy is broken",
    ]);
    expect(plugins).toContainEqual({ source: "hashicorp/aws", version: "5.100.0" });
    expect(plugins).toContainEqual({ source: "ns1-terraform/ns1", version: "2.9.0" });
    expect(plugins).toContainEqual({ source: "stackpath/stackpath", version: "2.1.0" });
  });

  test("that makes exceptions from the policies is warned of each, with its reason", () => {
    const sound = awsFleet();
    const careless = {
      ...sound,
      fleet: (...[scope, ...rest]: Parameters<typeof sound.fleet>) => {
        TerraformStack.of(scope).addOverride("resource.aws_ebs_volume.scratch", {});
        return sound.fleet(scope, ...rest);
      },
    };
    const waivers = [{ rule: "aws-encrypted-volumes", reason: "nothing is stored there" }];
    const { findings } = examineEnvironment({ ...sandbox, fleets: [careless, stackpathFleet()], waivers });
    expect(lines(findings).slice(1)).toEqual([
      "warn environment sandbox: aws-fleet: aws-encrypted-volumes at aws-fleet/scratch: it is not encrypted. Waived: nothing is stored there",
    ]);
  });

  test("that could not be says everything that is wrong", () => {
    const { findings, plugins } = examineEnvironment({ ...sandbox, zone: "nozone", listeners: [] });
    expect(findings.every(({ verdict }) => verdict === "fail")).toBe(true);
    expect(lines(findings).join("\n")).toMatch(
      /\(zone: "nozone" is not a DNS zone[^]*\(listeners: there are none/,
    );
    expect(plugins).toEqual([]);
  });
});

describe("plugins", () => {
  let registry: Loopback;
  afterEach(() => registry.close());
  const wanted = [{ source: "example/thing", version: "1.2.3" }];
  const examine = async (mirror = join(directory, "empty")) =>
    lines(
      await examinePlugins(wanted, { HOME: directory, POLYCAST_PLUGIN_MIRROR: mirror }, within, registry.url),
    );

  test("are not known where there are no stacks", async () => {
    registry = await loopback(() => [500, ""]);
    expect(lines(await examinePlugins([], {}, within, registry.url))).toEqual([
      "warn plugins: not known, since the environment cannot be synthesized",
    ]);
  });

  test("may be in the registry", async () => {
    registry = await loopback(() => [200, '{"versions":[{"version":"1.2.2"},{"version":"1.2.3"}]}']);
    expect(await examine()).toEqual(["ok plugin example/thing: 1.2.3, in the registry"]);
    expect(registry.asked.map(({ url }) => url)).toEqual(["/example/thing/versions"]);
  });

  test.each<[number, string, string]>([
    [200, '{"versions":[{"version":"1.2.2"}]}', "fail"],
    [404, "{}", "fail"],
    [500, "", "warn"],
    [200, "<html>", "warn"],
  ])("are not, or nobody knows: %i %s", async (status, answer, verdict) => {
    registry = await loopback(() => [status, answer]);
    expect(await examine()).toEqual([expect.stringMatching(`^${verdict} plugin example/thing: 1.2.3 is n`)]);
  });

  test("may be on this machine, and then the registry is not asked", async () => {
    registry = await loopback(() => [500, ""]);
    const platform = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
    const mirror = join(directory, "mirror");
    const folder = join(mirror, "registry.terraform.io", "example", "thing", "1.2.3", platform);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "terraform-provider-thing_v1.2.3"), "");
    expect(await examine(mirror)).toEqual(["ok plugin example/thing: 1.2.3, on this machine"]);
    expect(registry.asked).toEqual([]);
  });
});

describe("credentials", () => {
  const credential = (changes: Partial<ApiCredential>): ApiCredential => ({
    api: "Example",
    obtain: "Ask.",
    variables: ["EXAMPLE_KEY"],
    check: () => Promise.resolve([]),
    reach: () => Promise.resolve("account 1"),
    ...changes,
  });
  const examine = async (changes: Partial<ApiCredential>) =>
    lines(
      await examineCredentials([{ credential: credential(changes), neededFor: ["the stack a"] }], {}, within),
    );

  test("are taken", async () => {
    expect(await examine({})).toEqual(["ok credentials for Example: taken: account 1"]);
  });

  test("are missing, and then nobody is asked", async () => {
    const reach = jest.fn();
    const check = () => Promise.resolve([{ where: "EXAMPLE_KEY", what: "is not set", remedy: "Ask." }]);
    expect(await examine({ check, reach })).toEqual([
      "fail credentials for Example: EXAMPLE_KEY: is not set (needed for the stack a)",
    ]);
    expect(reach).not.toHaveBeenCalled();
  });

  test("are refused", async () => {
    const refusal = new PolycastError("Example refuses", [{ where: "api.example", what: "status 401" }]);
    expect(await examine({ reach: () => Promise.reject(refusal) })).toEqual([
      "fail credentials for Example: Example refuses (api.example: status 401)",
    ]);
  });
});

describe("the sandbox", () => {
  const env = { POLYCAST_HOME: join(directory, "home") };

  test("is wanted or not, attached or not", () => {
    expect(examineSandbox(true, env)).toMatchObject({ verdict: "warn", says: "does not run (none)" });
    expect(examineSandbox(false, env).verdict).toBe("ok");
    for (const name of ["POLYCAST_SANDBOX", "TF_REATTACH_PROVIDERS"]) {
      expect(examineSandbox(false, { ...env, [name]: "x" }).verdict).toBe("fail");
    }
  });
});

describe("where the state is", () => {
  const before = process.env["POLYCAST_HOME"];
  afterEach(() => {
    if (before === undefined) delete process.env["POLYCAST_HOME"];
    else process.env["POLYCAST_HOME"] = before;
  });

  test("a retirement that is left lying is named, and how it goes on", async () => {
    process.env["POLYCAST_HOME"] = directory;
    const environment = testEnvironment();
    const { objects } = await openLiveStore(environment);
    const place = join(directory, environment.name);
    const read = `ok state: ${place}; nothing is deployed yet`;
    expect(lines(await examineState(environment))).toEqual([read]);
    const retirement = { fleet: "aws", phase: "leaving", share: 100, ttl: 60, by: "ann" } as const;
    await writeRetirement(objects, retirement, undefined);
    const found = await examineState(environment);
    expect(lines(found)).toEqual([read, "warn retirement: aws is being retired: leaving"]);
    expect(found[1]?.remedy).toContain("npx polycast fleet retire aws [--back]");
  });

  test("a home that is no directory is named before a command fails on it", async () => {
    const home = join(directory, "home-file");
    writeFileSync(home, "");
    process.env["POLYCAST_HOME"] = home;
    const [found, ...more] = await examineState(testEnvironment());
    expect(more).toEqual([]);
    expect(found?.verdict).toBe("fail");
    expect(found?.says).toContain(`${join(home, "test")}: ${home} is no directory`);
    expect(found?.remedy).toContain("POLYCAST_HOME=");
    expect(readFileSync(home, "utf8")).toBe("");
  });
});
