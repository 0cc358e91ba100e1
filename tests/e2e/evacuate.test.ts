/** A fleet is taken out of traffic at once, with real Terraform: how long it takes, what it asks for, what a rollout makes of it. */
import { describeWithTerraform } from "./engine-terraform";
import { RolloutStage } from "./rollout-stage";

jest.setTimeout(300_000);

/** In seconds: 5 are promised; a machine that does much else at once may take longer. */
const AT_MOST = 15;

const stage = new RolloutStage();
const { home } = stage;
beforeAll(() => stage.open());
afterAll(() => stage.close());

async function shares(): Promise<Record<string, number>> {
  return Object.fromEntries(Object.entries(await stage.live()).map(([name, { share }]) => [name, share]));
}

async function giveBack(fleet: string): Promise<void> {
  await home.succeed("live", "share", "--fleet", fleet, "--percent", "100");
  await home.succeed("dns", "apply", "--auto-approve", "--allow", "100");
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
    const wish = ["--order", "aws,stackpath", "--bake", "1d", "--settle", "20m"];
    expect((await stage.start("r2", ...wish)).code).toBe(0);
    const following = home.start("rollout", "advance", "--follow");
    await stage.happened("aws", "enter baking");

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
    const evacuations = (await stage.history()).filter(({ what }) => what === "evacuate");
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
