/** Releases that fail in the sandbox, each in its own way, with real Terraform, while users ask. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describeWithTerraform } from "./engine-terraform";
import { RolloutStage, SCALE, TTL, expectDrained, expectEnded, expectUnnoticed } from "./rollout-stage";

jest.setTimeout(600_000);

/** In world seconds: how long a release that is to fail in its bake behaves well. It takes less to get there. */
const IN_BAKE = 10_000;
/** In world milliseconds: longer than any cloud's health check waits for an answer. */
const TOO_SLOW = 12_000;
/** World seconds per real second while a release fails: what Terraform takes is then of the order of what it takes in a real edge. */
const MEASURED = 20;
/** In world seconds, from the moment at which nodes fail to the changed record: the next look, and what it leads to. */
const DETECTION = 600;
const ORDER = ["--order", "aws,stackpath"];
/** Where nodes never come up, this is waited for; where they do, it is long enough for any machine. */
const [SHORT, LONG] = [
  ["--settle", "40m"],
  ["--settle", "6h"],
];
const STACKS = ["aws-fleet", "stackpath-fleet", "edge-dns", "management"];

const stage = new RolloutStage();
/** Release -> seconds from the start of one of AWS's machines until it fails. */
const lasts = new Map<string, number>();
beforeAll(() =>
  stage.open(({ release, provider, bootSeconds, behaviour = [] }) => {
    if (!["r3-bad-bake", "r3-leaks", "r3-slow"].includes(release)) return;
    for (const each of behaviour) {
      each.afterSeconds = IN_BAKE;
      if (each.kind === "slow") each.latencyMs = TOO_SLOW;
    }
    if (provider === "aws") lasts.set(release, bootSeconds + IN_BAKE);
  }),
);
afterAll(() => stage.close());

/** Fleets that were taken on, and back, in order. */
async function turns(): Promise<readonly string[]> {
  return (await stage.history())
    .filter(({ what }) => ["begin forward", "turn back"].includes(what))
    .map(({ what, fleet }) => `${fleet} ${what}`);
}

/** Runs a rollout that is to go back at its first fleet, and sees that this one is what it was and the other was left alone. */
async function expectBackAlone(run: () => Promise<void>): Promise<void> {
  const [live, running, other] = [
    await stage.live(),
    await stage.running(),
    await stage.picture("stackpath"),
  ];
  await run();
  expect(await turns()).toEqual(["aws begin forward", "aws turn back"]);
  expect((await stage.history()).at(-1)?.what).toBe("end: rolled back");
  expect(await stage.live()).toEqual(live);
  expect(await stage.running()).toEqual(running);
  expect(await stage.picture("stackpath")).toEqual(other);
}

/** Deploys stacks as anybody may, who knows nothing of a rollout, and sees that all is as it was. */
async function deployUnchanged(...what: string[]): Promise<{ code: number | null; text: string }> {
  const edge = async () => ({
    history: await stage.history(),
    live: await stage.live(),
    lives: [(await stage.picture("aws")).lives, (await stage.picture("stackpath")).lives],
    // A line for each change that a cloud has ever made.
    clouds: readFileSync(join(stage.home.places.clouds, "clouds.jsonl"), "utf8"),
  });
  const before = await edge();
  const deploy = ["npx", "cdktf", "deploy", ...what, "--auto-approve"];
  const { code, stdout, stderr } = await stage.home.run("sandbox", "exec", "--", ...deploy);
  expect(await edge()).toEqual(before);
  return { code, text: stripVTControlCharacters(stdout + stderr).replaceAll(/[│\s]+/g, " ") };
}

describeWithTerraform("a rollout whose release fails", () => {
  test("at once, goes back before anybody is sent there", async () => {
    await expectBackAlone(async () => {
      expect((await stage.start("r3-bad-boot", ...ORDER, ...SHORT)).code).toBe(0);
      const [done, users] = await stage.during("fails at once", () => stage.follow());
      expectEnded(done, 4);
      expect(done.stdout).toContain("It has ended: rolled back.");
      expectUnnoticed(users);
      const history = await stage.history();
      expectDrained(users, history);
      expect(history.map(({ what }) => what)).not.toContain("enter baking");
    });
  });

  test.each(["r3-bad-bake", "r3-leaks", "r3-slow"])(
    "%s, in its bake, is taken from its users by the next look",
    async (release) => {
      await expectBackAlone(async () => {
        expect((await stage.start(release, ...ORDER, ...LONG, "--bake", "12h")).code).toBe(0);
        let fails = Infinity;
        const [done, users] = await stage.during(release, async (asking) => {
          const following = stage.follow();
          await stage.happened("aws", "enter baking");
          const since = (await stage.nodes("aws")).map((node) => node.since / 1000);
          fails = Math.floor(Math.min(...since)) + (lasts.get(release) ?? NaN);
          const fast = { before: Infinity, scale: 5 * SCALE };
          await asking.approach(fails, fast, { before: 900, scale: SCALE }, { before: 60, scale: MEASURED });
          await stage.happened("aws", "steered", await stage.happened("aws", "turn back"));
          await asking.pace(SCALE);
          return following;
        });
        expectEnded(done, 4);

        const history = await stage.history();
        const turn = history.findIndex(({ what }) => what === "turn back");
        expect(history.slice(0, turn).map(({ what }) => what)).toContain("enter baking");
        const changed = history.slice(turn).find(({ what }) => what === "steered")?.at ?? NaN;
        const back = history.slice(turn).find(({ what }) => /^share to (?!0 %)/.test(what))?.at ?? NaN;
        const during = users.asked.filter(({ at }) => at >= fails && at <= changed);
        const led = during.filter(({ fleet }) => fleet === "aws").length;
        const after = users.asked.filter(({ at, fleet }) => fleet === "aws" && at > changed && at < back);
        const late = after.map(({ at }) => at - changed);
        console.info(
          `${release}: record changed ${changed - fails} s after the first node failed; meanwhile ${led} of ${during.length} ` +
            `were led to it; afterwards ${after.length}, by what resolvers kept, the last after ${Math.max(0, ...late)} s`,
        );

        expect(users.unanswered).toEqual([]);
        expect(users.both).toBe(0);
        // From the moment the record is changed nobody is told of the fleet; who was told before forgets it.
        expect(after.filter(({ fresh }) => fresh)).toEqual([]);
        expect(late.filter((seconds) => seconds > TTL)).toEqual([]);
        // Before, at most its share of the users: half, give or take three standard deviations.
        expect(changed - fails).toBeLessThanOrEqual(DETECTION);
        expect(led).toBeLessThanOrEqual(0.5 * during.length + 1.5 * Math.sqrt(during.length));
        for (const { fleet, at } of users.troubles) {
          expect([fleet, at >= fails - 1 && at <= changed + TTL]).toEqual(["aws", true]);
        }
        expectDrained(users, history);
      });
    },
  );

  test("a cloud that refuses half of a replacement: the half that was made is taken back", async () => {
    await expectBackAlone(async () => {
      const effect = { kind: "refuse", message: "InternalFailure: try again later" } as const;
      stage.faults({ type: "aws_autoscaling_group", operation: "update", effect, times: 1 });
      expect((await stage.start("r2", ...ORDER, ...LONG)).code).toBe(0);
      const seen = new Set<string>();
      const [done, users] = await stage.during("half is refused", async () => {
        const following = stage.follow();
        await stage.happened("aws", "turn back");
        for (const { release } of await stage.nodes("aws")) seen.add(release);
        return following;
      });
      expectEnded(done, 4);
      expect(done.stdout).toContain("Refused: InternalFailure: try again later");
      expect([...seen].sort()).toEqual(["r1", "r2"]);
      expectUnnoticed(users);
      expectDrained(users, await stage.history());
    });
  });

  test("on the second provider, goes back there and stays where it has baked; a plain deploy meanwhile changes nothing", async () => {
    expect((await stage.start("r3-bad-stackpath", ...ORDER, ...SHORT)).code).toBe(0);
    const before = await stage.picture("stackpath");
    const [done, users] = await stage.during("fails on the second", async () => {
      const onTheWay = stage.home.start("rollout", "advance", "--follow");
      await stage.happened("aws", "steered", await stage.happened("aws", "enter restoring"));
      onTheWay.child.kill("SIGINT");
      await onTheWay.done();
      const held = await deployUnchanged("edge-dns", "--ignore-missing-stack-dependencies");
      expect(held.code).toBe(1);
      expect(held.text).toContain("It was not changed");

      const baking = stage.home.start("rollout", "advance", "--follow");
      await stage.happened("aws", "enter baking");
      baking.child.kill("SIGINT");
      await baking.done();
      const { code, text } = await deployUnchanged(...STACKS);
      expect(code).toBe(0);
      // CDKTF puts what Terraform says at once on one line, so not every one begins with its stack.
      expect(text.match(/No changes\. Your infrastructure matches/g)).toHaveLength(STACKS.length);
      return stage.follow();
    });
    expectEnded(done, 4);
    expect(await stage.live()).toEqual({
      aws: { release: "r3-bad-stackpath", share: 100 },
      stackpath: { release: "r1", share: 100 },
    });
    expect((await stage.running()).map((each) => each.split(" ").slice(0, 2).join(" "))).toEqual([
      "aws r3-bad-stackpath",
      "aws r3-bad-stackpath",
      "stackpath r1",
    ]);
    expect((await stage.picture("stackpath")).live).toEqual(before.live);
    expect(await turns()).toEqual(["aws begin forward", "stackpath begin forward", "stackpath turn back"]);
    expectUnnoticed(users);
    expectDrained(users, await stage.history());
    // A scheduler goes on calling.
    expect((await stage.home.run("rollout", "advance")).code).toBe(0);
  });
});
