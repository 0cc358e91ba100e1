import { appendFileSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TemporaryImages } from "../temporary-image";
import { where } from "../tools";
import { SandboxHome, type Done, type Running } from "./harness";

jest.setTimeout(300_000);

const images = new TemporaryImages();
const home = new SandboxHome({ POLYCAST_IMAGES: images.directory });
const FILES = path.join(home.places.directory, "images", "builds", "edge-node");
const MANIFEST = path.join(images.folder, "manifests", "sandbox.json");

beforeAll(async () => {
  await home.succeed("sandbox", "up");
  await home.succeed("sandbox", "clock", "1000");
});
afterAll(async () => {
  await home.dispose();
  images.dispose();
});

interface Outcome {
  readonly provider: string;
  readonly did: string;
  readonly hash: string;
  readonly error?: string;
  readonly record?: { readonly entry: unknown };
}
const build = (...args: string[]): Promise<Done> => home.run("image", "build", ...args);
const outcomes = ({ stdout }: Done): Outcome[] => JSON.parse(stdout) as Outcome[];
const did = (done: Done): Record<string, string> =>
  Object.fromEntries(outcomes(done).map((each) => [each.provider, each.did]));
/** Builders that the clouds hold. */
const builders = (): string[] => home.cloudObjects().filter((object) => /aws_instance|-builder/.test(object));
const logs = (): string[] => readdirSync(path.join(home.places.directory, "logs", "images"));
/** As if a minute had passed in which nobody renewed them. */
const endLocks = (): void => {
  rmSync(path.join(home.places.directory, "images", "locks"), { recursive: true });
};
const record = (provider: string, hash: string): string => {
  const folder = path.join(FILES, provider, hash);
  const newest = Math.max(...readdirSync(folder).map((name) => Number(name.split(".")[0])));
  return path.join(folder, `${newest}.json`);
};

/** Until its builder is there, in slow time, so that it still is when somebody strikes. */
async function whileBuilding(running: Running): Promise<void> {
  await running.printed("simulated: the builder");
  while (builders().length === 0) await sleep(20);
}

let hashes: Readonly<Record<string, string>> = {};

test("one command builds every provider's image, and says what was real", async () => {
  const done = await build("--json");
  expect(did(done)).toEqual({ aws: "built", stackpath: "built" });
  expect(done.stderr).toMatch(/aws +simulated: the builder, the scripts and checks in it, the snapshot/);
  hashes = Object.fromEntries(outcomes(done).map(({ provider, hash }) => [provider, hash]));
});

test("it does nothing when nothing changed", async () => {
  const before = logs();
  const begun = Date.now();
  const done = await home.run("image", "build");
  const seconds = (Date.now() - begun) / 1000;
  expect(done.stdout).toMatch(/aws +[0-9a-f]{12} is there already/);
  expect(done.stdout).toMatch(/stackpath +[0-9a-f]{12} is there already/);
  // A builder leaves a log.
  expect(logs()).toEqual(before);
  console.log(`nothing to do: ${seconds.toFixed(2)} s`);
});

test("an image that somebody has deleted is noticed, though its record is there", async () => {
  const found = outcomes(await build("--json", "--provider", "aws"))[0]?.record?.entry as Record<
    string,
    string
  >;
  await home.succeed("image", "prune", "--keep", "0", "--auto-approve");
  // The manifest does not name them, so they are gone, with their records.
  expect(existsSync(path.join(FILES, "aws", hashes["aws"] ?? ""))).toBe(true);
  const again = outcomes(await build("--json", "--provider", "aws"))[0];
  expect(again?.did).toBe("built");
  expect(again?.record?.entry).not.toEqual(found);
  await build();
});

test("two who build the same at once share one build", async () => {
  appendFileSync(path.join(images.folder, "provision", "proxy.sh"), "# together\n");
  const both = await Promise.all([
    build("--json", "--provider", "aws"),
    build("--json", "--provider", "aws"),
  ]);
  expect(both.map((done) => did(done)["aws"]).sort()).toEqual(["built", "waited"]);
  const [one, other] = both.map((done) => outcomes(done)[0]?.record?.entry);
  expect(one).toEqual(other);
  expect(both.map(({ stderr }) => stderr).join("")).toMatch(/process \d+: image build aws is at it since/);
});

test("Ctrl-C destroys the builder and gives the lock back", async () => {
  await home.succeed("sandbox", "clock", "10");
  appendFileSync(path.join(images.folder, "provision", "proxy.sh"), "# stopped\n");
  const running = home.start("image", "build", "--provider", "aws");
  await whileBuilding(running);
  running.child.kill("SIGINT");
  await home.succeed("sandbox", "clock", "1000");
  const done = await running.done();
  expect(done.code).toBe(130);
  expect(builders()).toEqual([]);
  const next = await build("--json", "--provider", "aws");
  expect(did(next)).toEqual({ aws: "built" });
  expect(next.stderr).not.toContain("destroying the builder");
});

test("Ctrl-C on a deploy that builds destroys the builder, too", async () => {
  await home.succeed("sandbox", "clock", "10");
  appendFileSync(path.join(images.folder, "provision", "proxy.sh"), "# deployed\n");
  const running = home.start("deploy", "aws-image", "--auto-approve");
  await whileBuilding(running);
  running.child.kill("SIGINT");
  await home.succeed("sandbox", "clock", "1000");
  expect((await running.done()).code).toBe(130);
  expect(builders()).toEqual([]);
});

test("after a kill -9 the next run destroys the builder that was left", async () => {
  await home.succeed("sandbox", "clock", "10");
  appendFileSync(path.join(images.folder, "provision", "proxy.sh"), "# killed\n");
  const running = home.start("image", "build", "--provider", "aws");
  await whileBuilding(running);
  running.child.kill("SIGKILL");
  await running.done();
  await home.succeed("sandbox", "clock", "1000");
  expect(builders()).toHaveLength(1);
  // Its lock outlives it by a minute, as long as which somebody may still be at work with that builder.
  appendFileSync(path.join(images.folder, "provision", "proxy.sh"), "# meanwhile\n");
  expect(did(await build("--json", "--provider", "aws"))).toEqual({ aws: "built" });
  expect(builders()).toHaveLength(1);
  endLocks();
  appendFileSync(path.join(images.folder, "provision", "proxy.sh"), "# later\n");
  const later = await build("--json", "--provider", "aws");
  expect(later.stderr).toMatch(
    /destroying the builder that an earlier run of sandbox-edge-node-[0-9a-f]{12} left/,
  );
  expect(builders()).toEqual([]);
  await home.succeed("image", "build");
});

test("what is built is promoted as one, and deploys nothing", async () => {
  const before = readFileSync(MANIFEST, "utf8");
  const done = await home.succeed("image", "promote", "--to", "candidate", "--release", "r9", "--new");
  expect(done.stdout).toMatch(/candidate leads to r9, which is new. Nothing was deployed./);
  expect(done.stdout).toMatch(/git add .*manifests\/sandbox.json/);
  const misspelt = await home.run("image", "promote", "--to", "stable", "--release", "r99");
  expect([misspelt.code, misspelt.stderr]).toEqual([1, expect.stringMatching(/nearest: "r9"[^]*add --new/)]);
  await home.succeed("image", "promote", "--to", "stable", "--release", "r9");
  const manifest = JSON.parse(readFileSync(MANIFEST, "utf8")) as {
    channels: object;
    releases: Record<string, { builds: object }>;
  };
  expect(manifest.channels).toEqual({ candidate: "r9", stable: "r9" });
  expect(Object.keys(manifest.releases["r9"]?.builds ?? {})).toEqual(["aws", "stackpath"]);
  expect(before).not.toContain("r9");
});

test("Terraform runs the build script, which finds nothing to do; a fleet starts with what was promoted", async () => {
  const stacks = ["aws-image", "aws-fleet", "stackpath-fleet", "edge-dns"];
  const deployed = await home.run("deploy", ...stacks, "--auto-approve");
  expect(deployed.stdout + deployed.stderr).toMatch(/is there already: nothing to do/);
  expect(deployed.code).toBe(0);
  const { fleets } = JSON.parse((await home.succeed("live", "show")).stdout) as {
    fleets: Record<string, { release: string }>;
  };
  expect(Object.values(fleets).map(({ release }) => release)).toEqual(["r9", "r9"]);
  for (let tries = 0; ; tries++) {
    const status = JSON.parse((await home.succeed("status", "--json")).stdout) as {
      fleets: { healthyNodes: number; allNodes: number }[];
    };
    if (status.fleets.every(({ healthyNodes, allNodes }) => allNodes > 0 && healthyNodes === allNodes)) break;
    if (tries > 60) throw new Error(`the fleets do not come up: ${JSON.stringify(status.fleets)}`);
    await sleep(1_000);
  }
});

test("a revoked release starts no fleet, and lets one that runs it be deployed", async () => {
  const done = await home.succeed("image", "revoke", "--release", "r9", "--reason", "leaks keys");
  expect(done.stdout).toMatch(
    /channel candidate led to it[^]*channel stable led to it[^]*The fleet aws runs it/,
  );
  const deployed = await home.run(
    "deploy",
    "edge-dns",
    "--auto-approve",
    "--ignore-missing-stack-dependencies",
  );
  expect(deployed.stdout + deployed.stderr).toMatch(/runs the release "r9", which is revoked: leaks keys/);
  expect(deployed.code).toBe(0);
  const again = await home.succeed("image", "revoke", "--release", "r9", "--reason", "as before", "--json");
  expect(JSON.parse(again.stdout)).toMatchObject({
    environment: "sandbox",
    release: "r9",
    reason: "as before",
    channels: [],
    running: ["aws", "stackpath"],
  });
  const refused = await home.run("image", "promote", "--to", "stable", "--release", "r9");
  expect(refused.stderr).toMatch(/releases.r9: is revoked: as before/);
});

test("prune keeps what a fleet runs, asks, and removes at the provider", async () => {
  const asked = await home.run("image", "prune", "--keep", "0");
  expect(asked.code).toBe(2);
  expect(asked.stderr).toContain("add --auto-approve");
  const pruned = await home.succeed("image", "prune", "--keep", "0", "--auto-approve", "--json");
  const fates = JSON.parse(pruned.stdout) as { provider: string; hash: string; removed: boolean }[];
  expect(new Set(fates.map(({ removed }) => removed))).toEqual(new Set([true]));
  for (const { provider, hash } of fates) {
    expect(pruned.stderr).toContain(`${provider} ${hash.slice(0, 12)} is removed.`);
  }
  const again = await home.succeed("image", "prune", "--keep", "0", "--json");
  expect(JSON.parse(again.stdout)).toEqual([]);
  const { builds } = JSON.parse((await home.succeed("image", "list", "--json")).stdout) as {
    builds: { provider: string; usedBy: string[] }[];
  };
  expect(builds.map(({ provider, usedBy }) => [provider, usedBy]).sort()).toEqual([
    ["aws", ["fleet aws"]],
    ["stackpath", ["fleet stackpath"]],
  ]);
});

describe("is refused, with nothing lost:", () => {
  test.each([
    ["an unknown provider", ["build", "--provider", "awss"], /no provider "awss"[^]*nearest: "aws"/],
    ["an unknown environment", ["build", "--environment", "sandbx"], /No environment "sandbx"/],
    [
      "another source than was asked for",
      ["build", "--provider", "aws", "--hash", "abc"],
      /is "abc"; the work tree has/,
    ],
    ["an unknown channel", ["promote", "--to", "stabel"], /no channel "stabel"; nearest: "stable"/],
    ["a limit that is none", ["build", "--limit-minutes", "soon"], /"soon" is not a number of minutes/],
  ])("%s", async (_, args, message) => {
    const done = await home.run("image", ...args);
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(message);
  });

  test("to promote a source of which one provider is not built", async () => {
    appendFileSync(path.join(images.folder, "templates", "aws", "edge-node.pkr.hcl"), "# half\n");
    const done = await home.run("image", "promote", "--to", "candidate");
    expect(done.stderr).toMatch(/aws: the image [0-9a-f]{12} of this source is not built/);
    expect(done.stderr).not.toContain("stackpath:");
  });

  where("packer")("a template that Packer refuses; the other provider's image stays", async () => {
    writeFileSync(path.join(images.folder, "templates", "aws", "edge-node.pkr.hcl"), "this is { no HCL\n");
    const done = await build("--json");
    expect(done.code).toBe(1);
    expect(did(done)).toEqual({ aws: "failed", stackpath: "there" });
    expect(outcomes(done)[0]?.error).toMatch(/packer fmt ended with exit code/);
    expect(done.stderr).toMatch(/The end of .*aws-[0-9a-f]{12}-.*\.log:/);
  });

  test("a manifest and a record that were edited by hand", async () => {
    const text = readFileSync(MANIFEST, "utf8");
    writeFileSync(MANIFEST, text.replace('"channels": {', '"channels": { "stable": "r99"'));
    expect((await home.run("image", "list")).stderr).toMatch(/channels.stable: no such release "r99"/);
    writeFileSync(MANIFEST, text);
    const { hash = "" } = outcomes(await build("--json", "--provider", "stackpath"))[0] ?? {};
    const file = record("stackpath", hash);
    const whole = readFileSync(file, "utf8");
    writeFileSync(file, whole.replace('"polycast-sandbox/', '"other/'));
    const done = await build("--provider", "stackpath");
    expect(done.stdout + done.stderr).toMatch(/was changed by hand, or damaged/);
    writeFileSync(file, whole);
  });
});

test("no builder is left, and no process but the sandbox's", () => {
  expect(builders()).toEqual([]);
  expect(home.processes().filter((line) => !line.includes("daemon.ts"))).toEqual([]);
});
