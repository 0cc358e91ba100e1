/** Releases of the Vultr fleet in a sandbox that lives: a node goes only when another one serves in its place. */
import { get } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileLiveStore } from "../../live/file-live-store";
import { updateLiveRecord } from "../../live/live-store";
import { worldClient } from "../../sandbox/world-api/client";
import type { NodeReport } from "../../sandbox/world-api/world-report";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome, type Done } from "./harness";

jest.setTimeout(180_000);

const STACK = "vultr-fleet";
/** World seconds per real second: the 900 s that Terraform waits for a node take four and a half. */
const SCALE = "200";
const SITES = ["ewr", "nrt"];

let home: SandboxHome;
beforeAll(async () => {
  home = new SandboxHome({ POLYCAST_ENV: "everywhere" });
  await home.succeed("sandbox", "up", "--clock", SCALE);
  const done = await deploy();
  if (done.code !== 0) throw new Error(done.stdout + done.stderr);
});
afterAll(async () => {
  await home.dispose();
  expect(home.processes()).toEqual([]);
});

const deploy = (): Promise<Done> => home.run("deploy", STACK, "--auto-approve");

async function nodes(): Promise<readonly NodeReport[]> {
  return (await worldClient(home.env).world()).nodes.filter(({ fleet }) => fleet === "vultr");
}

/** Which node a new connection reaches. */
function whoAnswers(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ port, agent: false }, (response) => {
      text(response).then((body) => {
        resolve((JSON.parse(body) as { node: string }).node);
      }, reject);
    });
    request.once("error", reject);
  });
}

const releases = (all: readonly NodeReport[]) => [...new Set(all.map(({ release }) => release))].sort();

/** What a rollout will do. */
async function record(release: string): Promise<void> {
  const store = fileLiveStore("everywhere", join(home.env["POLYCAST_HOME"] ?? "", "everywhere"));
  await updateLiveRecord(store, (live) => ({
    ...live,
    fleets: { ...live.fleets, vultr: { release, share: 100 } },
  }));
}

/** The fewest healthy nodes that each site had while something was done, and the most nodes that there were. */
async function watch<T>(
  deed: () => Promise<T>,
): Promise<{ result: T; fewest: Record<string, number>; most: number }> {
  let over = false;
  const fewest = Object.fromEntries(SITES.map((site) => [site, Infinity]));
  let most = 0;
  const look = async (): Promise<void> => {
    while (!over) {
      const all = await nodes();
      most = Math.max(most, all.length);
      for (const site of SITES) {
        const healthy = all.filter((node) => node.site === site && node.health === "healthy").length;
        fewest[site] = Math.min(fewest[site] ?? 0, healthy);
      }
      await sleep(20);
    }
  };
  const looking = look();
  const result = await deed().finally(() => (over = true));
  await looking;
  return { result, fewest, most };
}

describeWithTerraform("the Vultr fleet in a living sandbox", () => {
  test("Terraform ends when every node serves", async () => {
    const all = await nodes();
    expect(all.map(({ site, health }) => `${site} ${health}`)).toEqual([
      "ewr healthy",
      "ewr healthy",
      "nrt healthy",
      "nrt healthy",
    ]);
  });

  test("the address is reached from everywhere, at the nearest site, at all of its nodes", async () => {
    const client = worldClient(home.env);
    const to = { address: "198.51.100.10", port: 443, protocol: "TCP" } as const;
    const all = await nodes();
    for (const site of SITES) {
      const here = all.filter((node) => node.site === site);
      const port = await client.route(to, {
        name: site,
        position: here[0]?.position ?? { latitude: 0, longitude: 0 },
      });
      const answered = new Set<string>();
      for (let i = 0; i < 20; i++) {
        answered.add(await whoAnswers(port));
      }
      expect([...answered].sort()).toEqual(here.map(({ name }) => name).sort());
    }
  });

  test("a release goes site by site, and no site ever has less than its nodes", async () => {
    await record("r2");
    const { result, fewest, most } = await watch(deploy);
    expect(result.code).toBe(0);
    expect(fewest).toEqual({ ewr: 2, nrt: 2 });
    expect(most).toBe(8);
    const all = await nodes();
    expect(releases(all)).toEqual(["r2"]);
    expect(all).toHaveLength(4);
    // The second site began only when the first one served.
    const [first, second] = SITES.map((site) => all.filter((node) => node.site === site));
    const begun = (second ?? []).map(({ since }) => since);
    for (const { since } of first ?? []) expect(Math.min(...begun) - since).toBeGreaterThan(40_000);
  });

  test("a release that does not come up stops at the first site, and takes nobody's place", async () => {
    await record("r3-bad-boot");
    const { result, fewest } = await watch(deploy);
    expect(result.code).not.toBe(0);
    expect(result.stdout + result.stderr).toMatch(/does not serve after 900 s: .*fails its own health check/);
    expect(fewest).toEqual({ ewr: 2, nrt: 2 });
    const all = await nodes();
    expect(all.filter(({ site }) => site === "nrt").map(({ release }) => release)).toEqual(["r2", "r2"]);
    expect(releases(all.filter(({ health }) => health === "healthy"))).toEqual(["r2"]);
    expect(all).toHaveLength(6);
  });

  test("the way back loses nobody either, and leaves nothing of the bad release", async () => {
    await record("r2");
    const { result, fewest } = await watch(deploy);
    expect(result.code).toBe(0);
    expect(fewest).toEqual({ ewr: 2, nrt: 2 });
    expect(releases(await nodes())).toEqual(["r2"]);
    expect(await nodes()).toHaveLength(4);
  });

  test("nothing is left of it when it is gone", async () => {
    const { code } = await home.run(
      "sandbox",
      "exec",
      "--",
      "npx",
      "cdktf",
      "destroy",
      STACK,
      "--auto-approve",
      "--ignore-missing-stack-dependencies",
    );
    expect(code).toBe(0);
    expect(await nodes()).toEqual([]);
    expect(home.stateObjects(STACK)).toEqual([]);
  });
});
