/** A fleet is taken out of traffic at once, with real Terraform: how long it takes, what it asks for, what a rollout makes of it. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LiveRecord } from "../../live/live-record";
import { PROJECT_ROOT } from "../../live/state-location";
import type { HistoryEntry } from "../../rollout/rollout-state";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome } from "./harness";

jest.setTimeout(300_000);

/** In seconds: issue and promise are 5; a machine that does much else at once may take longer. */
const AT_MOST = 15;

let home: SandboxHome;
beforeAll(async () => {
  home = new SandboxHome();
  // A promotion writes into them.
  const images = join(home.directory, "images");
  cpSync(join(PROJECT_ROOT, "images"), images, { recursive: true });
  home.env["POLYCAST_IMAGES"] = images;
  await home.succeed("sandbox", "up", "--clock", "240");
  await home.succeed("deploy", "--auto-approve");
});
afterAll(async () => {
  await home.dispose();
  expect(home.processes()).toEqual([]);
});

async function shares(): Promise<Record<string, number>> {
  const { fleets } = JSON.parse((await home.succeed("live", "show")).stdout) as LiveRecord;
  return Object.fromEntries(Object.entries(fleets).map(([name, { share }]) => [name, share]));
}

async function giveBack(fleet: string): Promise<void> {
  await home.succeed("live", "share", "--fleet", fleet, "--percent", "100");
  await home.succeed("dns", "apply", "--auto-approve", "--allow", "100");
}

async function history(): Promise<readonly HistoryEntry[]> {
  const { stdout } = await home.succeed("rollout", "history", "--json");
  return (JSON.parse(stdout) as { history: HistoryEntry[] }[])[0]?.history ?? [];
}

describeWithTerraform("an evacuation", () => {
  test("is with the DNS service within seconds, and never takes the last fleet", async () => {
    const { stdout, stderr } = await home.succeed("evacuate", "aws", "--json");
    const told = JSON.parse(stdout) as { seconds: number };
    console.info(`DNS had it ${told.seconds} s after the command began`);
    expect(told).toMatchObject({ fleet: "aws", share: 0, before: 100, ttl: 60, risks: [] });
    expect(told.seconds).toBeGreaterThan(0);
    expect(told.seconds).toBeLessThan(AT_MOST);
    expect(stderr).toBe("");
    expect(await shares()).toEqual({ aws: 0, stackpath: 100 });
    expect((await home.run("dns", "check")).code).toBe(0);
    for (const reason of [[], ["--reason", "fire"]]) {
      const refused = await home.run("evacuate", "stackpath", ...reason);
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringContaining("nobody would be answered"),
      ]);
    }
    expect(await shares()).toEqual({ aws: 0, stackpath: 100 });
    await giveBack("aws");
  });

  test("pauses a rollout, and asks for a reason where most users would meet what has not baked", async () => {
    await home.succeed("image", "promote", "--release", "r2", "--to", "candidate");
    const wish = ["--release", "r2", "--order", "aws,stackpath", "--bake", "1d", "--settle", "20m"];
    await home.succeed("rollout", "start", ...wish, "--auto-approve");
    const following = home.start("rollout", "advance", "--follow");
    while (!(await history()).some(({ what }) => what === "enter baking")) await sleep(300);

    const refused = await home.run("evacuate", "stackpath");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      'would serve 100 % of all users with "r2", which has not finished a bake',
    );
    expect(refused.stderr).toContain("--reason TEXT");
    expect(await shares()).toEqual({ aws: 100, stackpath: 100 });

    const done = await home.succeed("evacuate", "stackpath", "--reason", "fire");
    expect(done.stderr).toContain("In spite of this: fleets.aws would serve 100 % of all users");
    expect(await shares()).toEqual({ aws: 100, stackpath: 0 });
    // It ends by itself where a person has paused it.
    expect((await following.done()).code).toBe(4);
    expect((await home.run("rollout", "advance")).stdout).toContain("stackpath is evacuated: fire");
    const evacuations = (await history()).filter(({ what }) => what === "evacuate");
    expect(evacuations).toEqual([expect.objectContaining({ fleet: "stackpath", why: "fire" })]);

    await home.succeed("rollout", "resume");
    const { code, stdout } = await home.run("rollout", "advance");
    expect([code, stdout]).toEqual([
      4,
      expect.stringContaining("stackpath, share: bad, 0 % rather than 100 %"),
    ]);
    expect(await shares()).toEqual({ aws: 100, stackpath: 0 });
  });
});
