import type { KnownNode } from "../../../cli/known-nodes";
import { findAt } from "../../../cli/rollout/finding";
import { nodeEvidence } from "../../../cli/rollout/node-evidence";
import { awsFleet } from "../../environment-for-tests";

const fleet = awsFleet({ sites: { "us-east-1": { nodes: 2 }, "eu-central-1": { nodes: 1 } } });
const find = findAt(5);

const node = (site: string, changes: Partial<KnownNode> = {}): KnownNode => ({
  ...{ fleet: "aws", site, name: "n", release: "r2", health: "healthy", ageSeconds: 1 },
  ...changes,
});
const whole = (changes: Partial<KnownNode> = {}): KnownNode[] => [
  node("us-east-1", changes),
  node("us-east-1"),
  node("eu-central-1"),
];
const group = (changes: object = {}) => ({
  ...{ id: "g", fleet: "aws", site: "us-east-1", location: "us-east-1", wanted: 2, running: 2, healthy: 2 },
  ...{ replacement: "none" as const, current: 2 },
  ...changes,
});
const evidence = (
  nodes: readonly KnownNode[],
  groups?: readonly ReturnType<typeof group>[],
  wholeSeconds?: number,
  recorded: Parameters<typeof nodeEvidence>[2] = { release: "r2" },
) =>
  nodeEvidence(
    fleet,
    {
      nodes: [...nodes, node("us-east-1", { fleet: "other", release: "r9", health: "unhealthy" })],
      ...(groups && { world: { clock: { now: 0, scale: 1 }, groups, monitors: [], alarms: [] } }),
    },
    recorded,
    find,
    wholeSeconds,
  );

test("a whole fleet is good, by its own nodes only", () => {
  const { nodes, release, replacement } = evidence(whole(), [group()]);
  expect(nodes).toEqual({ verdict: "good", reason: "3 healthy, wanted 3", at: 5 });
  expect(release).toMatchObject({ verdict: "good", sites: { "us-east-1": "r2", "eu-central-1": "r2" } });
  expect(replacement).toMatchObject({ verdict: "good" });
});

test("a site that is short is bad; while enough nodes boot, nobody can tell", () => {
  expect(evidence(whole({ health: "unhealthy" })).nodes).toEqual({
    verdict: "bad",
    reason: "us-east-1 has 1 healthy of 2",
    at: 5,
  });
  expect(evidence(whole({ health: "starting" })).nodes.verdict).toBe("unclear");
  expect(evidence(whole().slice(1)).nodes.verdict).toBe("bad");
  expect(evidence([]).nodes.verdict).toBe("bad");
});

test("one more that is not well takes nothing away", () => {
  expect(evidence([...whole(), node("us-east-1", { health: "unhealthy" })]).nodes.verdict).toBe("good");
});

test("a site of two releases, or of none, tells none", () => {
  const { release, replacement } = evidence(whole({ release: "r1" }));
  expect(release).toMatchObject({ verdict: "unclear", reason: "us-east-1 r1 and r2, eu-central-1 r2" });
  expect(replacement).toMatchObject({ verdict: "unclear", reason: "2 of 3 nodes are of r2, wanted 3" });
  expect(evidence([]).release).toMatchObject({ verdict: "unclear", sites: { "us-east-1": "" } });
});

test("where sites run different releases, a replacement has ended when each has its own", () => {
  const runs = { release: "r2", sites: { "eu-central-1": "r3" } };
  const { verdict, reason } = evidence(whole(), undefined, undefined, runs).replacement;
  expect([verdict, reason]).toEqual(["unclear", "2 of 3 nodes are of r2, eu-central-1=r3, wanted 3"]);
  const replaced = whole().map((each) => (each.site === "eu-central-1" ? { ...each, release: "r3" } : each));
  const seen = evidence(replaced, undefined, undefined, runs);
  expect(seen.replacement.verdict).toBe("good");
  expect(seen.release).toMatchObject({ verdict: "good", sites: { "us-east-1": "r2", "eu-central-1": "r3" } });
});

test("a replacement goes on while the provider says so, whatever the nodes report", () => {
  const goesOn = [group({ replacement: "running" as const })];
  expect(evidence(whole(), goesOn).replacement.verdict).toBe("unclear");
  expect(evidence(whole(), [group({ current: 1 })]).replacement.verdict).toBe("unclear");
  expect(evidence(whole(), [group({ fleet: "other", current: 1 })]).replacement.verdict).toBe("good");
});

test("a replacement that the provider has given up is bad", () => {
  const { verdict, reason } = evidence(whole(), [group({ replacement: "failed" as const })]).replacement;
  expect([verdict, reason]).toEqual(["bad", "the provider has given up in us-east-1"]);
});

test("nodes of an older release that have not begun to go are no end of it", () => {
  const old = whole().map((each) => ({ ...each, release: "r1" }));
  expect(evidence(old, [group()]).replacement.verdict).toBe("unclear");
});

test("more than one node that is younger than the fleet is whole has failed with the release, though healed", () => {
  const aged = (...ages: number[]) =>
    whole().map((each, index) => ({ ...each, ageSeconds: ages[index] ?? 0 }));
  expect(evidence(aged(500, 500, 500), undefined, 300).nodes.verdict).toBe("good");
  expect(evidence(aged(100, 500, 500), undefined, 300).nodes.verdict).toBe("good");
  expect(evidence(aged(100, 500, 100), undefined, 300).nodes).toMatchObject({
    verdict: "bad",
    reason: "2 of 3 nodes were replaced since the fleet was whole",
  });
  expect(evidence(aged(100, 500, 100)).nodes.verdict).toBe("good");
});
