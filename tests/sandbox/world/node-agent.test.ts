import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { nodeFile } from "../../../constructs/fleet/node-file";
import { ControlPlane } from "../../../sandbox/control-plane/control-plane";
import { manualClock, type ManualClock } from "../../../sandbox/world/clock";
import { runAgents, type NodeAgents } from "../../../sandbox/world/node-agent";
import type { NodeState, WorldNode } from "../../../sandbox/world/world";

const URL = "https://control.example.net";

/** Seconds of world time within which every live node knows of a change; see docs/control-plane.md. */
const WITHIN = 5;
const LEASE = 15;

interface FakeNode extends WorldNode {
  state: NodeState;
  partitioned: boolean;
  status: number;
}

let directory: string;
let clock: ManualClock;
let controlPlane: ControlPlane;
let agents: NodeAgents;
let nodes: FakeNode[];
let connections: Map<string, number>;
let log: string[];

function fakeNode(name: string, fleet = "aws", controlPlaneUrl = URL): FakeNode {
  const health = { port: 8080, path: "/healthz", intervalSeconds: 10, unhealthyThreshold: 3 };
  const demand = {
    environment: "test",
    listeners: [],
    health,
    clientAffinity: "none",
    controlPlaneUrl,
  } as const;
  const node: FakeNode = {
    name,
    group: "g",
    location: "us-east-1",
    position: { latitude: 0, longitude: 0 },
    image: "ami-1",
    file: nodeFile(demand, { name: fleet, provider: fleet }, "r1", { name: "us-east-1" }),
    fleet,
    site: "us-east-1",
    release: "r1",
    state: "running",
    health: "starting",
    partitioned: false,
    since: clock.now(),
    status: 200,
    answer: () => {
      const { status, site, release } = node;
      const body = { status: "healthy", node: name, provider: fleet, fleet, site, release } as const;
      return node.state === "running" ? { status, latency: 1, body } : undefined;
    },
  };
  return node;
}

function begin(): void {
  controlPlane = new ControlPlane({ directory, clock, audiences: () => [URL] });
  agents = runAgents({
    clock,
    nodes: () => nodes,
    connections: () => connections,
    controlPlane,
    directory,
    log: (line) => log.push(line),
  });
}
function end(): void {
  agents.close();
  controlPlane.close();
}

const seenBy = (node: FakeNode): string[] | undefined =>
  agents.view(node.name)?.nodes.map(({ name }) => name);

/** How many seconds pass until all of these nodes know just these names. */
function secondsUntil(all: readonly FakeNode[], names: readonly string[], limit = 60): number {
  for (let seconds = 0; seconds < limit; seconds++) {
    if (all.every((node) => seenBy(node)?.join() === names.join())) return seconds;
    clock.advance(1);
  }
  throw new Error(`not within ${limit} s; the first one knows ${seenBy(all[0] as FakeNode)?.join()}`);
}

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "polycast-agents-"));
  clock = manualClock(Date.parse("2030-01-01T00:00:00Z"));
  log = [];
  connections = new Map();
  nodes = [fakeNode("a1"), fakeNode("a2"), fakeNode("s1", "stackpath")];
  begin();
  clock.advance(1);
});
afterEach(() => {
  end();
  rmSync(directory, { recursive: true });
});

describe("nodes of all fleets", () => {
  test("know each other within a second of their boot", () => {
    for (const node of nodes) expect(seenBy(node)).toEqual(["a1", "a2", "s1"]);
    expect(agents.view("s1")?.nodes[2]).toMatchObject({
      fleet: "stackpath",
      site: "us-east-1",
      release: "r1",
    });
    expect(agents.view("nobody")).toBeUndefined();
    expect(log).toEqual([]);
  });

  test("stay for hours, with tokens that last one", () => {
    clock.advance(3 * 3600);
    for (const node of nodes) expect(seenBy(node)).toEqual(["a1", "a2", "s1"]);
    expect(log).toEqual([]);
    expect(agents.view("a1")?.revision).toMatch(/-3$/);
  });

  // Every phase of the renewals.
  test.each([0, 1, 2, 3, 4])(`learn within ${WITHIN} s of a node that comes %i s later`, (later) => {
    clock.advance(later);
    nodes.push(fakeNode("a3"));
    expect(secondsUntil(nodes, ["a1", "a2", "a3", "s1"])).toBeLessThanOrEqual(WITHIN);
  });

  test.each([0, 1, 2, 3, 4])(`learn within ${WITHIN} s of one that is stopped %i s later`, (later) => {
    clock.advance(later);
    nodes = nodes.filter(({ name }) => name !== "a2");
    expect(secondsUntil(nodes, ["a1", "s1"])).toBeLessThanOrEqual(WITHIN);
  });

  test.each([0, 1, 2, 3, 4])(`learn within ${WITHIN} s of one that gets unwell %i s later`, (later) => {
    clock.advance(later);
    (nodes[0] as FakeNode).status = 503;
    clock.advance(WITHIN);
    for (const node of nodes) expect(agents.view(node.name)?.nodes[0]).toMatchObject({ health: "unhealthy" });
  });

  const silences: [string, (node: FakeNode) => void][] = [
    ["is killed", (node) => (node.state = "dead")],
    ["is frozen", (node) => (node.state = "frozen")],
    ["is cut off", (node) => (node.partitioned = true)],
  ];
  test.each(silences.flatMap(([what, silence]) => [0, 2, 4].map((later) => [what, later, silence] as const)))(
    `learn within the lease and ${WITHIN} s of one that %s %i s later, and not before`,
    (_, later, silence) => {
      clock.advance(later);
      const [lost, ...others] = nodes as [FakeNode, ...FakeNode[]];
      silence(lost);
      const seconds = secondsUntil(others, ["a2", "s1"]);
      expect(seconds).toBeLessThanOrEqual(LEASE + WITHIN);
      // It had renewed up to 5 s before.
      expect(seconds).toBeGreaterThan(LEASE - 5);
    },
  );
});

describe("a node that comes back", () => {
  test("after a short cut has never been gone", () => {
    const [cut, ...others] = nodes as [FakeNode, ...FakeNode[]];
    cut.partitioned = true;
    clock.advance(9);
    cut.partitioned = false;
    clock.advance(60);
    for (const node of others) expect(agents.view(node.name)?.revision).toMatch(/-3$/);
  });

  test(`after a long one enrols again; all know within ${WITHIN} s`, () => {
    const [cut, ...others] = nodes as [FakeNode, ...FakeNode[]];
    cut.partitioned = true;
    expect(secondsUntil(others, ["a2", "s1"])).toBeGreaterThan(0);
    expect(seenBy(cut)).toEqual(["a1", "a2", "s1"]); // what it last heard
    cut.partitioned = false;
    expect(secondsUntil(nodes, ["a1", "a2", "s1"])).toBeLessThanOrEqual(WITHIN);
  });

  test("under its old name after its death gets it when the lease is over, and says why it waits", () => {
    (nodes[0] as FakeNode).state = "dead";
    clock.advance(1);
    nodes[0] = fakeNode("a1");
    clock.advance(8);
    expect(seenBy(nodes[0])).toBeUndefined();
    expect(log).toEqual([
      expect.stringContaining("a1: the control plane refuses it: The name belongs to another key"),
    ]);
    expect(secondsUntil(nodes, ["a1", "a2", "s1"])).toBeLessThanOrEqual(LEASE);
  });

  test("under its old name after a stop in order gets it at once", () => {
    nodes[0] = fakeNode("a1");
    expect(secondsUntil(nodes, ["a1", "a2", "s1"])).toBeLessThanOrEqual(WITHIN);
    clock.advance(60);
    expect(log).toEqual([]);
  });
});

describe("a restart of the process", () => {
  test("neither loses a node nor makes one enrol again", () => {
    const before = agents.view("a1");
    const tokens = readFileSync(path.join(directory, "tokens.jsonl"), "utf8");
    end();
    nodes = nodes.map((node) => ({ ...node })); // other objects, the same nodes
    begin();
    clock.advance(60);
    expect(agents.view("a1")).toEqual(before);
    expect(readFileSync(path.join(directory, "tokens.jsonl"), "utf8")).toBe(tokens);
    expect(log).toEqual([]);
  });
});

describe("a node", () => {
  test("that boots, has failed or has no file does not speak", () => {
    const { file, ...fileless } = fakeNode("a5");
    expect(file).toBeDefined();
    nodes.push({ ...fakeNode("a3"), state: "booting" }, { ...fakeNode("a4"), state: "failed" }, fileless);
    clock.advance(30);
    expect(seenBy(nodes[0] as FakeNode)).toEqual(["a1", "a2", "s1"]);
    expect(log).toEqual([]);
  });

  test("that was told of another control plane is refused by this one, and said to be once", () => {
    nodes.push(fakeNode("a3", "aws", "https://other.example.net"));
    clock.advance(60);
    expect(log).toEqual(["a3: the control plane refuses it: The token is for another control plane."]);
    expect(seenBy(nodes[0] as FakeNode)).toEqual(["a1", "a2", "s1"]);
  });

  test("joins although an operator has replaced the join token since", () => {
    controlPlane.issueJoinToken({ environment: "test", fleet: "aws" });
    nodes.push(fakeNode("a3"));
    expect(secondsUntil(nodes, ["a1", "a2", "a3", "s1"])).toBeLessThanOrEqual(10);
  });
});

describe("a node's load", () => {
  const readAsOperator = () =>
    controlPlane.nodes(controlPlane.identify(controlPlane.issueOperatorToken()), "test").nodes;

  test("is what the world says; a healthy node without any has none", () => {
    connections = new Map([["a1", 75]]);
    clock.advance(5);
    expect(readAsOperator().map((node) => [node.name, node.connections])).toEqual([
      ["a1", 75],
      ["a2", 0],
      ["s1", 0],
    ]);
  });

  test("makes no revision when it moves", () => {
    clock.advance(5);
    const before = agents.view("a2")?.revision;
    connections = new Map([["a1", 75]]);
    clock.advance(10);
    expect(agents.view("a2")?.revision).toBe(before);
  });
});
