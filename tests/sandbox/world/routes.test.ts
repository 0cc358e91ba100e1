import type { AnycastBackend, AnycastPort } from "../../../constructs/fleet/cloud-life";
import { nodeBehind } from "../../../sandbox/world/routes";
import { seeded } from "../../seeded";

const at = (longitude: number) => ({ latitude: 0, longitude });

/** Groups by id: where they stand, whether a node of theirs is healthy. A node's name is its group's id. */
const GROUPS: Record<string, { longitude: number; healthy: boolean; empty?: boolean }> = {
  near: { longitude: 10, healthy: true },
  far: { longitude: 90, healthy: true },
  farther: { longitude: 120, healthy: true },
  sick: { longitude: 1, healthy: false },
  sicker: { longitude: 2, healthy: false },
  empty: { longitude: 0, healthy: false, empty: true },
};

function reached(
  backends: readonly (string | AnycastBackend)[],
  { failOpen = false, random = 0.5 }: { failOpen?: boolean; random?: number } = {},
): string | undefined {
  const port: AnycastPort = {
    address: "192.0.2.1",
    port: 443,
    protocol: "TCP",
    failOpen,
    backends: backends.map((each) => (typeof each === "string" ? { group: each, percent: 100 } : each)),
  };
  const group = (id: string) => {
    const found = GROUPS[id];
    if (found === undefined) return undefined;
    return {
      position: at(found.longitude),
      nextHealthy: () => (found.healthy ? id : undefined),
      nextOfAll: () => (found.empty === true ? undefined : id),
    };
  };
  return nodeBehind(port, at(0), group, () => random);
}

describe("the node behind an anycast address", () => {
  test("is of the nearest group, in whatever order they stand", () => {
    expect(reached(["far", "near", "farther"])).toBe("near");
    expect(reached(["farther", "far"])).toBe("far");
  });

  test("is of the next group where the nearest has no healthy node", () => {
    expect(reached(["sick", "empty", "far", "near"])).toBe("near");
  });

  test("is of any of the groups that are equally near, each as often", () => {
    const same: AnycastPort = {
      address: "192.0.2.1",
      port: 443,
      protocol: "TCP",
      failOpen: false,
      backends: ["one", "two", "three"].map((group) => ({ group, percent: 100 })),
    };
    const random = seeded(7);
    const found: Record<string, number> = {};
    for (let i = 0; i < 3_000; i++) {
      const name =
        nodeBehind(
          same,
          at(0),
          (id) => ({ position: at(5), nextHealthy: () => id, nextOfAll: () => id }),
          random,
        ) ?? "";
      found[name] = (found[name] ?? 0) + 1;
    }
    expect(Object.keys(found).sort()).toEqual(["one", "three", "two"]);
    for (const times of Object.values(found)) expect(Math.abs(times - 1_000)).toBeLessThan(120);
  });

  test("is none without a healthy node, or without a group", () => {
    expect(reached(["sick", "empty"])).toBeUndefined();
    expect(reached([])).toBeUndefined();
    expect(reached(["gone"])).toBeUndefined();
  });

  test("is an unhealthy one of the nearest group that has any, where the network fails open", () => {
    expect(reached(["sicker", "sick", "empty"], { failOpen: true })).toBe("sick");
    expect(reached(["sick", "near"], { failOpen: true })).toBe("near");
    expect(reached(["empty"], { failOpen: true })).toBeUndefined();
  });

  test("is of the nearest for so many percent of the clients only", () => {
    const dialled = [{ group: "near", percent: 30 }, "far"];
    expect(reached(dialled, { random: 0.29 })).toBe("near");
    expect(reached(dialled, { random: 0.3 })).toBe("far");
    expect(reached(dialled, { random: 0.99 })).toBe("far");
  });

  test("is of a group at 0 percent only where the one that takes the client has no healthy node", () => {
    const drained = { group: "near", percent: 0 };
    expect(reached([drained, "far"], { random: 0 })).toBe("far");
    expect(reached([drained, { group: "far", percent: 30 }], { random: 0.9 })).toBe("far");
    expect(reached([drained, "sick"], { random: 0 })).toBe("near");
    expect(reached([drained, "sick", "far"], { random: 0 })).toBe("near");
    expect(reached([drained], { random: 0 })).toBe("near");
  });

  test("is of the nearest where nobody further on takes the rest", () => {
    const dialled = ["near", "far"].map((group) => ({ group, percent: 10 }));
    expect(reached(dialled, { random: 0.9 })).toBe("near");
    expect(reached([...dialled, "sick"], { random: 0.9 })).toBe("near");
  });
});
