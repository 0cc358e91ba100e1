import type { Metric } from "../../../constructs/fleet/cloud-life";
import { measure } from "../../../sandbox/world/measure";
import { linesOf, logPlaceOf } from "../../../sandbox/world/node-log";
import type { NodeAnswer, WorldNode } from "../../../sandbox/world/world";
import { nodeFile } from "./sample-world";

type Changes = Partial<Omit<WorldNode, "answer">> & { readonly status?: number };

function node({ status = 200, ...changes }: Changes = {}): WorldNode {
  const answer = { status } as NodeAnswer;
  return {
    name: "i-1",
    group: "g",
    location: "us-east-1",
    position: { latitude: 0, longitude: 0 },
    image: "good",
    file: nodeFile(),
    fleet: "acme",
    site: "west",
    release: "good",
    state: "running",
    health: "healthy",
    partitioned: false,
    since: 0,
    answer: () => answer,
    ...changes,
  };
}

const lines: Metric = {
  kind: "log-lines",
  logGroup: "/polycast/test/acme",
  region: "us-east-1",
  counts: () => true,
};
const failed: Metric = { ...lines, counts: (line) => line.includes(" 502 ") };
const connections: Metric = { ...lines, counts: (line) => line.includes(" TCP ") };

function measured(metric: Metric, nodes: readonly WorldNode[], load: Record<string, number> = {}) {
  const reported = (name: string): number | undefined => (name === "known" ? 7 : undefined);
  const groups = new Map(
    [...new Set(nodes.map(({ group }) => group))].map((id) => [id, { nodes: [] as WorldNode[] }]),
  );
  for (const each of nodes) groups.get(each.group)?.nodes.push(each);
  groups.set("empty", { nodes: [] });
  return measure(metric, { groups, connections: new Map(Object.entries(load)), reported });
}

describe("nodes, as their clouds see them", () => {
  const nodes = [node(), node({ health: "unhealthy" }), node({ group: "h" }), node({ health: "starting" })];

  test.each<[Metric, number | undefined]>([
    [{ kind: "healthy-nodes", groups: ["g"] }, 1],
    [{ kind: "healthy-nodes", groups: ["g", "h"] }, 2],
    [{ kind: "unhealthy-nodes", groups: ["g", "h"] }, 1],
    [{ kind: "healthy-nodes", groups: ["empty"] }, 0],
    [{ kind: "healthy-nodes", groups: ["gone"] }, undefined],
    [{ kind: "healthy-nodes", groups: [] }, undefined],
  ])("%j: %s", (metric, expected) => {
    expect(measured(metric, nodes)).toBe(expected);
  });
});

describe("lines that nodes write", () => {
  test("one a minute and node, and one for each connection", () => {
    expect(measured(lines, [node(), node({ name: "i-2" })])).toBe(2);
    expect(measured(lines, [node(), node({ name: "i-2" })], { "i-1": 5 })).toBe(7);
  });

  test.each<[string, Changes]>([
    ["boots", { state: "booting" }],
    ["is frozen", { state: "frozen" }],
    ["is dead", { state: "dead" }],
    ["is cut off", { partitioned: true }],
    ["writes elsewhere", { file: nodeFile({ logGroup: "/other" }) }],
    ["writes to another region", { location: "eu-west-1" }],
  ])("no number where the only node %s", (_, changes) => {
    expect(measured(lines, [node(changes)])).toBeUndefined();
  });

  test("a node that was told its log group's region writes there, wherever it stands", () => {
    const logAccess = { strategy: "staticKey", region: "us-east-1", secretId: "x" } as const;
    expect(logPlaceOf(node({ location: "SEA", file: nodeFile({ logAccess }) }))).toEqual({
      logGroup: "/polycast/test/acme",
      region: "us-east-1",
    });
    expect(measured(lines, [node({ location: "SEA", file: nodeFile({ logAccess }) })])).toBe(1);
  });

  test.each<[string, Changes, number | undefined]>([
    ["a node that is well", {}, undefined],
    ["one that fails some", { failedPercent: 10 }, 20],
    ["one that is not well", { status: 503 }, 200],
  ])("failed connections of %s", (_, changes, expected) => {
    expect(measured(failed, [node(changes)], { "i-1": 200 })).toBe(expected);
    expect(measured(connections, [node(changes)], { "i-1": 200 })).toBe(200);
  });

  test("a node says whether it is well, and where it stands", () => {
    const [said] = linesOf(node({ status: 503 }), 0);
    expect(JSON.parse(said?.text ?? "")).toEqual({
      polycast: "health",
      healthy: false,
      node: "i-1",
      provider: "acme",
      fleet: "acme",
      site: "west",
      release: "good",
    });
  });
});

describe("a percentage", () => {
  const percent = (atLeast: number): Metric => ({ kind: "percent", part: failed, of: connections, atLeast });

  test.each<[number, number, Changes, number | undefined]>([
    [20, 200, { failedPercent: 10 }, 10],
    [20, 200, {}, 0],
    [20, 19, { failedPercent: 100 }, 0],
    [20, 20, { failedPercent: 100 }, 100],
    [20, 0, {}, undefined],
  ])("of at least %i, with %i connections and %j: %s", (atLeast, load, changes, expected) => {
    expect(measured(percent(atLeast), [node(changes)], { "i-1": load })).toBe(expected);
  });
});

test("what others report", () => {
  expect(measured({ kind: "reported", name: "known" }, [])).toBe(7);
  expect(measured({ kind: "reported", name: "unknown" }, [])).toBeUndefined();
  expect(measured({ kind: "unmeasured" }, [node()])).toBeUndefined();
});
