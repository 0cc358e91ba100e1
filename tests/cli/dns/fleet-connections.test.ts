import { fleetConnections } from "../../../cli/dns/fleet-connections";
import type { NodeEntry } from "../../../sandbox/control-plane/protocol";

const node = (name: string, changes: Partial<NodeEntry> = {}): NodeEntry => ({
  ...{ name, fleet: "aws", site: "s", provider: "aws", release: "r1", health: "healthy" },
  ...{ since: "2030-01-01T00:00:00.000Z", connections: 10, silentSeconds: 1 },
  ...changes,
});
const reading = (...nodes: NodeEntry[]) => fleetConnections(["aws"], nodes)[0];

test("a fleet's reading is the sum over its own nodes", () => {
  const nodes = [node("a"), node("b", { connections: 5 }), node("c", { fleet: "acme", connections: 3 })];
  expect(fleetConnections(["aws", "acme"], nodes)).toEqual([
    { fleet: "aws", connections: 15 },
    { fleet: "acme", connections: 3 },
  ]);
});

test("no connections are a reading too", () => {
  expect(reading(node("a", { connections: 0 }))).toEqual({ fleet: "aws", connections: 0 });
});

test("one node that has missed two renewals makes the reading of its fleet stale, and of no other", () => {
  expect(reading(node("a"), node("b", { silentSeconds: 10 }))).toEqual({ fleet: "aws", connections: 20 });
  expect(reading(node("a"), node("b", { silentSeconds: 10.1 }))).toEqual({
    fleet: "aws",
    alarm: "1 of its 2 nodes silent for more than 10 s",
  });
  expect(reading(node("a"), node("b", { fleet: "acme", silentSeconds: 11 }))).toMatchObject({
    connections: 10,
  });
});

test.each([
  [[], "none of its nodes is known"],
  [[node("a", { fleet: "acme" })], "none of its nodes is known"],
  [
    [node("a", { silentSeconds: 11 }), node("b", { silentSeconds: 14 })],
    "2 of its 2 nodes silent for more than 10 s",
  ],
  [[node("a"), { ...node("b"), silentSeconds: undefined }], "the control plane does not say how old"],
  [[node("a"), { ...node("b"), connections: undefined }], "its node b reports no connections"],
  [
    [
      { ...node("a"), connections: undefined },
      { ...node("b"), connections: undefined },
    ],
    "its node a reports no connections, and 1 more like it",
  ],
])("%# nobody knows", (nodes, why) => {
  const found = reading(...nodes);
  expect(found).toEqual({ fleet: "aws", alarm: expect.stringContaining(why) as string });
});
