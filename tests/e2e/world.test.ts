import { readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Asked } from "../../cli/sandbox/ask-edge";
import type { EdgeStatus } from "../../cli/edge-status";
import { worldClient } from "../../sandbox/world-api/client";
import type { NodeReport } from "../../sandbox/world-api/world-report";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome } from "./harness";

jest.setTimeout(120_000);

const NAME = "www.edge.example.net";
const FLEETS = { aws: "192.0.2.1", stackpath: "203.0.113.1" };
/** World seconds per real second: nodes boot in half a second; and where a test looks before the clouds react. */
const SCALE = "120";
const SLOW = "1";

let home: SandboxHome;
beforeAll(async () => {
  home = new SandboxHome();
  await home.succeed("sandbox", "up", "--clock", SCALE);
  await home.succeed("deploy", "--auto-approve");
});
afterAll(async () => {
  await home.dispose();
  expect(home.processes()).toEqual([]);
});

async function status(): Promise<EdgeStatus> {
  return JSON.parse((await home.succeed("status", "--json")).stdout) as EdgeStatus;
}

async function curl(...args: string[]): Promise<Asked> {
  return JSON.parse((await home.succeed("sandbox", "curl", "--json", ...args)).stdout) as Asked;
}

async function nodes(): Promise<readonly NodeReport[]> {
  return (await worldClient(home.env).world()).nodes;
}

/** Looks until it is so; the world runs fast. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`it did not happen: ${what}`);
    await sleep(30);
  }
}

async function isWell(): Promise<boolean> {
  const { groups, monitors } = await worldClient(home.env).world();
  const wanted = groups.reduce((sum, group) => sum + group.wanted, 0);
  const healthy = groups.reduce((sum, group) => sum + group.healthy, 0);
  return wanted === 8 && healthy === 8 && monitors.every((monitor) => monitor.status === "up");
}

async function addresses(): Promise<string[]> {
  return (await curl(NAME)).dns.addresses.toSorted();
}

const BOTH = Object.values(FLEETS).toSorted();

describeWithTerraform("the world behind the sandbox", () => {
  test("nodes boot, and the status says so", async () => {
    await until("all is well", isWell);
    const seen = await status();
    expect(seen).toMatchObject({
      environment: "sandbox",
      clockScale: 120,
      stable: "r1",
      nodesFrom: "sandbox",
    });
    expect(seen.fleets).toMatchObject([
      { name: "aws", ipv4: FLEETS.aws, release: "r1", share: { ipv4: 50, ipv6: null }, healthyNodes: 4 },
      { name: "stackpath", ipv4: FLEETS.stackpath, healthyNodes: 4, allNodes: 4, differences: [] },
    ]);
    expect(seen.nodes).toHaveLength(8);
    expect(new Set(seen.nodes.map(({ site }) => site))).toEqual(
      new Set(["us-east-1", "eu-central-1", "SEA", "europe"]),
    );
    expect(seen.monitors.map(({ status: state }) => state)).toEqual(["up", "up"]);
    const { stdout } = await home.succeed("status");
    expect(stdout).toMatch(/^aws +50 % +192\.0\.2\.1 +r1 +4\/4 +in step$/m);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test("each node serves its health path on a port of its own", async () => {
    const listed = (await status()).nodes;
    expect(listed).toHaveLength(8);
    for (const { name, port, release, site, fleet } of listed) {
      const response = await fetch(`http://127.0.0.1:${port}/healthz`);
      expect([response.status, await response.json()]).toEqual([
        200,
        expect.objectContaining({ node: name, release, site, fleet, status: "healthy" }),
      ]);
    }
  });

  test("the tokens of its interfaces are for this user only, and are printed nowhere", async () => {
    expect(statSync(home.places.record).mode & 0o777).toBe(0o600);
    const { world, controlPlane } = JSON.parse(readFileSync(home.places.record, "utf8")) as {
      world: { token: string };
      controlPlane: { token: string };
    };
    const printed = [
      (await home.succeed("sandbox", "status", "--json")).stdout,
      (await home.succeed("sandbox", "status")).stdout,
      (await home.succeed("sandbox", "exec", "--", "env")).stdout,
      readFileSync(home.places.log, "utf8"),
    ].join();
    for (const token of [world.token, controlPlane.token]) {
      expect(token.length).toBeGreaterThan(40);
      expect(printed).not.toContain(token);
    }
  });

  test("curl goes name, DNS, address, node: over TCP and UDP, from near and far", async () => {
    const tcp = await curl(NAME, "--from", "AMS");
    expect(tcp).toMatchObject({ dns: { name: NAME, type: "A", ttl: 60 }, from: "AMS" });
    expect(tcp.dns.addresses.toSorted()).toEqual(BOTH);
    expect(tcp.to).toEqual({ address: tcp.dns.addresses[0], port: 443, protocol: "TCP" });
    expect(tcp.answer).toMatchObject({ release: "r1", status: "healthy", from: "AMS" });
    expect(["eu-central-1", "europe"]).toContain(tcp.answer?.site);
    const udp = await curl(NAME, "--udp", "--from", "SEA");
    expect(udp).toMatchObject({ to: { protocol: "UDP" }, answer: { from: "SEA" } });
    expect(["us-east-1", "SEA"]).toContain(udp.answer?.site);

    const many = await home.succeed("sandbox", "curl", `${NAME}:2222`, "--count", "30");
    expect(many.stdout).toMatch(/^times +provider +fleet +site +release +node$/m);
    expect(many.stdout).toMatch(/^\d+ +aws +aws /m);
    expect(many.stdout).toMatch(/^\d+ +stackpath +stackpath /m);
    const counts = [...many.stdout.matchAll(/^(\d+) /gm)].map(([, count]) => Number(count));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(30);
  });

  test("what cannot be asked says what there is", async () => {
    const cases: [string[], string][] = [
      [["www.example.org"], "zones that it serves: edge.example.net"],
      [[NAME, "-6"], "has no AAAA record"],
      [[`${NAME}:80`], "no listener on TCP 80; there are: TCP 443, UDP 443, TCP 2222"],
      [[NAME, "--from", "atlantis"], "there are: AMS, FRA, SEA"],
    ];
    await Promise.all(
      cases.map(async ([args, message]) => {
        const { code, stderr } = await home.run("sandbox", "curl", ...args);
        expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
      }),
    );
    const kill = await home.run("sandbox", "kill", "stackpth");
    expect([kill.code, kill.stderr]).toEqual([1, expect.stringContaining('nearest: "stackpath"')]);
  });

  test("a killed node: its port refuses, the held connection is reset, its cloud replaces it", async () => {
    const node = (await nodes()).find(({ fleet }) => fleet === "aws") as NodeReport;
    const client = worldClient(home.env);
    const from = { name: "near", position: node.position };
    const forwarder = await client.route({ address: FLEETS.aws, port: 2222, protocol: "TCP" }, from);
    const held = connect(forwarder, "127.0.0.1").setEncoding("utf8");
    const ended = new Promise((resolve) => held.once("error", resolve));
    const banner = await new Promise<string>((resolve) => held.once("data", resolve));
    const victim = (JSON.parse(banner) as { node: string }).node;
    const { stdout } = await home.succeed("sandbox", "kill", `aws/${node.site}/${victim}`);
    expect(stdout).toBe(`aws/${node.site}/${victim}: 1 node killed\n  aws/${node.site}/${victim}\n`);
    expect(await ended).toMatchObject({ code: "ECONNRESET" });
    await until("another node in its place", async () => {
      const names = (await nodes()).map(({ name }) => name);
      return names.length === 8 && !names.includes(victim) && (await isWell());
    });
    expect((await status()).fleets[0]).toMatchObject({ healthyNodes: 4, allNodes: 4 });
  });

  test("a partitioned fleet: DNS leaves it, the nodes go on; healed, it is back", async () => {
    await home.succeed("sandbox", "clock", SLOW);
    await home.succeed("sandbox", "partition", "stackpath");
    expect((await status()).nodes.filter(({ condition }) => condition?.includes("cut off"))).toHaveLength(4);
    const cutOff = (await nodes()).find(({ fleet }) => fleet === "stackpath") as NodeReport;
    expect((await fetch(`http://127.0.0.1:${cutOff.port}/healthz`)).status).toBe(200);
    await home.succeed("sandbox", "clock", SCALE);
    await until("DNS leaves it", async () => (await addresses()).join() === FLEETS.aws);
    const { monitors } = await status();
    expect(monitors.find(({ name }) => name.startsWith("stackpath"))?.status).toBe("down");
    await home.succeed("sandbox", "heal", "stackpath");
    await until("it is back", async () => (await addresses()).length === 2);
    await until("all is well", isWell);
  });

  test("a frozen site answers nothing, and is healed", async () => {
    await home.succeed("sandbox", "clock", SLOW);
    const { stdout } = await home.succeed("sandbox", "freeze", "aws/eu-central-1", "--json");
    expect(JSON.parse(stdout)).toMatchObject([{ state: "frozen" }, { state: "frozen" }]);
    const seen = await status();
    expect(seen.nodes.some(({ condition }) => condition?.startsWith("frozen"))).toBe(true);
    const { port } = (await nodes()).find(({ state }) => state === "frozen") as NodeReport;
    const asked = fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(300) });
    await expect(asked).rejects.toMatchObject({ name: "TimeoutError" });
    await home.succeed("sandbox", "heal", "aws/eu-central-1");
    await home.succeed("sandbox", "clock", SCALE);
    await until("all is well", isWell);
  });

  test("the clock: shown, set, and refused, with nothing changed", async () => {
    const refused = await home.run("sandbox", "clock", "0");
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining("allowed are numbers above 0"),
    ]);
    expect((await home.succeed("sandbox", "clock")).stdout).toContain("120 world seconds pass in a second");
    const set = await home.succeed("sandbox", "clock", "300", "--json");
    expect(JSON.parse(set.stdout)).toMatchObject({ scale: 300 });
    await home.succeed("sandbox", "clock", SCALE);
  });

  test("status --watch: one document a line without a terminal, until a signal", async () => {
    const watch = home.start("status", "--watch");
    await watch.printed(/\n.*\n/);
    watch.child.kill("SIGINT");
    const { stdout } = await watch.done();
    const documents = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as EdgeStatus);
    expect(documents.length).toBeGreaterThanOrEqual(2);
    expect(documents[0]?.nodes).toHaveLength(8);
  });

  test.each(["killed", "stopped"])(
    "the sandbox is %s: said plainly; the next one goes on with its nodes",
    async (how) => {
      const before = (await nodes()).map(({ name }) => name).sort();
      await home.succeed("sandbox", "clock", SLOW);
      await home.succeed("sandbox", "partition", "stackpath/SEA");
      await sleep(300); // what happened in the last moment before a kill may be lost
      const { pid } = JSON.parse(readFileSync(home.places.record, "utf8")) as { pid: number };
      process.kill(pid, how === "killed" ? "SIGKILL" : "SIGTERM");
      await until("it is gone", () => Promise.resolve(home.processes().length === 0));

      const gone = await status();
      expect(gone).toMatchObject({ nodesFrom: "none", nodes: [], fleets: [{ ipv4: FLEETS.aws }, {}] });
      expect(gone.nodesUnknown).toContain("npx polycast sandbox up");
      const refused = await home.run("sandbox", "curl", NAME);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("No sandbox is running")]);

      await home.succeed("sandbox", "up", "--clock", SLOW);
      const after = await nodes();
      expect(after.map(({ name }) => name).sort()).toEqual(before);
      expect(after.filter(({ partitioned }) => partitioned).map(({ site }) => site)).toEqual(["SEA", "SEA"]);
      await home.succeed("sandbox", "heal", "stackpath/SEA");
      await home.succeed("sandbox", "clock", SCALE);
      await until("all is well", isWell);
    },
  );
});
