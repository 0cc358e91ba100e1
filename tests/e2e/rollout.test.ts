/** Releases going round in the sandbox, with real Terraform, while users ask. Repeated by SEED=number. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askEdge } from "../../cli/sandbox/ask-edge";
import { chooseVantage } from "../../cli/sandbox/vantage";
import type { LiveRecord } from "../../live/live-record";
import { PROJECT_ROOT } from "../../live/state-location";
import type { HistoryEntry } from "../../rollout/rollout-state";
import { attachedSandbox } from "../../sandbox/sandbox";
import { worldClient } from "../../sandbox/world-api/client";
import { describeWithTerraform } from "./engine-terraform";
import { SEED, seeded } from "../seeded";
import { SandboxHome, type Done } from "./harness";

jest.setTimeout(300_000);

/** World seconds per real second. */
const SCALE = "240";
const NAME = "www.edge.example.net";
const SHORT = ["--bake", "10m", "--settle", "20m"];
/** How often the process is killed in one rollout. */
const KILLS = 4;
/** In real milliseconds: the longest that a process may work until it is killed. */
const LONGEST_LIFE = 6_000;
/** World seconds after which an image fails that is to fail in its bake: later than it takes to get there. */
const IN_BAKE = 7_200;

let home: SandboxHome;
beforeAll(async () => {
  home = new SandboxHome();
  const images = join(home.directory, "images");
  cpSync(join(PROJECT_ROOT, "images"), images, { recursive: true });
  home.env["POLYCAST_IMAGES"] = images;
  const simulated = join(images, "edge-node", "simulated-images.json");
  const told = JSON.parse(readFileSync(simulated, "utf8")) as {
    images: { release: string; behaviour?: { afterSeconds: number }[] }[];
  };
  for (const { release, behaviour = [] } of told.images) {
    if (release === "r3-bad-bake") for (const each of behaviour) each.afterSeconds = IN_BAKE;
  }
  writeFileSync(simulated, JSON.stringify(told));
  await home.succeed("sandbox", "up", "--clock", SCALE);
  await home.succeed("deploy", "--auto-approve");
});
afterAll(async () => {
  await home.dispose();
  expect(home.processes()).toEqual([]);
});

async function start(release: string, ...options: string[]): Promise<Done> {
  await home.succeed("image", "promote", "--release", release, "--to", "candidate");
  const wish = [...SHORT, ...options];
  return home.run("rollout", "start", "--release", release, ...wish, "--auto-approve");
}

async function live(): Promise<LiveRecord["fleets"]> {
  return (JSON.parse((await home.succeed("live", "show")).stdout) as LiveRecord).fleets;
}

async function history(): Promise<readonly HistoryEntry[]> {
  const { stdout } = await home.succeed("rollout", "history", "--json");
  return (JSON.parse(stdout) as { history: HistoryEntry[] }[])[0]?.history ?? [];
}

/** What users have met, and what the nodes were, again and again while something goes on. */
class Users {
  public answered = 0;
  public readonly unanswered: string[] = [];
  /** Moments at which two fleets had nodes that were being replaced. */
  public both = 0;
  private isOver = false;
  private readonly asking = this.ask();

  private async ask(): Promise<void> {
    const client = worldClient(home.env);
    const { dns } = attachedSandbox(home.env).record;
    while (!this.isOver) {
      const world = await client.world();
      const busy = world.groups.filter(({ replacement }) => replacement === "running");
      if (new Set(busy.map(({ fleet }) => fleet)).size > 1) this.both += 1;
      const wish = { name: NAME, type: "A", port: 443, protocol: "TCP" } as const;
      const {
        answer,
        dns: said,
        trouble,
      } = await askEdge(client, dns, wish, chooseVantage(undefined, world));
      if (answer?.status === "healthy") this.answered += 1;
      else this.unanswered.push(`${said.addresses.join()}: ${trouble ?? JSON.stringify(answer)}`);
      await sleep(20);
    }
  }

  public async stop(): Promise<void> {
    this.isOver = true;
    await this.asking;
  }
}

/** Runs until it has ended, as a demonstration does. */
async function follow(): Promise<Done & { readonly users: Users }> {
  const users = new Users();
  const done = await home.run("rollout", "advance", "--follow");
  await users.stop();
  console.info(`${users.answered} asked and answered, ${users.unanswered.length} not`);
  return { ...done, users };
}

describeWithTerraform("rollouts", () => {
  test("what is not promoted, not known or already there is not started, and nothing changes", async () => {
    const before = await live();
    for (const [release, why] of [
      ["r2", "is not promoted"],
      ["r9", 'no such release "r9"'],
      ["r1", "every fleet runs"],
    ] as const) {
      const { code, stderr } = await home.run("rollout", "start", "--release", release, "--auto-approve");
      expect([code, stderr]).toEqual([1, expect.stringContaining(why)]);
    }
    expect(await live()).toEqual(before);
    const { code, stdout } = await home.run("rollout", "advance");
    expect([code, stdout]).toEqual([0, "There is no rollout.\n"]);
  });

  test("a release that fails on the second provider goes back there, and stays where it has baked", async () => {
    const { code, stdout, stderr } = await start("r3-bad-stackpath", "--order", "aws,stackpath");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/aws: \d+ changed, 1 replaced/);
    expect((await start("r2")).stderr).toContain("has not ended");

    const done = await follow();
    expect([done.code, done.stderr]).toEqual([4, ""]);
    expect(done.stdout).toContain("It has ended: rolled back.");
    expect(await live()).toEqual({
      aws: { release: "r3-bad-stackpath", share: 100 },
      stackpath: { release: "r1", share: 100 },
    });
    const { nodes } = await worldClient(home.env).world();
    expect(new Set(nodes.map(({ fleet, release }) => `${fleet} ${release}`))).toEqual(
      new Set(["aws r3-bad-stackpath", "stackpath r1"]),
    );
    expect(done.users.unanswered).toEqual([]);
    expect(done.users.answered).toBeGreaterThan(100);
    expect(done.users.both).toBe(0);
    const events = (await history()).filter(({ what }) => ["turn back", "begin forward"].includes(what));
    expect(events.map(({ what, fleet }) => `${fleet} ${what}`)).toEqual([
      "aws begin forward",
      "stackpath begin forward",
      "stackpath turn back",
    ]);
    // A scheduler goes on calling.
    expect((await home.run("rollout", "advance")).code).toBe(0);
  });

  test("a process that is killed at any moment is followed by one that goes on, to the good end", async () => {
    const random = seeded(SEED);
    expect((await start("r2", "--order", "stackpath,aws")).code).toBe(0);
    const users = new Users();
    for (let kill = 0; kill < KILLS; kill++) {
      const running = home.start("rollout", "advance", "--follow");
      await sleep(1_000 + random() * LONGEST_LIFE);
      running.child.kill("SIGKILL");
      await running.done();
    }
    const done = await home.run("rollout", "advance", "--follow");
    await users.stop();
    console.info(`seed ${SEED}: ${users.answered} asked and answered, ${users.unanswered.length} not`);
    expect([done.code, done.stderr]).toEqual([0, ""]);
    expect(done.stdout).toContain("It has ended: finished.");
    expect(await live()).toEqual({
      aws: { release: "r2", share: 100 },
      stackpath: { release: "r2", share: 100 },
    });
    expect(users.unanswered).toEqual([]);
    expect(users.both).toBe(0);
    const begun = (await history()).filter(({ what }) => what.startsWith("begin") || what === "turn back");
    expect(begun.map(({ what, fleet }) => `${fleet} ${what}`)).toEqual([
      "stackpath begin forward",
      "aws begin forward",
    ]);
  });

  test("a release that fails in its bake goes back; a plain deploy meanwhile changes nothing", async () => {
    const before = await live();
    expect((await start("r3-bad-bake", "--order", "aws,stackpath", "--bake", "6h")).code).toBe(0);
    const following = follow();
    while (!(await history()).some(({ what }) => what === "enter restoring")) await sleep(500);
    const { stdout } = await home.succeed("deploy", "aws-fleet", "stackpath-fleet", "--auto-approve");
    expect(stdout.match(/0 added, 0 changed, 0 destroyed/g)).toHaveLength(2);
    const done = await following;
    expect([done.code, done.stderr]).toEqual([4, ""]);
    const told = (await history()).map(({ what }) => what);
    expect(told.indexOf("turn back")).toBeGreaterThan(told.indexOf("enter baking"));
    expect(told).toContain("enter baking");
    expect(told.at(-1)).toBe("end: rolled back");
    expect(await live()).toEqual(before);
  });
});
