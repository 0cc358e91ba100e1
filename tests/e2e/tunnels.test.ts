/** The tunnels' names under real Terraform, and tunnels that a client holds while a provider dies. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { TunnelEvent } from "../../cli/sandbox/hold-tunnel";
import type { Environment } from "../../constructs/fleet/environment";
import { queryDns } from "../../sandbox/dns/query";
import { serveDns, type DnsServer } from "../../sandbox/dns/server";
import { worldClient } from "../../sandbox/world-api/client";
import { awsFleet } from "../environment-for-tests";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome, type Running } from "./harness";

jest.setTimeout(120_000);

const ZONE = "edge.example.net";
const RECORD = "ns1_record.dns_tunnels";
const listeners: Environment["listeners"] = [
  { port: 443, protocol: "TCP" },
  { port: 2222, protocol: "TCP", role: "tunnel" },
];

describeWithTerraform("the names of the tunnels, under Terraform", () => {
  let deployed: DeployedEnvironment;
  let dns: DnsServer;
  beforeEach(async () => {
    deployed = new DeployedEnvironment();
    await deployed.start();
    dns = await serveDns({ source: deployed.store, log: () => undefined });
    await deployed.want({ environment: { listeners } });
    for (const stack of ["aws-fleet", "stackpath-fleet"]) await deployed.apply(stack);
  });
  afterEach(async () => {
    await dns.close();
    await deployed.stop();
  });

  /** What a client hears: addresses, sorted, or what an SRV record says. */
  async function asked(name: string, type: "A" | "AAAA" | "SRV"): Promise<unknown[]> {
    const { answers = [] } = await queryDns({ address: "127.0.0.1", port: dns.port }, name, type);
    const data = answers.map((answer) => (answer.type === type ? answer.data : answer));
    return data.map((each) => (typeof each === "string" ? each : { ...(each as object) })).toSorted();
  }
  const tunnelsOf = (plan: Record<string, string>) =>
    Object.fromEntries(Object.entries(plan).filter(([address]) => address.startsWith(RECORD)));
  const addressOf = async (stack: string) => (await deployed.outputs(stack))["anycast_ipv4"];

  test("are there with the first deploy; nothing drifts", async () => {
    expect(tunnelsOf(await deployed.apply("edge-dns"))).toEqual({
      [`${RECORD}_fleet-aws-a`]: "create",
      [`${RECORD}_fleet-stackpath-a`]: "create",
      [`${RECORD}_all-a`]: "create",
      [`${RECORD}_ssh`]: "create",
    });
    expect(await deployed.plan("edge-dns")).toEqual({});

    const [aws, stackpath] = [await addressOf("aws-fleet"), await addressOf("stackpath-fleet")];
    expect(await asked(`aws.tunnel.${ZONE}`, "A")).toEqual([aws]);
    expect(await asked(`stackpath.tunnel.${ZONE}`, "A")).toEqual([stackpath]);
    expect(await asked(`tunnel.${ZONE}`, "A")).toEqual([aws, stackpath].toSorted());
    const common = { priority: 0, weight: 1, port: 2222 };
    const services = await asked(`_ssh._tcp.tunnel.${ZONE}`, "SRV");
    expect(services).toHaveLength(2);
    for (const fleet of ["aws", "stackpath"])
      expect(services).toContainEqual({ ...common, target: `${fleet}.tunnel.${ZONE}` });
  });

  test("are not the wildcard's, nor is what lies between them", async () => {
    await deployed.apply("edge-dns");
    expect(await asked(`www.${ZONE}`, "A")).toHaveLength(2);
    expect(await asked(`www.elsewhere.${ZONE}`, "A")).toHaveLength(2);
    for (const name of [`eu.tunnel.${ZONE}`, `_tcp.tunnel.${ZONE}`, `x.aws.tunnel.${ZONE}`])
      expect(await asked(name, "A")).toEqual([]);
    expect(await asked(`aws.tunnel.${ZONE}`, "AAAA")).toEqual([]);
  });

  test("a fleet that is added adds its own, one that is drained keeps them, one that is taken out takes them", async () => {
    const alone = { listeners, fleets: [awsFleet()] };
    await deployed.want({ environment: alone });
    await deployed.apply("edge-dns");
    await deployed.want({ environment: { listeners } });
    expect(tunnelsOf(await deployed.apply("edge-dns"))).toEqual({
      [`${RECORD}_fleet-stackpath-a`]: "create",
      [`${RECORD}_all-a`]: "update",
      [`${RECORD}_ssh`]: "update",
    });
    expect(await deployed.plan("edge-dns")).toEqual({});
    const stackpath = await addressOf("stackpath-fleet");
    expect(await asked(`stackpath.tunnel.${ZONE}`, "A")).toEqual([stackpath]);
    expect(await asked(`tunnel.${ZONE}`, "A")).toHaveLength(2);

    const live = { stackpath: { release: "r1", share: 0 } };
    await deployed.want({ environment: { listeners }, live });
    expect(tunnelsOf(await deployed.apply("edge-dns"))).toEqual({});
    expect(await asked(`www.${ZONE}`, "A")).not.toContain(stackpath);
    expect(await asked(`stackpath.tunnel.${ZONE}`, "A")).toEqual([stackpath]);
    expect(await asked(`tunnel.${ZONE}`, "A")).toHaveLength(2);

    await deployed.want({ environment: alone });
    expect(tunnelsOf(await deployed.apply("edge-dns"))).toEqual({
      [`${RECORD}_fleet-stackpath-a`]: "delete",
      [`${RECORD}_all-a`]: "update",
      [`${RECORD}_ssh`]: "update",
    });
    expect(await deployed.plan("edge-dns")).toEqual({});
    expect(await asked(`stackpath.tunnel.${ZONE}`, "A")).toEqual([]);
  });
});

const hasDig = spawnSync("dig", ["-v"]).status === 0;

type Event = TunnelEvent & { readonly fleet: string };

describeWithTerraform("tunnels that a client holds", () => {
  let home: SandboxHome;
  beforeAll(async () => {
    home = new SandboxHome();
    await home.succeed("sandbox", "up", "--clock", "120");
    await home.succeed("deploy", "--auto-approve");
    await until(async () =>
      (await worldClient(home.env).world()).nodes.every(({ health }) => health === "healthy"),
    );
  });
  afterAll(async () => {
    await home.dispose();
    expect(home.processes()).toEqual([]);
  });

  function events(held: Running, fleet: string): string[] {
    return held
      .output()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Event)
      .flatMap((event) => (event.fleet === fleet ? [event.what] : []));
  }

  test.each(["partition", "kill"])(
    "one provider dies (%s): the other's is held, its own comes back",
    async (way) => {
      const held = home.start("sandbox", "hold", "--json");
      await until(() =>
        Promise.resolve(["aws", "stackpath"].every((fleet) => events(held, fleet).length === 1)),
      );
      // Slowly, so that a client tries before the clouds have mended what was killed.
      await home.succeed("sandbox", "clock", "1");
      await home.succeed("sandbox", way, "stackpath");
      await until(() => Promise.resolve(events(held, "stackpath").at(-1) === "lost"));
      expect(events(held, "aws")).toEqual(["open"]);
      await home.succeed("sandbox", "heal", "stackpath");
      await home.succeed("sandbox", "clock", "120");
      await until(() => Promise.resolve(events(held, "stackpath").at(-1) === "open"));
      held.child.kill("SIGINT");
      const { code, stderr } = await held.done();
      expect([code, stderr]).toEqual([0, ""]);
      expect(events(held, "stackpath")).toEqual(["open", "lost", "open"]);
      expect(events(held, "aws")).toEqual(["open"]);
    },
  );

  test("holds for as long as it is told, and says what became of each", async () => {
    const { stdout } = await home.succeed("sandbox", "hold", "--for", "2", "--from", "AMS");
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d {2}aws +open: site eu-central-1, release r1, i-/m);
    expect(stdout).toMatch(/^aws: held without a break\nstackpath: held without a break\n$/m);
  });

  test("refuses what it cannot do", async () => {
    for (const seconds of ["0", "-1", "soon", "100000", ""]) {
      const { code, stderr } = await home.run("sandbox", "hold", "--for", seconds);
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining("allowed are seconds above 0, up to 86400"),
      ]);
    }
    const place = await home.run("sandbox", "hold", "--from", "atlantis");
    expect([place.code, place.stderr]).toEqual([1, expect.stringContaining("no such place")]);
  });

  test("the client's configuration has their names", async () => {
    const { stdout } = await home.succeed("tunnel", "config");
    for (const fleet of ["aws", "stackpath"]) expect(stdout).toContain(`HostName ${fleet}.tunnel.${ZONE}\n`);
  });

  (hasDig ? test : test.skip)(`dig finds them${hasDig ? "" : " (SKIPPED: there is no dig)"}`, () => {
    const { dns } = JSON.parse(readFileSync(home.places.record, "utf8")) as { dns: { port: number } };
    const args = ["+short", "@127.0.0.1", "-p", String(dns.port), `_ssh._tcp.tunnel.${ZONE}`, "SRV"];
    const { stdout } = spawnSync("dig", args, { encoding: "utf8" });
    expect(stdout.trim().split("\n").toSorted()).toEqual([
      `0 1 2222 aws.tunnel.${ZONE}.`,
      `0 1 2222 stackpath.tunnel.${ZONE}.`,
    ]);
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error("it did not happen");
    await sleep(30);
  }
}
