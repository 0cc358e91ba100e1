/** What people say to a rollout, through the command, with real Terraform. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LiveRecord } from "../../live/live-record";
import { PROJECT_ROOT } from "../../live/state-location";
import type { RolloutState } from "../../rollout/rollout-state";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome, type Done } from "./harness";

jest.setTimeout(600_000);

const R1 = { release: "r1", share: 100 };
const R2 = { release: "r2", share: 100 };

let home: SandboxHome;
beforeAll(async () => {
  home = new SandboxHome();
  // A promotion writes into them.
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

async function start(...options: string[]): Promise<void> {
  const wish = ["--release", "r2", "--order", "aws,stackpath", "--settle", "20m", ...options];
  await home.succeed("rollout", "start", ...wish, "--auto-approve");
}
const say = (word: string, ...options: string[]): Promise<Done> => home.run("rollout", word, ...options);
const advance = (...options: string[]): Promise<Done> => home.run("rollout", "advance", ...options);

async function live(): Promise<LiveRecord["fleets"]> {
  return (JSON.parse((await home.succeed("live", "show")).stdout) as LiveRecord).fleets;
}
async function history(): Promise<RolloutState["history"]> {
  const { stdout } = await home.succeed("rollout", "history", "--json");
  return (JSON.parse(stdout) as Pick<RolloutState, "history">[])[0]?.history ?? [];
}
async function happened(what: string, fleet: string): Promise<void> {
  while (!(await history()).some((entry) => entry.what === what && entry.fleet === fleet)) await sleep(300);
}

describeWithTerraform("words", () => {
  test("without a rollout are refused", async () => {
    for (const word of ["pause", "resume", "abort", "approve"]) {
      const { code, stderr } = await say(word);
      expect([word, code, stderr]).toEqual([word, 1, "There is no rollout.\n"]);
    }
  });

  test("approve each wave; pause lets nothing happen; an abort while it is drained takes the fleet back", async () => {
    await start("--approve", "each", "--bake", "6h");
    const waiting = await advance();
    expect([waiting.code, waiting.stdout]).toEqual([
      4,
      expect.stringContaining("aws waits until a person approves it"),
    ]);
    const early = await say("force", "--reason", "late");
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining("no fleet is in transition")]);

    await home.succeed("rollout", "approve");
    await home.succeed("rollout", "pause", "--reason", "lunch");
    await home.succeed("rollout", "pause", "--reason", "fire");
    const paused = await advance();
    expect([paused.code, paused.stdout]).toEqual([4, expect.stringMatching(/paused by .*: fire/)]);
    expect(await live()).toEqual({ aws: R1, stackpath: R1 });
    await home.succeed("rollout", "resume");
    expect((await say("resume")).stderr).toContain("it is not paused");

    const following = advance("--follow");
    await happened("begin forward", "aws");
    await happened("steered", "aws");
    await home.succeed("rollout", "abort", "--reason", "wrong release");
    // Whoever was at work is told when it next writes, and goes on from there.
    const done = await following;
    expect([done.code, done.stdout]).toEqual([4, expect.stringContaining("It has ended: rolled back.")]);
    expect(await live()).toEqual({ aws: R1, stackpath: R1 });
    const told = (await history()).filter(({ what }) => ["approve", "pause", "abort"].includes(what));
    expect(told.map(({ what, fleet, why }) => [what, fleet, why])).toEqual([
      ["approve", "aws", undefined],
      ["pause", undefined, "lunch"],
      ["pause", undefined, "fire"],
      ["abort", "aws", "wrong release"],
    ]);
    expect((await say("pause")).stderr).toContain("it has ended: rolled back");
  });

  test("force ends a bake, with a reason; abort --all takes back what has baked", async () => {
    await start("--bake", "2h");
    const following = advance("--follow");
    await happened("enter baking", "aws");
    const refused = await say("force");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("needs a reason")]);
    await home.succeed("rollout", "force", "--reason", "seen enough");
    await happened("begin forward", "stackpath");
    expect((await live())["aws"]).toEqual(R2);
    await home.succeed("rollout", "abort", "--all", "--reason", "leaks");
    // stackpath bakes with what it had before aws is taken back.
    const done = await following;
    expect([done.code, done.stdout]).toEqual([4, expect.stringContaining("It has ended: rolled back.")]);
    expect(await live()).toEqual({ aws: R1, stackpath: R1 });
    const events = (await history()).filter(({ what }) => /^(begin|force|abort|end)/.test(what));
    expect(events.map(({ what, fleet, why = "" }) => [what, fleet, why])).toEqual([
      ["begin forward", "aws", "it is the turn of aws"],
      ["force", "aws", "seen enough"],
      ["begin forward", "stackpath", "it is the turn of stackpath"],
      ["abort all", "stackpath", "leaks"],
      ["begin back", "aws", "the whole rollout was aborted"],
      ["end: rolled back", undefined, "every fleet is as it was"],
    ]);
  });
});
