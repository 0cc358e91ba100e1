import type { Alarm, Metric, NodeGroup } from "../../../constructs/fleet/cloud-life";
import { PolycastError } from "../../../constructs/fleet/problem";
import { AMSTERDAM, group, openTestWorld, SEATTLE, START, template, type TestWorld } from "./sample-world";

const TCP = { address: "192.0.2.1", port: 443, protocol: "TCP" } as const;
const port = (...groups: string[]) => ({
  ...TCP,
  backends: groups.map((id) => ({ group: id, percent: 100 })),
  failOpen: false,
});
const east = group({
  id: "east",
  location: "east-1",
  position: AMSTERDAM,
  template: template("good", { site: { name: "east" } }),
});

/** A world whose nodes are healthy. */
function settled(...amount: Parameters<typeof openTestWorld>): TestWorld {
  const world = openTestWorld(...amount);
  world.clock.advance(100);
  return world;
}

describe("a node", () => {
  test("boots in its image's time, starts, and is healthy when its cloud has found it so twice", () => {
    const { clock, nodes } = openTestWorld({ groups: [group({ nodes: 1 })] });
    expect(nodes()).toEqual(["i-1 booting starting good"]);
    clock.advance(29.9);
    expect(nodes()).toEqual(["i-1 booting starting good"]);
    clock.advance(0.1);
    expect(nodes()).toEqual(["i-1 running starting good"]);
    clock.advance(9.9);
    expect(nodes()).toEqual(["i-1 running starting good"]);
    clock.advance(0.1);
    expect(nodes()).toEqual(["i-1 running healthy good"]);
  });

  test("says who it is, from its node file, and that it is well", () => {
    const [node] = settled({ groups: [group()] }).world.nodes();
    expect(node).toMatchObject({
      group: "west",
      location: "west-1",
      position: SEATTLE,
      image: "good",
      fleet: "acme",
      site: "west",
      release: "good",
      since: START,
      partitioned: false,
      reason: undefined,
    });
    expect(node?.file?.environment).toBe("test");
    expect(node?.answer()).toEqual({
      status: 200,
      latency: 5,
      body: {
        status: "healthy",
        node: "i-1",
        provider: "acme",
        fleet: "acme",
        site: "west",
        release: "good",
      },
    });
  });

  test("answers nothing while it boots, and is of its template's release all the same", () => {
    const [node] = openTestWorld({ groups: [group()] }).world.nodes();
    expect(node?.answer()).toBeUndefined();
    expect(node?.release).toBe("good");
  });

  test("takes its release from its file, not from its image", () => {
    const { nodes } = settled({
      groups: [group({ nodes: 1, template: template("good", { release: "r9" }) })],
    });
    expect(nodes()).toEqual(["i-1 running healthy r9"]);
  });

  test("finds its site in its name where the file says so", () => {
    const site = { hostnamePattern: "-([a-z]+)-[0-9]+$", byLocation: { sea: "west", ams: "europe" } };
    const { world, nodes } = settled({
      groups: [group({ nodes: ["x-ams-0", "x-lon-0"], template: template("good", { site }) })],
    });
    expect(world.nodes().map((node) => node.site)).toEqual(["europe", "unknown"]);
    expect(nodes()[1]).toBe("x-lon-0 failed unhealthy good");
    expect(world.nodes()[1]?.reason).toMatch(/no site for the location "lon"; it knows sea, ams/);
    expect(world.groups()[0]).toMatchObject({ fleet: "acme", site: "europe" });
  });

  test("fails where nothing says what its image does", () => {
    const { world, nodes } = openTestWorld({ groups: [group({ nodes: 1, template: template("ami-7") })] });
    expect(nodes()).toEqual(["i-1 failed starting ami-7"]);
    expect(world.nodes()[0]?.reason).toBe(
      'nothing says what the image "ami-7" does; there are records for good, better, fails, fails-later, errs, ' +
        "leaks, slow, too-slow; add one to images/<image>/simulated-images.json",
    );
  });

  test.each([
    ["no cloud-init", "echo hello", /do not begin with the line "#cloud-config"/],
    ["no node file", "#cloud-config\n{}\n", /do not write \/etc\/polycast\/node.json/],
  ])("fails when it has booted with %s", (_, userData, reason) => {
    const { world, clock, nodes } = openTestWorld({
      groups: [group({ nodes: 1, template: { image: "good", userData } })],
    });
    clock.advance(29);
    expect(nodes()).toEqual(["i-1 booting starting unknown"]);
    clock.advance(1);
    expect(nodes()).toEqual(["i-1 failed starting unknown"]);
    expect(world.nodes()[0]?.reason).toMatch(reason);
    expect(world.nodes()[0]?.answer()).toBeUndefined();
  });

  test("fails at once, and says so", () => {
    const { world, nodes } = settled({ groups: [group({ nodes: 1, template: template("fails") })] });
    expect(nodes()).toEqual(["i-1 running unhealthy fails"]);
    const answer = world.nodes()[0]?.answer();
    expect(answer?.status).toBe(503);
    expect(answer?.body).toMatchObject({ status: "unhealthy", reason: "fails fails its own health check" });
  });

  test("fails after a while", () => {
    const { clock, nodes } = openTestWorld({
      groups: [group({ nodes: 1, template: template("fails-later") })],
    });
    clock.advance(130);
    expect(nodes()).toEqual(["i-1 running healthy fails-later"]);
    clock.advance(20);
    expect(nodes()).toEqual(["i-1 running unhealthy fails-later"]);
  });

  test("leaks: gets slower while it is healthy, then dies", () => {
    const { world, clock, nodes } = openTestWorld({
      groups: [group({ nodes: 1, template: template("leaks") })],
    });
    clock.advance(30);
    const latency = () => world.nodes()[0]?.answer()?.latency;
    expect(latency()).toBe(5);
    clock.advance(100);
    expect(latency()).toBeCloseTo(27.5);
    expect(world.nodes()[0]?.reason).toBe("it takes 28 ms to answer");
    clock.advance(99.9);
    expect(nodes()).toEqual(["i-1 running healthy leaks"]);
    clock.advance(0.1);
    expect(nodes()).toEqual(["i-1 dead healthy leaks"]);
    expect(world.nodes()[0]?.reason).toBe("it ran out of memory");
  });

  test("is healthy though slow, as long as its cloud waits for the answer", () => {
    const { world, nodes } = settled({
      groups: [
        group({ nodes: 1, template: template("slow") }),
        group({ id: "other", nodes: 1, template: template("too-slow") }),
      ],
    });
    expect(nodes()).toEqual(["i-1 running healthy slow", "i-2 running unhealthy too-slow"]);
    expect(world.nodes().map((node) => node.answer()?.latency)).toEqual([900, 1_100]);
    expect(world.nodes().map((node) => node.answer()?.status)).toEqual([200, 200]);
  });
});

describe("a group", () => {
  test("reports what is wanted and what is", () => {
    const { world, clock } = openTestWorld({ groups: [group({ nodes: 3 })] });
    const report = {
      id: "west",
      fleet: "acme",
      site: "west",
      location: "west-1",
      wanted: 3,
      replacement: "none",
      current: 3,
    };
    expect(world.groups()).toEqual([{ ...report, running: 0, healthy: 0 }]);
    clock.advance(30);
    expect(world.groups()).toEqual([{ ...report, running: 3, healthy: 0 }]);
    clock.advance(20);
    expect(world.groups()).toEqual([{ ...report, running: 3, healthy: 3 }]);
  });

  test("grows, and shrinks by the oldest", async () => {
    const { clock, nodes, change } = settled({ groups: [group({ nodes: 1 })] });
    await change({ groups: [group({ nodes: 3 })] });
    expect(nodes()).toEqual([
      "i-1 running healthy good",
      "i-2 booting starting good",
      "i-3 booting starting good",
    ]);
    clock.advance(100);
    await change({ groups: [group({ nodes: 2 })] });
    expect(nodes()).toEqual(["i-2 running healthy good", "i-3 running healthy good"]);
  });

  test("shrinks by unhealthy nodes first", async () => {
    const { world, clock, nodes, change } = settled({ groups: [group({ nodes: 3 })] });
    world.disturb("freeze", { fleet: "acme", site: "west", node: "i-2" });
    clock.advance(20);
    await change({ groups: [group({ nodes: 2 })] });
    expect(nodes()).toEqual(["i-1 running healthy good", "i-3 running healthy good"]);
  });

  test("keeps the nodes whose names are wanted, and no others", async () => {
    const { nodes, change } = settled({ groups: [group({ nodes: ["a", "b"] })] });
    await change({ groups: [group({ nodes: ["b", "c"] })] });
    expect(nodes()).toEqual(["b running healthy good", "c booting starting good"]);
  });

  test("takes its nodes with it", async () => {
    const { world, clock, nodes, change, lines } = settled({ groups: [group({ nodes: 1 }), east] });
    await change({ groups: [east] });
    expect(nodes()).toEqual(["i-2 running healthy good", "i-3 running healthy good"]);
    expect(world.groups().map(({ id }) => id)).toEqual(["east"]);
    const before = lines.length;
    clock.advance(1_000);
    expect(lines).toHaveLength(before);
  });

  test("of another id is another group", async () => {
    const { nodes, change } = settled({ groups: [group({ nodes: 1 })] });
    await change({ groups: [group({ id: "west-2", nodes: 1 })] });
    expect(nodes()).toEqual(["i-2 booting starting good"]);
  });

  test("looks at its nodes at another interval from then on", async () => {
    const { clock, nodes, change } = settled({ groups: [group({ nodes: 1 })] });
    const { healthCheck } = group();
    await change({ groups: [group({ nodes: 2, healthCheck: { ...healthCheck, intervalSeconds: 100 } })] });
    clock.advance(199);
    expect(nodes()[1]).toBe("i-2 running starting good");
    clock.advance(1);
    expect(nodes()[1]).toBe("i-2 running healthy good");
  });
});

describe("healing", () => {
  const kill = { fleet: "acme", site: "west", node: "i-1" };

  test.each(["unhealthy", "unresponsive", "dead"] as const)("replaces a killed node, on %s", (on) => {
    const healing = { action: "replace", on, afterSeconds: 30, graceSeconds: 0 } as const;
    const { world, clock, nodes } = settled({ groups: [group({ healing })] });
    world.disturb("kill", kill);
    clock.advance(on === "unhealthy" ? 49 : 39);
    expect(nodes()).toHaveLength(2);
    expect(nodes()[0]).toMatch(/^i-1 dead/);
    clock.advance(1);
    expect(nodes()).toEqual(["i-2 running healthy good", "i-3 booting starting good"]);
  });

  test("restarts the same node from its own template", async () => {
    const healing = { action: "restart", on: "unresponsive", afterSeconds: 0, graceSeconds: 0 } as const;
    const { world, clock, nodes, change } = settled({ groups: [group({ nodes: ["a"], healing })] });
    await change({ groups: [group({ nodes: ["a"], healing, template: template("better") })] });
    world.disturb("kill", { fleet: "acme" });
    clock.advance(10);
    expect(nodes()).toEqual(["a booting starting good"]);
    expect(world.nodes()[0]?.since).toBe(clock.now());
    clock.advance(60);
    expect(nodes()).toEqual(["a running healthy good"]);
    expect(world.groups()[0]?.current).toBe(0);
  });

  test("replaces from the group's template, under the same name where that stays", async () => {
    const healing = { action: "replace", on: "dead", afterSeconds: 0, graceSeconds: 0 } as const;
    const { world, clock, nodes, change } = settled({ groups: [group({ nodes: ["a"], healing })] });
    await change({ groups: [group({ nodes: ["a"], healing, template: template("better") })] });
    world.disturb("kill", { fleet: "acme" });
    clock.advance(10);
    expect(nodes()).toEqual(["a booting starting better"]);
  });

  test("leaves a node alone for a while after its start", () => {
    const healing = { action: "replace", on: "unhealthy", afterSeconds: 0, graceSeconds: 300 } as const;
    const { clock, nodes } = openTestWorld({
      groups: [group({ nodes: 1, healing, template: template("fails") })],
    });
    clock.advance(299);
    expect(nodes()).toEqual(["i-1 running unhealthy fails"]);
    clock.advance(1);
    expect(nodes()).toEqual(["i-2 booting starting fails"]);
  });

  test("does nothing about a node that is well again in time", () => {
    const healing = { action: "replace", on: "unresponsive", afterSeconds: 60, graceSeconds: 0 } as const;
    const { world, clock, nodes } = settled({ groups: [group({ nodes: 1, healing })] });
    for (let i = 0; i < 3; i++) {
      world.disturb("freeze", kill);
      clock.advance(50);
      world.disturb("heal", kill);
      clock.advance(50);
    }
    expect(nodes()).toEqual(["i-1 running healthy good"]);
  });

  test("does nothing where the cloud does nothing, and nothing about the dead about a frozen node", () => {
    const healing = { action: "replace", on: "dead", afterSeconds: 0, graceSeconds: 0 } as const;
    const { world, clock, nodes } = settled({
      groups: [group({ nodes: 1 }), { ...east, nodes: 1, healing }],
    });
    world.disturb("kill", { fleet: "acme", site: "west" });
    world.disturb("freeze", { fleet: "acme", site: "east" });
    clock.advance(10_000);
    expect(nodes()).toEqual(["i-1 dead unhealthy good", "i-2 frozen unhealthy good"]);
  });
});

describe("replacement", () => {
  const rolling = {
    kind: "rolling",
    minHealthyPercent: 100,
    maxHealthyPercent: 150,
    warmupSeconds: 60,
    checkpoints: [],
    checkpointDelaySeconds: 0,
  } as const;

  test("none: running nodes stay, new ones are of the new template", async () => {
    const { world, clock, nodes, change } = settled({ groups: [group({ nodes: 1 })] });
    await change({ groups: [group({ nodes: 2, template: template("better") })] });
    clock.advance(100);
    expect(nodes()).toEqual(["i-1 running healthy good", "i-2 running healthy better"]);
    expect(world.groups()[0]).toMatchObject({ replacement: "none", current: 1 });
  });

  test("rolling: a new node is healthy and warm before an old one goes", async () => {
    const { world, clock, nodes, change, lines } = settled({ groups: [group({ replacement: rolling })] });
    await change({ groups: [group({ replacement: rolling, template: template("better") })] });
    expect(nodes()).toEqual([
      "i-1 running healthy good",
      "i-2 running healthy good",
      "i-3 booting starting better",
    ]);
    expect(world.groups()[0]).toMatchObject({ replacement: "running", current: 1, wanted: 2 });
    clock.advance(100);
    expect(nodes()).toHaveLength(3);
    clock.advance(20);
    expect(nodes()).toEqual([
      "i-2 running healthy good",
      "i-3 running healthy better",
      "i-4 booting starting better",
    ]);
    clock.advance(200);
    expect(nodes()).toEqual(["i-3 running healthy better", "i-4 running healthy better"]);
    expect(world.groups()[0]).toMatchObject({ replacement: "none", current: 2 });
    expect(lines.at(-1)).toMatch(/acme\/west in west-1: all nodes run better$/);
  });

  test("rolling: gives up on a release that never gets healthy, and the old nodes go on", async () => {
    const { world, clock, nodes, change, lines } = settled({ groups: [group({ replacement: rolling })] });
    await change({ groups: [group({ replacement: rolling, template: template("fails") })] });
    clock.advance(3_600);
    expect(world.groups()[0]).toMatchObject({ replacement: "running", healthy: 2 });
    clock.advance(20);
    expect(world.groups()[0]).toMatchObject({ replacement: "failed", healthy: 2, current: 0 });
    expect(lines.filter((line) => line.endsWith("gives up replacing its nodes by fails"))).toHaveLength(1);
    expect(nodes()).toEqual(["i-1 running healthy good", "i-2 running healthy good"]);
  });

  test("rolling: the newest template wins, also on the way back", async () => {
    const { clock, nodes, change, world } = settled({ groups: [group({ replacement: rolling })] });
    await change({ groups: [group({ replacement: rolling, template: template("fails") })] });
    clock.advance(500);
    await change({ groups: [group({ replacement: rolling, template: template("good") })] });
    clock.advance(10);
    expect(nodes()).toEqual(["i-1 running healthy good", "i-2 running healthy good"]);
    expect(world.groups()[0]?.replacement).toBe("none");
  });

  test("ends where the cloud is told to replace no more", async () => {
    const { clock, change, world } = settled({ groups: [group({ replacement: rolling })] });
    await change({ groups: [group({ replacement: rolling, template: template("better") })] });
    await change({ groups: [group({ nodes: 4, template: template("better") })] });
    clock.advance(1_000);
    expect(world.groups()[0]).toMatchObject({ replacement: "none", wanted: 4, healthy: 4, current: 2 });
  });

  test("one at a time: a node starts anew under its name, the next when it is healthy", async () => {
    const oneByOne = { nodes: ["a", "b"], replacement: { kind: "one-at-a-time" } } as const;
    const { clock, nodes, change, world } = settled({ groups: [group(oneByOne)] });
    await change({ groups: [group({ ...oneByOne, template: template("better") })] });
    expect(nodes()).toEqual(["b running healthy good", "a booting starting better"]);
    clock.advance(39);
    expect(nodes()).toEqual(["b running healthy good", "a running starting better"]);
    clock.advance(1);
    expect(nodes()).toEqual(["a running healthy better", "b booting starting better"]);
    clock.advance(60);
    expect(nodes()).toEqual(["a running healthy better", "b running healthy better"]);
    expect(world.groups()[0]?.replacement).toBe("none");
  });

  test("one at a time: stops at a release that never gets ready", async () => {
    const oneByOne = { nodes: ["a", "b"], replacement: { kind: "one-at-a-time" } } as const;
    const { clock, nodes, change, world } = settled({ groups: [group(oneByOne)] });
    await change({ groups: [group({ ...oneByOne, template: template("fails") })] });
    clock.advance(3_600);
    expect(nodes()).toEqual(["b running healthy good", "a running unhealthy fails"]);
    expect(world.groups()[0]).toMatchObject({ replacement: "running", current: 1 });
    clock.advance(20);
    expect(world.groups()[0]).toMatchObject({ replacement: "failed", current: 1 });
    await change({ groups: [group({ ...oneByOne, template: template("better") })] });
    clock.advance(200);
    expect(nodes()).toEqual(["a running healthy better", "b running healthy better"]);
  });

  test("goes on after a restart of the process, and notices a template that changed meanwhile", async () => {
    const first = settled({ groups: [group({ replacement: rolling })] });
    await first.change({ groups: [group({ replacement: rolling, template: template("better") })] });
    first.clock.advance(60);
    const second = await first.reopen();
    expect(second.world.groups()[0]?.replacement).toBe("running");
    second.clock.advance(300);
    expect(second.world.groups()[0]).toMatchObject({ replacement: "none", current: 2 });
    await second.world.close();
    const third = openTestWorld(
      { groups: [group({ replacement: rolling, template: template("good") })] },
      second.store.record === undefined ? {} : { record: second.store.record },
    );
    expect(third.world.groups()[0]).toMatchObject({ replacement: "running", current: 1 });
  });
});

describe("disturbances", () => {
  const amount = { groups: [group(), east] };

  test.each([
    [{ fleet: "acme" }, ["i-1", "i-2", "i-3", "i-4"]],
    [{ fleet: "acme", site: "east" }, ["i-3", "i-4"]],
    [{ fleet: "acme", site: "west", node: "i-2" }, ["i-2"]],
  ])("hit what stands at %j", (place, hit) => {
    for (const effect of ["kill", "freeze", "partition"] as const) {
      const { world } = settled(amount);
      expect(world.disturb(effect, place).map(({ name }) => name)).toEqual(hit);
    }
  });

  test("kill: the processes are gone; its cloud finds out by and by", () => {
    const { world, clock, nodes } = settled({ groups: [group({ nodes: 1 })] });
    const [node] = world.disturb("kill", { fleet: "acme" });
    expect(node).toMatchObject({ state: "dead", health: "healthy", reason: "its processes were killed" });
    expect(node?.answer()).toBeUndefined();
    clock.advance(20);
    expect(nodes()).toEqual(["i-1 dead unhealthy good"]);
    expect(world.disturb("kill", { fleet: "acme" })).toEqual([]);
  });

  test("kill also hits a node that boots, which then never comes up", () => {
    const { world, clock, nodes } = openTestWorld({ groups: [group({ nodes: 1 })] });
    world.disturb("kill", { fleet: "acme" });
    clock.advance(100);
    expect(nodes()).toEqual(["i-1 dead unhealthy good"]);
  });

  test("freeze: nothing answers, until it is healed", () => {
    const { world, clock, nodes } = settled({ groups: [group({ nodes: 1 })] });
    const [node] = world.disturb("freeze", { fleet: "acme" });
    expect(node).toMatchObject({ state: "frozen", reason: "it holds its connections and answers nothing" });
    expect(node?.answer()).toBeUndefined();
    clock.advance(20);
    expect(nodes()).toEqual(["i-1 frozen unhealthy good"]);
    expect(world.disturb("heal", { fleet: "acme" })).toEqual([node]);
    clock.advance(20);
    expect(nodes()).toEqual(["i-1 running healthy good"]);
    expect(world.disturb("heal", { fleet: "acme" })).toEqual([]);
  });

  test("partition: the node answers, but nobody can ask; later nodes are hit too", async () => {
    const { world, clock, nodes, change } = settled({ groups: [group({ nodes: 1 }), { ...east, nodes: 1 }] });
    const [node] = world.disturb("partition", { fleet: "acme", site: "west" });
    expect(node).toMatchObject({ state: "running", partitioned: true, reason: "no network reaches it" });
    expect(node?.answer()?.status).toBe(200);
    await change({ groups: [group({ nodes: 2 }), { ...east, nodes: 1 }] });
    clock.advance(100);
    expect(nodes()).toEqual([
      "i-1 running unhealthy good",
      "i-3 running unhealthy good",
      "i-2 running healthy good",
    ]);
    expect(world.disturb("heal", { fleet: "acme" }).map(({ name }) => name)).toEqual(["i-1", "i-3"]);
    clock.advance(20);
    expect(world.nodes().every(({ health, partitioned }) => health === "healthy" && !partitioned)).toBe(true);
  });

  test("heal of a place within a partition does not lift it", () => {
    const { world } = settled(amount);
    world.disturb("partition", { fleet: "acme" });
    expect(world.disturb("heal", { fleet: "acme", site: "west" })).toEqual([]);
    expect(world.nodes().filter(({ partitioned }) => partitioned)).toHaveLength(4);
  });

  test("heal boots a killed node anew", () => {
    const { world, clock, nodes } = settled({ groups: [group({ nodes: 1 })] });
    world.disturb("kill", { fleet: "acme" });
    expect(world.disturb("heal", { fleet: "acme" }).map(({ state }) => state)).toEqual(["booting"]);
    clock.advance(60);
    expect(nodes()).toEqual(["i-1 running healthy good"]);
  });

  test.each([
    [{ fleet: "amce" }, /no fleet "amce"; nearest: "acme"; there are: acme/],
    [{ fleet: "acme", site: "weast" }, /no site "weast"; nearest: "west"; there are: west, east/],
    [{ fleet: "acme", site: "west", node: "i-3" }, /no node "i-3"; nearest: "i-1"; there are: i-1, i-2/],
  ])("are refused at %j, where there is no such place", (place, message) => {
    const { world, nodes } = settled(amount);
    const before = nodes();
    for (const effect of ["kill", "freeze", "partition", "heal"] as const) {
      expect(() => world.disturb(effect, place)).toThrow(PolycastError);
      expect(() => world.disturb(effect, place)).toThrow(message);
    }
    expect(nodes()).toEqual(before);
  });

  test("a partition of what is gone can be healed", async () => {
    const { world, change } = settled(amount);
    world.disturb("partition", { fleet: "acme", site: "east" });
    await change({ groups: [group()] });
    expect(world.disturb("heal", { fleet: "acme", site: "east" })).toEqual([]);
    await change({ groups: [group(), east] });
    expect(world.nodes().some(({ partitioned }) => partitioned)).toBe(false);
  });
});

describe("the way to a node", () => {
  test("leads to the nearest healthy group, to its nodes in turn", () => {
    const { world } = settled({ groups: [group(), east], anycast: [port("west", "east")] });
    const names = (from: typeof SEATTLE) => [0, 1, 2].map(() => world.route(TCP, from)?.name);
    expect(names(SEATTLE)).toEqual(["i-1", "i-2", "i-1"]);
    expect(names(AMSTERDAM)).toEqual(["i-3", "i-4", "i-3"]);
    expect(world.anycastPorts()).toEqual([TCP]);
  });

  test("leads nowhere to another port, protocol or address", () => {
    const { world } = settled({ groups: [group()], anycast: [port("west")] });
    expect(world.route({ ...TCP, port: 80 }, SEATTLE)).toBeUndefined();
    expect(world.route({ ...TCP, protocol: "UDP" }, SEATTLE)).toBeUndefined();
    expect(world.route({ ...TCP, address: "192.0.2.2" }, SEATTLE)).toBeUndefined();
  });

  test("ends at a firewall that is closed there, though another site's is open", () => {
    const https = { family: "ipv4", protocol: "TCP", from: 443, to: 443 } as const;
    const reached = (...openPorts: NodeGroup["openPorts"]) =>
      settled({
        groups: [group({ openPorts }), east],
        anycast: [port("west", "east")],
      }).world.route(TCP, SEATTLE)?.site;
    expect(reached(https)).toBe("west");
    expect(reached({ ...https, family: "ipv6" }, { ...https, protocol: "UDP" })).toBeUndefined();
    expect(reached()).toBeUndefined();
  });

  test("still leads to a killed node until its cloud finds out, then to another site, then back", () => {
    const { world, clock } = settled({
      groups: [group({ nodes: 1 }), east],
      anycast: [port("west", "east")],
    });
    world.disturb("kill", { fleet: "acme", site: "west" });
    expect(world.route(TCP, SEATTLE)).toMatchObject({ name: "i-1", state: "dead" });
    clock.advance(20);
    expect(world.route(TCP, SEATTLE)?.site).toBe("east");
    world.disturb("heal", { fleet: "acme", site: "west" });
    clock.advance(100);
    expect(world.route(TCP, SEATTLE)?.site).toBe("west");
  });
});

describe("monitors and feeds", () => {
  const monitor = (kind: "tcp" | "http" | "ping") => ({
    id: "job",
    name: "job",
    active: true,
    probe: { kind, address: TCP.address, port: 443, path: "/" },
    from: [{ name: "sea", position: SEATTLE }],
    frequencySeconds: 10,
    rapidRecheck: false,
    policy: "all" as const,
    feeds: ["feed"],
  });

  test.each(["tcp", "http", "ping"] as const)("a %s monitor sees a fleet go and come back", (kind) => {
    const { world, clock } = settled({
      groups: [group()],
      anycast: [port("west")],
      monitors: [monitor(kind)],
    });
    expect(world.monitors()[0]?.status).toBe("up");
    expect(world.feed("feed")).toEqual({ up: true });
    for (const effect of ["kill", "freeze", "partition"] as const) {
      world.disturb(effect, { fleet: "acme" });
      clock.advance(100);
      expect({ effect, feed: world.feed("feed") }).toEqual({ effect, feed: { up: false } });
      world.disturb("heal", { fleet: "acme" });
      clock.advance(100);
      expect({ effect, feed: world.feed("feed") }).toEqual({ effect, feed: { up: true } });
    }
  });

  test.each(["tcp", "http", "ping"] as const)(
    "a %s monitor sees what the cloud has not found out",
    (kind) => {
      const healthCheck = { ...group().healthCheck, intervalSeconds: 1_000 };
      const { world, clock } = openTestWorld({
        groups: [group({ healthCheck })],
        anycast: [port("west")],
        monitors: [monitor(kind)],
      });
      clock.advance(2_000);
      expect(world.feed("feed")).toEqual({ up: true });
      world.disturb("partition", { fleet: "acme" });
      clock.advance(20);
      expect(world.nodes().map(({ health }) => health)).toEqual(["healthy", "healthy"]);
      expect(world.feed("feed")).toEqual({ up: false });
    },
  );

  test("of two monitors, only that by http sees a node that says it is unhealthy", () => {
    const healthCheck = { ...group().healthCheck, intervalSeconds: 100, unhealthyThreshold: 100 };
    const { world, clock } = openTestWorld({
      groups: [group({ nodes: 1, healthCheck, template: template("fails") })],
      anycast: [{ ...port("west"), failOpen: true }],
      monitors: [monitor("tcp"), { ...monitor("http"), id: "http", feeds: ["http"] }],
    });
    clock.advance(100);
    expect([world.feed("feed"), world.feed("http")]).toEqual([{ up: true }, { up: false }]);
  });

  test("a feed keeps what was pushed until the field is replaced", () => {
    const { world, lines } = openTestWorld({});
    expect(world.feed("f")).toBeUndefined();
    world.pushFeed("f", { up: true, connections: 5 });
    world.pushFeed("f", { connections: 6 });
    expect(world.feed("f")).toEqual({ up: true, connections: 6 });
    const before = lines.length;
    world.pushFeed("f", { connections: 6 });
    expect(lines).toHaveLength(before);
  });
});

describe("the world", () => {
  test("reads the clouds' objects once for many changes, and never for a question", async () => {
    const { world, clock, reads, touch, change } = openTestWorld({ groups: [group()] });
    expect(reads()).toBe(1);
    for (let i = 0; i < 100; i++) touch();
    expect(reads()).toBe(1);
    await change({});
    expect(reads()).toBe(2);
    clock.advance(1_000);
    world.nodes();
    world.groups();
    world.route(TCP, SEATTLE);
    expect(reads()).toBe(2);
  });

  test("stays as it is while the objects make no sense, and goes on when they do", async () => {
    let broken = false;
    const { nodes, lines, change } = settled({
      groups: [group({ nodes: 1 })],
      life: {
        anycast: () => {
          if (broken) throw new Error("no such load balancer");
          return [];
        },
      },
    });
    broken = true;
    await change({ groups: [] });
    expect(nodes()).toEqual(["i-1 running healthy good"]);
    expect(lines.at(-1)).toMatch(/cannot be told, so all stays as it is: Error: no such load balancer/);
    broken = false;
    await change({ groups: [] });
    expect(nodes()).toEqual([]);
  });

  test("outlives its process: nodes, partitions, feeds and time", async () => {
    const first = settled({ groups: [group({ nodes: 1 }), east] });
    first.world.disturb("freeze", { fleet: "acme", site: "west" });
    first.world.disturb("partition", { fleet: "acme", site: "east" });
    first.world.pushFeed("f", { up: false });
    const before = first.nodes();
    const second = await first.reopen();
    expect(second.nodes()).toEqual(before);
    expect(second.clock.now()).toBe(START + 100_000);
    expect(second.world.nodes().map(({ partitioned }) => partitioned)).toEqual([false, true, true]);
    expect(second.world.nodes().map(({ since }) => since)).toEqual([START, START, START]);
    expect(second.world.feed("f")).toEqual({ up: false });
    second.world.disturb("heal", { fleet: "acme" });
    second.clock.advance(60);
    expect(second.world.groups().map(({ healthy }) => healthy)).toEqual([1, 2]);
  });

  test("goes on with a boot, a failure to come and a leak where they were", async () => {
    const release = (name: string) => group({ id: name, nodes: 1, template: template(name) });
    const first = openTestWorld({ groups: [release("leaks"), release("fails-later"), release("good")] });
    first.clock.advance(20);
    const second = await first.reopen();
    second.clock.advance(9);
    expect(second.world.nodes().every(({ state }) => state === "booting")).toBe(true);
    second.clock.advance(1);
    expect(second.world.nodes().every(({ state }) => state === "running")).toBe(true);
    second.clock.advance(90);
    const third = await second.reopen();
    third.clock.advance(9);
    expect(third.world.nodes()[1]?.answer()?.status).toBe(200);
    third.clock.advance(1);
    expect(third.world.nodes()[1]?.answer()?.status).toBe(503);
    third.clock.advance(99);
    expect(third.world.nodes()[0]?.state).toBe("running");
    third.clock.advance(1);
    expect(third.world.nodes()[0]?.state).toBe("dead");
  });

  test("does nothing any more when it is closed", async () => {
    const { world, clock, lines, reads, touch } = settled({ groups: [group(), { ...east, nodes: 1 }] });
    world.disturb("kill", { fleet: "acme", site: "east" });
    world.disturb("heal", { fleet: "acme", site: "east" });
    world.disturb("kill", { fleet: "acme", site: "west" });
    await world.close();
    const before = lines.length;
    touch();
    clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines).toHaveLength(before);
    expect(reads()).toBe(1);
  });

  test("writes down what changed soon after, and lives on where that fails", async () => {
    const { world, store, lines } = openTestWorld({ groups: [group()] });
    expect(store.record).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(store.record?.groups).toHaveLength(1);
    store.write = () => {
      throw new Error("disk full");
    };
    world.pushFeed("f", { up: true });
    await world.close();
    expect(lines.at(-1)).toMatch(/cannot be written down: Error: disk full/);
  });

  test("writes its time down while nothing changes, so that a killed process loses little of it", async () => {
    jest.useFakeTimers();
    try {
      const { world, clock, store } = openTestWorld({});
      clock.advance(5);
      jest.advanceTimersByTime(10_100);
      expect(store.record?.time).toBe(START + 5_000);
      await world.close();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test("tells what happens in lines that begin with its time", () => {
    const { lines } = settled({ groups: [group({ nodes: 1 })] });
    expect(lines).toEqual([
      "2026-01-01T00:00:00.000Z acme/west/i-1 boots good",
      "2026-01-01T00:00:30.000Z acme/west/i-1 has booted good",
      "2026-01-01T00:00:40.000Z acme/west/i-1 is healthy",
    ]);
  });
});

describe("alarms", () => {
  const wrote = (counts: (line: string) => boolean): Metric => ({
    kind: "log-lines",
    logGroup: "/polycast/test/acme",
    region: "west-1",
    counts,
  });
  const alarm = (metric: Metric, changes: Partial<Alarm> = {}): Alarm => ({
    id: "a",
    name: "a",
    metric,
    statistic: "sum",
    periodSeconds: 60,
    evaluationPeriods: 2,
    datapointsToAlarm: 2,
    comparison: "<",
    threshold: 1,
    missingData: "breaching",
    ...changes,
  });
  const open = (image: string, ...alarms: Alarm[]): TestWorld =>
    openTestWorld({ groups: [group({ template: template(image) })], life: { alarms: () => alarms } });
  const healthy = alarm(wrote((line) => line.includes('"healthy":true')));
  const state = ({ world }: TestWorld): string | undefined => world.alarms()[0]?.state;

  test("a site whose nodes say that they are well raises none; four minutes after they die it does", () => {
    const test = open("good", healthy);
    test.clock.advance(600);
    expect(test.world.alarms()).toMatchObject([
      { state: "OK", reason: expect.stringContaining("2, 2") as string },
    ]);
    test.world.disturb("kill", { fleet: "acme" });
    // Two that it evaluates, and two more that it looks back for numbers.
    test.clock.advance(180);
    expect(state(test)).toBe("OK");
    test.clock.advance(60);
    expect(state(test)).toBe("ALARM");
    test.world.disturb("heal", { fleet: "acme" });
    test.clock.advance(120);
    expect(state(test)).toBe("OK");
  });

  test.each(["partition", "freeze"] as const)("a node that cannot write says nothing: %s", (effect) => {
    const test = open("good", healthy);
    test.clock.advance(600);
    test.world.disturb(effect, { fleet: "acme" });
    test.clock.advance(240);
    expect(state(test)).toBe("ALARM");
  });

  test("a release that fails its own check raises it although its nodes run and write", () => {
    const silence = alarm(
      wrote(() => true),
      { id: "silence" },
    );
    const { world, clock } = open("fails", healthy, silence);
    clock.advance(600);
    expect(world.alarms().map((each) => each.state)).toEqual(["ALARM", "OK"]);
  });

  test("a release that serves some users badly, and is well by its own account, shows in its errors only", () => {
    const [failed, all] = [" 502 ", " TCP "].map((part) => wrote((line) => line.includes(part)));
    if (failed === undefined || all === undefined) throw new Error("two metrics");
    const errors = alarm(
      { kind: "percent", part: failed, of: all, atLeast: 20 },
      { id: "errors", comparison: ">", threshold: 5, statistic: "average", missingData: "notBreaching" },
    );
    const { world, clock } = open("errs", healthy, errors);
    world.load("acme", 1_000);
    clock.advance(120);
    expect(world.alarms().map((each) => each.state)).toEqual(["OK", "OK"]);
    clock.advance(300);
    expect(world.alarms().map((each) => each.state)).toEqual(["OK", "ALARM"]);
    expect(world.alarms()[1]?.reason).toContain("(10, 10) > 5");
    world.load("acme", 10);
    clock.advance(180);
    expect(world.alarms()[1]?.state).toBe("OK");
  });

  test("what others report counts in its own minute, and is added up", () => {
    const pushes = alarm(
      { kind: "reported", name: "pushes" },
      { evaluationPeriods: 1, datapointsToAlarm: 1 },
    );
    const test = openTestWorld({ life: { alarms: () => [pushes] } });
    test.world.report("pushes", 1);
    test.world.report("pushes", 2);
    test.world.report("others", 5);
    test.clock.advance(60);
    expect(test.world.alarms()).toMatchObject([
      { state: "OK", reason: expect.stringContaining("(3)") as string },
    ]);
    test.clock.advance(180);
    expect(state(test)).toBe("ALARM");
  });
});
