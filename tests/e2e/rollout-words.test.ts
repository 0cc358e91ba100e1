/** What people say to a rollout, through the command, with real Terraform. */
import { describeWithTerraform } from "./engine-terraform";
import type { Done } from "./harness";
import { RolloutStage, expectEnded } from "./rollout-stage";

jest.setTimeout(600_000);

const R1 = { release: "r1", share: 100 };
const R2 = { release: "r2", share: 100 };

const stage = new RolloutStage();
const { home } = stage;
beforeAll(() => stage.open());
afterAll(() => stage.close());

async function start(...options: string[]): Promise<void> {
  const done = await stage.start("r2", "--order", "aws,stackpath", "--settle", "20m", ...options);
  expectEnded(done, 0);
}
const say = (word: string, ...options: string[]): Promise<Done> => home.run("rollout", word, ...options);
const advance = (...options: string[]): Promise<Done> => home.run("rollout", "advance", ...options);

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
    expect(await stage.live()).toEqual({ aws: R1, stackpath: R1 });
    await home.succeed("rollout", "resume");
    expect((await say("resume")).stderr).toContain("it is not paused");

    const following = advance("--follow");
    await stage.happened("aws", "begin forward");
    await stage.happened("aws", "steered");
    await home.succeed("rollout", "abort", "--reason", "wrong release");
    // Whoever was at work is told when it next writes, and goes on from there.
    const done = await following;
    expect([done.code, done.stdout]).toEqual([4, expect.stringContaining("It has ended: rolled back.")]);
    expect(await stage.live()).toEqual({ aws: R1, stackpath: R1 });
    const told = (await stage.history()).filter(({ what }) => ["approve", "pause", "abort"].includes(what));
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
    await stage.happened("aws", "enter baking");
    const refused = await say("force");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("needs a reason")]);
    await home.succeed("rollout", "force", "--reason", "seen enough");
    await stage.happened("stackpath", "begin forward");
    expect((await stage.live())["aws"]).toEqual(R2);
    await home.succeed("rollout", "abort", "--all", "--reason", "leaks");
    // stackpath bakes with what it had before aws is taken back.
    const done = await following;
    expect([done.code, done.stdout]).toEqual([4, expect.stringContaining("It has ended: rolled back.")]);
    expect(await stage.live()).toEqual({ aws: R1, stackpath: R1 });
    const events = (await stage.history()).filter(({ what }) => /^(begin|force|abort|end)/.test(what));
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
