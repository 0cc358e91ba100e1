/** A release that goes to one site of a fleet first, with real Terraform, in the sandbox. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeStatus } from "../../cli/edge-status";
import { readRollout } from "../../cli/rollout/rollout-store";
import { fileLiveStore } from "../../live/file-live-store";
import type { LiveRecord } from "../../live/live-record";
import { PROJECT_ROOT } from "../../live/state-location";
import type { HistoryEntry } from "../../rollout/rollout-state";
import { worldClient } from "../../sandbox/world-api/client";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome, type Done } from "./harness";

jest.setTimeout(300_000);

const START = ["rollout", "start", "--release", "r2", "--order", "aws,stackpath", "--settle", "20m"];
const FIRST = ["--first-sites", "aws=us-east-1", "--auto-approve"];
const MIXED = { release: "r1", sites: { "us-east-1": "r2" }, share: 100 };
const OLD = { release: "r1", share: 100 };
const NEW = { release: "r2", share: 100 };

let home: SandboxHome;
beforeAll(async () => {
  home = new SandboxHome();
  const images = join(home.directory, "images");
  cpSync(join(PROJECT_ROOT, "images"), images, { recursive: true });
  home.env["POLYCAST_IMAGES"] = images;
  await home.succeed("sandbox", "up", "--clock", "240");
  await home.succeed("deploy", "--auto-approve");
  await home.succeed("image", "promote", "--release", "r2", "--to", "candidate");
});
afterAll(async () => {
  await home.dispose();
  expect(home.processes()).toEqual([]);
});

// Read as files, since a command each time would take the time that the rollout needs.
const store = () => fileLiveStore("sandbox", join(home.env["POLYCAST_HOME"] ?? "", "sandbox"));

async function live(): Promise<LiveRecord["fleets"]> {
  return (await store().read()).record.fleets;
}

async function history(): Promise<readonly HistoryEntry[]> {
  return (await readRollout(store().objects, "sandbox"))?.rollout.history ?? [];
}

/** `us-east-1 r2 i-0123`, in order. */
async function nodes(): Promise<readonly string[]> {
  const world = await worldClient(home.env).world();
  return world.nodes
    .filter(({ fleet }) => fleet === "aws")
    .map(({ site, release, name }) => `${site} ${release} ${name}`)
    .sort();
}

const releases = (all: readonly string[]) => [...new Set(all.map((each) => each.replace(/ \S+$/, "")))];

/** Until something has happened so often; a rollout that turns back instead fails the test at once. */
async function until(wanted: string, count = 1): Promise<void> {
  for (;;) {
    const told = await history();
    if (told.filter(({ what }) => what === wanted).length >= count) return;
    const back = told.find(({ what }) => what === "turn back");
    if (back !== undefined) throw new Error(JSON.stringify(back));
    await sleep(500);
  }
}

describeWithTerraform("first sites", () => {
  let following: Promise<Done>;

  test("of a fleet that cannot have them are refused, and nothing is started", async () => {
    const { code, stderr } = await home.run(...START, "--first-sites", "stackpath=SEA", "--auto-approve");
    expect([code, stderr]).toEqual([1, expect.stringContaining("stackpath cannot run different releases")]);
    expect((await home.run("rollout", "advance")).stdout).toBe("There is no rollout.\n");
  });

  test("get a release, and no node and no object of another site changes", async () => {
    const before = await nodes();
    const started = await home.succeed(...START, ...FIRST, "--bake", "6h");
    expect(started.stdout).toMatch(/1\. aws at us-east-1 alone: r1 to r2/);
    expect(started.stdout).toMatch(/aws, us-east-1 alone: 2 changed, 1 replaced/);
    expect(started.stdout).toMatch(/aws: 4 changed, 1 replaced/);
    following = home.run("rollout", "advance", "--follow");
    await until("enter baking");
    expect(await live()).toEqual({ aws: MIXED, stackpath: OLD });
    const now = await nodes();
    expect(releases(now)).toEqual(["eu-central-1 r1", "us-east-1 r2"]);
    const others = (all: readonly string[]) => all.filter((each) => each.startsWith("eu-central-1"));
    expect(others(now)).toEqual(others(before));
  });

  test("are shown, and a plain deploy changes nothing of them", async () => {
    const { stdout } = await home.succeed("deploy", "aws-fleet", "--auto-approve");
    expect(stdout).toMatch(/0 added, 0 changed, 0 destroyed/);
    expect(await live()).toEqual({ aws: MIXED, stackpath: OLD });
    const status = JSON.parse((await home.succeed("status", "--json")).stdout) as EdgeStatus;
    expect(status.fleets.find(({ name }) => name === "aws")).toMatchObject({
      release: "r1",
      siteReleases: { "us-east-1": "r2" },
      differences: ["runs r1, us-east-1=r2; stable is r1"],
    });
    expect((await home.succeed("rollout", "status")).stdout).toMatch(/aws +r1, us-east-1=r2 +100 % +100 %/);
    expect((await home.succeed("image", "list")).stdout).toMatch(/^r2 .* candidate +aws *$/m);
  });

  test("go back to exactly what they had, alone", async () => {
    const before = await nodes();
    await home.succeed("rollout", "abort", "--reason", "for the test");
    const done = await following;
    expect([done.code, done.stderr]).toEqual([4, ""]);
    expect(done.stdout).toContain("It has ended: rolled back.");
    expect(await live()).toEqual({ aws: OLD, stackpath: OLD });
    const now = await nodes();
    expect(releases(now)).toEqual(["eu-central-1 r1", "us-east-1 r1"]);
    const others = (all: readonly string[]) => all.filter((each) => each.startsWith("eu-central-1"));
    expect(others(now)).toEqual(others(before));
    const told = (await history()).map(({ what }) => what);
    expect(told).toEqual(expect.arrayContaining(["replace with r1, us-east-1=r2", "replace with r1"]));
  });

  test("bake, and then the others get it", async () => {
    await home.succeed(...START, ...FIRST, "--bake", "10m");
    following = home.run("rollout", "advance", "--follow");
    await until("enter done");
    await until("enter baking", 2);
    await home.succeed("rollout", "abandon", "--reason", "the other fleet is no part of this test");
    expect((await following).stderr).toBe("");
    expect(await live()).toEqual({ aws: NEW, stackpath: OLD });
    expect(releases(await nodes())).toEqual(["eu-central-1 r2", "us-east-1 r2"]);
    const told = (await history()).filter(({ what }) => /^(replace with|enter done)/.test(what));
    expect(told.map(({ fleet, what }) => `${fleet ?? ""} ${what}`)).toEqual([
      "aws replace with r1, us-east-1=r2",
      "aws enter done",
      "aws replace with r2",
    ]);
    const { stdout } = await home.succeed("deploy", "aws-fleet", "--auto-approve");
    expect(stdout).toMatch(/0 added, 0 changed, 0 destroyed/);
  });
});
