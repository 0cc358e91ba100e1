/** A fleet on every provider, of both kinds of reach, in one living sandbox. */
import { spawnSync } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import everywhere from "../../environments/everywhere";
import { fileLiveStore } from "../../live/file-live-store";
import { updateLiveRecord } from "../../live/live-store";
import { sandboxStatus } from "../../sandbox/sandbox";
import { worldClient } from "../../sandbox/world-api/client";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome, type Done } from "./harness";

jest.setTimeout(300_000);

/** World seconds per real second: a machine of Equinix Metal's takes five minutes to become a node. */
const SCALE = "200";
const WWW = "www.edge.example.net";

let home: SandboxHome;
let dns: { address: string; port: number };
beforeAll(async () => {
  home = new SandboxHome({ POLYCAST_ENV: "everywhere" });
  await home.succeed("sandbox", "up", "--env", "everywhere", "--clock", SCALE);
  await home.succeed("deploy", "--auto-approve");
  const status = sandboxStatus(home.env);
  if (status.state !== "running") throw new Error(`the sandbox is ${status.state}`);
  dns = status.record.dns;
}, 300_000);
afterAll(async () => {
  await home.dispose();
  expect(home.processes()).toEqual([]);
});

const nodes = async (fleet: string) =>
  (await worldClient(home.env).world()).nodes.filter((node) => node.fleet === fleet);

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

  test("DNS answers with the address of each, and with the one IPv6 address there is", async () => {
    const all = Object.values(await addresses());
    expect(new Set(all).size).toBe(4);
    const resolver = new Resolver();
    resolver.setServers([`${dns.address}:${dns.port}`]);
    expect((await resolver.resolve4(WWW)).sort()).toEqual(all.sort());
    expect(await resolver.resolve6(WWW)).toEqual(["2001:db8:a::10"]);
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

  test("a release goes through Equinix Metal's metros one by one, and none is ever without a node", async () => {
    const before = await addresses();
    const store = fileLiveStore("everywhere", join(home.env["POLYCAST_HOME"] ?? "", "everywhere"));
    await updateLiveRecord(store, (live) => ({
      ...live,
      fleets: { ...live.fleets, equinix: { release: "r2", share: 100 } },
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
    expect([done.code, done.stderr]).toEqual([0, ""]);
    expect(fewest).toEqual({ ny: 1, am: 1 });
    const all = await nodes("equinix");
    expect(all.map(({ release }) => release)).toEqual(["r2", "r2"]);
    const begun = Object.fromEntries(all.map(({ site, since }) => [site, since]));
    // Not before the first one served; it takes five minutes to boot.
    expect((begun["am"] ?? 0) - (begun["ny"] ?? 0)).toBeGreaterThan(300_000);
    expect(await addresses()).toEqual(before);
  });
});
