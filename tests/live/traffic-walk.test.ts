import type { AppliedTraffic } from "../../constructs/dns/applied-traffic";
import { failover } from "../../constructs/dns/traffic-policy";
import { holdTraffic } from "../../live/traffic-valve";
import { walkTraffic, type TrafficWalk } from "../../live/traffic-walk";
import { applied } from "../constructs/dns/applied";

const wanted = applied({ policy: failover(["b", "a"]) });

/** A world in which applying is instant, and what happened in it. */
class SmallWorld {
  public readonly story: string[] = [];

  public constructor(
    public now: AppliedTraffic | undefined,
    public limit = 20,
  ) {}

  public walk(changes: Partial<TrafficWalk> = {}): Promise<void> {
    return walkTraffic({
      plan: () => Promise.resolve(this.plan()),
      apply: () => {
        this.now = this.plan().next;
        this.story.push("applied");
        return Promise.resolve();
      },
      wait: (seconds) => {
        this.story.push(`waited ${seconds}`);
        return Promise.resolve();
      },
      tell: (progress) => {
        if (progress.kind === "step") this.story.push(`step ${progress.number} of ${progress.of}`);
      },
      ...changes,
    });
  }

  private plan() {
    return holdTraffic({ trafficLimit: this.limit }, this.now, wanted, { POLYCAST_TRAFFIC_STEPS: "1" });
  }
}

describe("a walk", () => {
  test("waits two times the time to live after each step but the last", async () => {
    const world = new SmallWorld(applied({}));
    await world.walk();
    expect(world.story).toEqual([
      ...["step 1 of 3", "applied", "waited 120"],
      ...["step 2 of 3", "applied", "waited 120"],
      ...["step 3 of 3", "applied"],
    ]);
    expect(world.now).toBe(wanted);
  });

  test("waits as long as the older answers last", async () => {
    const world = new SmallWorld(applied({ ttl: 300 }), 40);
    await world.walk();
    expect(world.story).toContain("waited 600");
  });

  test.each([
    ["nothing was applied yet", undefined],
    ["all is as it is wanted", wanted],
  ])("is one deploy where %s", async (_, from) => {
    const world = new SmallWorld(from);
    await world.walk();
    expect(world.story).toEqual(["step 1 of 1", "applied"]);
  });

  test("that ended on the way is gone on with, after a wait", async () => {
    const world = new SmallWorld(applied({}));
    await expect(world.walk({ wait: () => Promise.reject(new Error("killed")) })).rejects.toThrow("killed");
    expect(world.now?.step).toBe(true);
    world.story.length = 0;
    await world.walk();
    expect(world.story).toEqual([
      "waited 120",
      "step 1 of 2",
      "applied",
      "waited 120",
      "step 2 of 2",
      "applied",
    ]);
  });

  test("ends where a step fails, with what was applied before", async () => {
    const before = applied({});
    const world = new SmallWorld(before);
    await expect(world.walk({ apply: () => Promise.reject(new Error("refused")) })).rejects.toThrow(
      "refused",
    );
    expect(world.now).toBe(before);
  });

  test("ends where something else is applied than the step", async () => {
    const world = new SmallWorld(applied({}));
    await expect(world.walk({ apply: () => Promise.resolve() })).rejects.toThrow(
      /The walk has ended on the way[^]*npx polycast dns plan/,
    );
  });

  test("does not begin where there is no way", async () => {
    const world = new SmallWorld(applied({ zone: "other.example.net" }));
    await expect(world.walk()).rejects.toThrow(/would get no answer/);
    expect(world.story).toEqual([]);
  });
});
