/** A release that goes round in the sandbox, with real Terraform, however it is interrupted. Repeated by SEED=number. */
import { setTimeout as sleep } from "node:timers/promises";
import { performance } from "node:perf_hooks";
import { waveInTransition } from "../../rollout/rollout-state";
import { SEED, seeded } from "../seeded";
import { describeWithTerraform } from "./engine-terraform";
import { RolloutStage, SCALE, TTL, expectDrained, expectEnded, expectUnnoticed } from "./rollout-stage";

jest.setTimeout(600_000);

/** How often the process is killed in one rollout. */
const KILLS = 20;
/** How long a process may work at most until it is killed, in what one step takes. */
const LONGEST_LIFE = 2.5;
/** How late the cloud changes a record while two are at work, in milliseconds. */
const LATE = 8_000;
/** In milliseconds. */
const LOOK_EVERY = 20;

const stage = new RolloutStage();
const { home } = stage;
/** In milliseconds: what one step takes on this machine. */
let step = 0;
beforeAll(() => stage.open());
afterAll(() => stage.close());

/** The lock of who was killed ends by itself after 15 seconds; the next ones find it ended at once, while its Terraform works on. */
async function endLock(): Promise<void> {
  const { objects } = stage.store;
  const stored = await objects.read("rollout-lock");
  if (stored === undefined) return;
  const lock = JSON.parse(stored.text) as object;
  const ended = JSON.stringify({ ...lock, until: new Date(0).toISOString() });
  await objects.write("rollout-lock", ended, stored.version);
}

/** Waits until no resolver keeps an older answer. */
const held = () => sleep((3 * TTL * 1000) / SCALE);

/** Waits for so many milliseconds, but not longer than until one more step was taken: it must not end before the last kill. */
async function waitAtMost(milliseconds: number): Promise<void> {
  const taken = async () =>
    (await stage.history()).filter(({ what }) => ["steered", "replaced"].includes(what)).length;
  const end = performance.now() + milliseconds;
  const before = await taken();
  while (performance.now() < end && (await taken()) === before) await sleep(LOOK_EVERY);
}

describeWithTerraform("a rollout", () => {
  test("what is not promoted, not known or already there is not started, and nothing changes", async () => {
    const before = await stage.live();
    for (const [release, why] of [
      ["r2", "is not promoted"],
      ["r9", 'no such release "r9"'],
      ["r1", "every fleet runs"],
    ] as const) {
      const { code, stderr } = await home.run("rollout", "start", "--release", release, "--auto-approve");
      expect([code, stderr]).toEqual([1, expect.stringContaining(why)]);
    }
    expect(await stage.live()).toEqual(before);
    const { code, stdout } = await home.run("rollout", "advance");
    expect([code, stdout]).toEqual([0, "There is no rollout.\n"]);
  });

  test("of two advances at once one acts, the other says so and changes nothing", async () => {
    const begun = await stage.start("r2", "--order", "stackpath,aws", "--settle", "6h");
    expect([begun.code, begun.stderr]).toEqual([0, ""]);
    expect(begun.stdout).toMatch(/aws: \d+ changed, 1 replaced/);
    expect((await stage.start("r2")).stderr).toContain("has not ended");
    expect((await home.run("rollout", "advance")).code).toBe(0);
    await held();

    const effect = { kind: "delay", milliseconds: LATE } as const;
    stage.faults({ type: "ns1_record", operation: "update", effect, times: 1 });
    const first = home.start("rollout", "advance");
    // By then it has recorded what it is about to do, and Terraform is at work.
    while ((await stage.live())["stackpath"]?.share !== 0) await sleep(LOOK_EVERY);
    const [history, live] = [await stage.history(), await stage.live()];
    expect(history.at(-1)?.what).toBe("share to 0 %");
    const second = await home.run("rollout", "advance");
    expect([second.code, second.stderr]).toEqual([0, ""]);
    expect(second.stdout).toMatch(/^Another command is at work: .*rollout advance/);
    expect(first.child.exitCode).toBeNull();
    expect([await stage.history(), await stage.live()]).toEqual([history, live]);
    expect(await first.done()).toMatchObject({ code: 0, stderr: "" });
    expect((await stage.history()).slice(history.length).map(({ what }) => what)).toEqual(["steered"]);
  });

  test("of two that begin at the same moment none disturbs the other", async () => {
    const before = await stage.history();
    await held();
    const began = performance.now();
    const both = await Promise.all([home.run("rollout", "advance"), home.run("rollout", "advance")]);
    step = performance.now() - began;
    for (const { code, stderr } of both) expect([code, stderr]).toEqual([0, ""]);
    const added = (await stage.history()).slice(before.length).map(({ what }) => what);
    const steps = added.join().match(/share to 0 %,steered/g) ?? [];
    // Where one had ended before the other looked, there were two; each was recorded before the next.
    expect(added).toEqual(steps.flatMap((each) => each.split(",")));
    expect(steps.length).toBeGreaterThan(0);
  });

  test("a process that is killed at any moment is followed by one that goes on, to the good end", async () => {
    const random = seeded(SEED);
    const killed: string[] = [];
    const [done, users] = await stage.during(`seed ${SEED}, ${KILLS} kills`, async () => {
      while (killed.length < KILLS) {
        const running = home.start("rollout", "advance", "--follow");
        await waitAtMost(random() * LONGEST_LIFE * step);
        running.child.kill("SIGKILL");
        await running.done();
        expect(running.child.signalCode).toBe("SIGKILL");
        const rollout = await stage.rollout();
        const wave = rollout && waveInTransition(rollout);
        killed.push(`${wave?.plan.fleet ?? "none"} ${wave?.state.phase ?? ""}`.trim());
        await endLock();
      }
      return stage.follow();
    });
    console.info(`killed while ${killed.join(", ")}`);
    expectEnded(done, 0);
    expect(done.stdout).toContain("It has ended: finished.");
    expect(await stage.live()).toEqual({
      aws: { release: "r2", share: 100 },
      stackpath: { release: "r2", share: 100 },
    });
    expect((await stage.running()).map((each) => each.split(" ").slice(0, 2))).toEqual([
      ["aws", "r2"],
      ["aws", "r2"],
      ["stackpath", "r2"],
    ]);
    expectUnnoticed(users);
    const history = await stage.history();
    expectDrained(users, history);
    const begun = history.filter(({ what }) => what.startsWith("begin") || what === "turn back");
    expect(begun.map(({ what, fleet }) => `${fleet} ${what}`)).toEqual([
      "stackpath begin forward",
      "aws begin forward",
    ]);
  });
});
