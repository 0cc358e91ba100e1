/** A release that goes to one site of a fleet first, with real Terraform, in the sandbox. */
import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeStatus } from "../../cli/edge-status";
import { describeWithTerraform } from "./engine-terraform";
import type { Done } from "./harness";
import { RolloutStage, expectEnded } from "./rollout-stage";

jest.setTimeout(300_000);

const ORDER = ["--order", "aws,stackpath", "--settle", "20m"];
const FIRST = ["--first-sites", "aws=us-east-1"];
const MIXED = { release: "r1", sites: { "us-east-1": "r2" }, share: 100 };
const OLD = { release: "r1", share: 100 };
const NEW = { release: "r2", share: 100 };

const stage = new RolloutStage();
const { home } = stage;
beforeAll(() => stage.open());
afterAll(() => stage.close());

/** `us-east-1 r2 i-0123`, in order. */
async function nodes(): Promise<readonly string[]> {
  return (await stage.nodes("aws")).map(({ site, release, name }) => `${site} ${release} ${name}`).sort();
}

const releases = (all: readonly string[]) => [...new Set(all.map((each) => each.replace(/ \S+$/, "")))];

/** Until something has happened so often; a rollout that turns back instead fails the test at once. */
async function until(wanted: string, count = 1): Promise<void> {
  for (;;) {
    const told = await stage.history();
    if (told.filter(({ what }) => what === wanted).length >= count) return;
    const back = told.find(({ what }) => what === "turn back");
    if (back !== undefined) throw new Error(JSON.stringify(back));
    await sleep(500);
  }
}

describeWithTerraform("first sites", () => {
  let following: Promise<Done>;

  test("of a fleet that cannot have them are refused, and nothing is started", async () => {
    const { code, stderr } = await stage.start("r2", ...ORDER, "--first-sites", "stackpath=SEA");
    expect([code, stderr]).toEqual([1, expect.stringContaining("stackpath cannot run different releases")]);
    expect((await home.run("rollout", "advance")).stdout).toBe("There is no rollout.\n");
  });

  test("get a release, and no node and no object of another site changes", async () => {
    const before = await nodes();
    const started = await stage.start("r2", ...ORDER, ...FIRST, "--bake", "6h");
    expect(started.stdout).toMatch(/1\. aws at us-east-1 alone: r1 to r2/);
    expect(started.stdout).toMatch(/aws, us-east-1 alone: 2 changed, 1 replaced/);
    expect(started.stdout).toMatch(/aws: 4 changed, 1 replaced/);
    following = home.run("rollout", "advance", "--follow");
    await until("enter baking");
    expect(await stage.live()).toEqual({ aws: MIXED, stackpath: OLD });
    const now = await nodes();
    expect(releases(now)).toEqual(["eu-central-1 r1", "us-east-1 r2"]);
    const others = (all: readonly string[]) => all.filter((each) => each.startsWith("eu-central-1"));
    expect(others(now)).toEqual(others(before));
  });

  test("are shown, and a plain deploy changes nothing of them", async () => {
    const { stdout } = await home.succeed("deploy", "aws-fleet", "--auto-approve");
    expect(stdout).toMatch(/0 added, 0 changed, 0 destroyed/);
    expect(await stage.live()).toEqual({ aws: MIXED, stackpath: OLD });
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
    expectEnded(done, 4);
    expect(done.stdout).toContain("It has ended: rolled back.");
    expect(await stage.live()).toEqual({ aws: OLD, stackpath: OLD });
    const now = await nodes();
    expect(releases(now)).toEqual(["eu-central-1 r1", "us-east-1 r1"]);
    const others = (all: readonly string[]) => all.filter((each) => each.startsWith("eu-central-1"));
    expect(others(now)).toEqual(others(before));
    const told = (await stage.history()).map(({ what }) => what);
    expect(told).toEqual(expect.arrayContaining(["replace with r1, us-east-1=r2", "replace with r1"]));
  });

  test("bake, and then the others get it", async () => {
    await stage.start("r2", ...ORDER, ...FIRST, "--bake", "10m");
    following = home.run("rollout", "advance", "--follow");
    await until("enter done");
    await until("enter baking", 2);
    await home.succeed("rollout", "abandon", "--reason", "the other fleet is no part of this test");
    expect((await following).stderr).toBe("");
    expect(await stage.live()).toEqual({ aws: NEW, stackpath: OLD });
    expect(releases(await nodes())).toEqual(["eu-central-1 r2", "us-east-1 r2"]);
    const told = (await stage.history()).filter(({ what }) => /^(replace with|enter done)/.test(what));
    expect(told.map(({ fleet, what }) => `${fleet ?? ""} ${what}`)).toEqual([
      "aws replace with r1, us-east-1=r2",
      "aws enter done",
      "aws replace with r2",
    ]);
    const { stdout } = await home.succeed("deploy", "aws-fleet", "--auto-approve");
    expect(stdout).toMatch(/0 added, 0 changed, 0 destroyed/);
  });
});
