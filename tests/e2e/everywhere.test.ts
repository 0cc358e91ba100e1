/** A fleet on every provider, of both kinds of reach, in one living sandbox. */
import { spawnSync } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { setTimeout as sleep } from "node:timers/promises";
import everywhere from "../../environments/everywhere";
import { updateLiveRecord } from "../../live/live-store";
import { sandboxStatus } from "../../sandbox/sandbox";
import { worldClient } from "../../sandbox/world-api/client";
import { describeWithTerraform } from "./engine-terraform";
import type { Done } from "./harness";
import { RolloutStage, expectDrained, expectEnded, expectUnnoticed } from "./rollout-stage";

jest.setTimeout(600_000);

const WWW = "www.edge.example.net";

const stage = new RolloutStage("everywhere");
const { home } = stage;
let dns: { address: string; port: number };
beforeAll(async () => {
  await stage.open();
  const status = sandboxStatus(home.env);
  if (status.state !== "running") throw new Error(`the sandbox is ${status.state}`);
  dns = status.record.dns;
}, 300_000);
afterAll(() => stage.close());

const nodes = (fleet: string) => stage.nodes(fleet);

/** Fleet -> its address, as its stack's state has it. */
async function addresses(): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await home.succeed("status", "--json");
  const { fleets } = JSON.parse(stdout) as { fleets: { name: string; ipv4?: string }[] };
  return Object.fromEntries(fleets.map(({ name, ipv4 = "" }) => [name, ipv4]));
}

describeWithTerraform("every provider in the sandbox", () => {
  test("is there: four fleets, two of managed anycast, two whose nodes announce themselves, all of them healthy", async () => {
    expect(everywhere.fleets.map(({ provider, reach }) => [provider, reach])).toEqual([
      ["aws", "managed-anycast"],
      ["stackpath", "managed-anycast"],
      ["vultr", "bgp"],
      ["equinix", "bgp"],
    ]);
    for (const { name, wish } of everywhere.fleets) {
      let all = await nodes(name);
      for (let tries = 0; tries < 200 && all.some(({ health }) => health !== "healthy"); tries++) {
        await sleep(50);
        all = await nodes(name);
      }
      expect([name, [...new Set(all.map(({ health }) => health))]]).toEqual([name, ["healthy"]]);
      expect([name, [...new Set(all.map(({ site }) => site))].sort()]).toEqual([
        name,
        Object.keys(wish.sites).sort(),
      ]);
    }
  });

  test("DNS answers with the address of each, and with no IPv6 address, since only one fleet has one", async () => {
    const all = Object.values(await addresses());
    expect(new Set(all).size).toBe(4);
    const resolver = new Resolver();
    resolver.setServers([`${dns.address}:${dns.port}`]);
    expect((await resolver.resolve4(WWW)).sort()).toEqual(all.sort());
    await expect(resolver.resolve6(WWW)).rejects.toMatchObject({ code: "ENODATA" });
  });

  const hasDig = spawnSync("dig", ["-v"]).status === 0;
  (hasDig ? test : test.skip)(`dig finds them${hasDig ? "" : " (SKIPPED: there is no dig)"}`, async () => {
    const dig = (name: string) => {
      const args = ["+short", `@${dns.address}`, "-p", String(dns.port), name, "A"];
      return spawnSync("dig", args, { encoding: "utf8" }).stdout.trim().split("\n").sort();
    };
    expect(dig(WWW)).toHaveLength(4);
    for (const [fleet, address] of Object.entries(await addresses())) {
      expect(dig(`${fleet}.tunnel.edge.example.net`)).toEqual([address]);
    }
  });

  test("the address that Equinix Metal reserved is reached at the nearest of its metros", async () => {
    const { equinix: address = "" } = await addresses();
    const to = { address, port: 443, protocol: "TCP" } as const;
    for (const { site, position, name } of await nodes("equinix")) {
      const port = await worldClient(home.env).route(to, { name: site, position });
      const response = await fetch(`http://127.0.0.1:${port}/`);
      expect(await response.json()).toMatchObject({ node: name });
    }
  });

  test("a release goes round all four, one after the other, and nobody notices", async () => {
    const before = await addresses();
    const started = await stage.start("r2", "--settle", "6h");
    expect([started.code, started.stderr]).toEqual([0, ""]);
    const [done, users] = await stage.during("four providers", () => stage.follow());
    expectEnded(done, 0);
    expect(done.stdout).toContain("It has ended: finished.");
    const fleets = everywhere.fleets.map(({ name }) => name);
    const there = { release: "r2", share: 100 };
    expect(await stage.live()).toEqual(Object.fromEntries(fleets.map((fleet) => [fleet, there])));
    for (const fleet of fleets) {
      const all = await nodes(fleet);
      expect([fleet, [...new Set(all.map(({ release }) => release))]]).toEqual([fleet, ["r2"]]);
    }
    expect(await addresses()).toEqual(before);
    expectUnnoticed(users);
    const history = await stage.history();
    expectDrained(users, history);
    const turns = history.filter(({ what }) => ["begin forward", "enter done"].includes(what));
    const order = (await stage.rollout())?.plan.waves.map(({ fleet }) => fleet) ?? [];
    expect([...order].sort()).toEqual([...fleets].sort());
    expect(turns.map(({ fleet, what }) => `${fleet} ${what}`)).toEqual(
      order.flatMap((fleet) => [`${fleet} begin forward`, `${fleet} enter done`]),
    );
    expect(history.map(({ what }) => what)).not.toContain("turn back");
  });

  test("a release goes through Equinix Metal's metros one by one, and none is ever without a node", async () => {
    const before = await addresses();
    await updateLiveRecord(stage.store, (live) => ({
      ...live,
      fleets: { ...live.fleets, equinix: { release: "r1", share: 100 } },
    }));
    const sites = Object.keys(everywhere.fleets[3]?.wish.sites ?? {});
    const fewest = Object.fromEntries(sites.map((site) => [site, Infinity]));
    let done: Done | undefined;
    const deploying = home.run("deploy", "equinix-fleet", "--auto-approve").then((ended) => (done = ended));
    while (done === undefined) {
      const all = await nodes("equinix");
      for (const site of sites) {
        const healthy = all.filter((node) => node.site === site && node.health === "healthy");
        fewest[site] = Math.min(fewest[site] ?? 0, healthy.length);
      }
      await sleep(20);
    }
    await deploying;
    expectEnded(done, 0);
    expect(fewest).toEqual({ ny: 1, am: 1 });
    const all = await nodes("equinix");
    expect(all.map(({ release }) => release)).toEqual(["r1", "r1"]);
    const begun = Object.fromEntries(all.map(({ site, since }) => [site, since]));
    // Not before the first one served; it takes five minutes to boot.
    expect((begun["am"] ?? 0) - (begun["ny"] ?? 0)).toBeGreaterThan(300_000);
    expect(await addresses()).toEqual(before);
  });
});
