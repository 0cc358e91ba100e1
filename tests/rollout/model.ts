/**
 * A small world for the machine: everything that may happen to a rollout, and what is really so. It shares no code with
 * what it checks but the types.
 */
import type { DnsLook, FleetLook, Look, Verdict } from "../../rollout/look";
import type { RolloutPlan } from "../../rollout/rollout-plan";
import type { RolloutState } from "../../rollout/rollout-state";
import type { Action, Replace } from "../../rollout/rollout-world";

/** `some`: the first sites run the new release, the others the old one; `mixed`: nobody can tell. */
export type Runs = "old" | "some" | "new" | "mixed";

export interface ModelFleet {
  /** Percent of its policy share: in the live record, and as DNS has it. */
  readonly live: number;
  readonly applied: number;
  readonly runs: Runs;
  /** What the provider is making of it; undefined: nothing goes on. */
  readonly becomes?: "old" | "some" | "new" | undefined;
}

/** What nobody in the model can see, and the invariants are about. */
export interface Truth {
  /** When DNS last changed. */
  readonly movedAt: number;
  /** How long the fleets that run the new release have served with good evidence, by looks at most `lookSeconds` apart. */
  readonly baked: Readonly<Record<string, number>>;
  /** The last look, if it found all fleets well and nothing has come between. */
  readonly wellAt?: number | undefined;
  /** Fleets whose bake has ended, in time or by a person's word; `f1 some` where it is their first sites'. */
  readonly proved: readonly string[];
  /** Fleets whose share a person changed. */
  readonly meddled: readonly string[];
  /** How often each of the rarer things may still happen. */
  readonly spare: { readonly meddling: number; readonly clock: number };
}

export interface Model {
  readonly now: number;
  readonly rollout: RolloutState;
  readonly fleets: Readonly<Record<string, ModelFleet>>;
  /** Of DNS; grows with each change. */
  readonly serial: number;
  readonly truth: Truth;
}

/** Seconds: a time to live of 1 is held for 2. Ten per fleet and two per hold keep the walk small and leave nothing out. */
export const TTL = 1;
export const HOLD = 2 * TTL;

/** A plan of so many fleets that share alike. @param kind whether the policy can give parts of a share. */
export function modelPlan(
  count: number,
  kind: "parts" | "rigid",
  changes: Partial<RolloutPlan> = {},
): RolloutPlan {
  const names = Array.from({ length: count }, (_, index) => `f${index + 1}`);
  const share = count === 1 ? [100] : kind === "parts" ? [0, 50, 100] : [0, 100];
  const release = (id: string) => ({ id, image: `image-${id}` });
  return {
    environment: "model",
    release: "new",
    fleets: Object.fromEntries(
      names.map((name) => [
        name,
        { provider: name, capacity: 100, share: 100, previous: release("old"), next: release("new") },
      ]),
    ),
    waves: names.map((fleet) => ({ fleet, ladder: share })),
    bakeSeconds: 4,
    settleSeconds: 4,
    lookSeconds: 2,
    trafficLimit: 50 / count,
    firstLimit: 50 / count,
    peak: 100,
    spare: 1,
    approve: "once",
    evidence: ["nodes", "release"],
    ...changes,
  };
}

/** Sites of every fleet: the first of them, and all others. */
export const SITES = ["a", "b"] as const;

/** The same plan, in which the first fleet's first site has a wave of its own. */
export function firstSitesPlan(plan: RolloutPlan): RolloutPlan {
  const [first, ...others] = plan.waves;
  if (first === undefined) return plan;
  return { ...plan, waves: [{ ...first, sites: [SITES[0]] }, first, ...others] };
}

/** Each once. */
const ONCE: Truth["spare"] = { meddling: 1, clock: 1 };

export function modelAtStart(rollout: RolloutState, now: number, spare = ONCE): Model {
  const names = Object.keys(rollout.plan.fleets);
  return {
    now,
    rollout,
    serial: 0,
    fleets: Object.fromEntries(names.map((name) => [name, { live: 100, applied: 100, runs: "old" }])),
    truth: {
      movedAt: now - HOLD,
      baked: {},
      proved: [],
      meddled: [],
      spare,
    },
  };
}

/** What can differ between two looks at the same world. */
export interface Sight {
  /** By fleet, in the plan's order. */
  readonly nodes: readonly Verdict[];
  readonly served: Verdict;
  readonly dns: boolean;
}

/** What a look shows; the release and the replacement are as they are. */
export function lookAt(model: Model, { nodes, served, dns }: Sight): Look {
  const fleets = Object.entries(model.fleets).map(([name, fleet], index) => [
    name,
    lookAtFleet(fleet, nodes[index] ?? "unclear", model.now),
  ]);
  return {
    at: model.now,
    fleets: Object.fromEntries(fleets) as Look["fleets"],
    ...(dns && { dns: dnsOf(model, served) }),
  };
}

const VERDICTS: readonly Verdict[] = ["good", "bad", "unclear"];

/** The same for many looks at one world, of which every part is made once. */
export function looking(model: Model): (sight: Sight) => Look {
  const fleets = Object.entries(model.fleets).map(([name, fleet]) => {
    const seen = VERDICTS.map((verdict) => [verdict, lookAtFleet(fleet, verdict, model.now)] as const);
    return { name, seen: Object.fromEntries(seen) as Record<Verdict, FleetLook> };
  });
  const dns = VERDICTS.map((verdict) => [verdict, dnsOf(model, verdict)] as const);
  const seenDns = Object.fromEntries(dns) as Record<Verdict, DnsLook>;
  return ({ nodes, served, dns: isRead }) => ({
    at: model.now,
    fleets: Object.fromEntries(
      fleets.map(({ name, seen }, index) => [name, seen[nodes[index] ?? "unclear"]]),
    ),
    ...(isRead && { dns: seenDns[served] }),
  });
}

function lookAtFleet({ runs, becomes }: ModelFleet, verdict: Verdict, at: number): FleetLook {
  const replacement = becomes !== undefined ? "unclear" : runs === "mixed" ? "bad" : "good";
  const isMixed = runs === "mixed";
  return {
    replacement: { verdict: replacement, reason: "", at },
    // What is missing is the other way to be unclear.
    ...(verdict !== "unclear" && { nodes: { verdict, reason: "", at } }),
    release: { verdict: isMixed ? "unclear" : "good", reason: "", at, sites: isMixed ? {} : sitesOf(runs) },
  };
}

function sitesOf(runs: Exclude<Runs, "mixed">): Record<string, string> {
  const [a, b] = SITES;
  return runs === "some" ? { [a]: "new", [b]: "old" } : { [a]: runs, [b]: runs };
}

function dnsOf(model: Model, served: Verdict): DnsLook {
  const all = Object.entries(model.fleets);
  return {
    ...dnsSeen(model),
    applied: Object.fromEntries(all.map(([name, { applied }]) => [name, applied])),
    arrived: all.every(([, { live, applied }]) => live === applied),
    served: { verdict: served, reason: "", at: model.now },
  };
}

export function dnsSeen({ fleets, serial }: Model): {
  mark: string;
  ttl: number;
  percents: Record<string, number>;
} {
  const percents = Object.entries(fleets).map(([name, { live }]) => [name, live] as const);
  return { mark: String(serial), ttl: TTL, percents: Object.fromEntries(percents) };
}

/** Points of traffic between two states of the world. */
export function pointsMoved(before: Model["fleets"], after: Model["fleets"]): number {
  const names = Object.keys(before);
  const moved = names.map((name) => Math.abs((before[name]?.applied ?? 0) - (after[name]?.applied ?? 0)));
  return moved.reduce((sum, percent) => sum + percent, 0) / names.length;
}

/** How far an action comes before whoever takes it is killed, or is told no. */
export type Extent = "nothing" | "half" | "whole";

/** What a replacement is to make of a fleet. */
export function targetOf({ release }: Replace): Exclude<Runs, "mixed"> {
  return release.sites !== undefined ? "some" : release.id === "old" ? "old" : "new";
}

/** The world after an action, or a part of it. */
export function act(model: Model, action: Action, extent: Extent): Model {
  const fleet = model.fleets[action.fleet];
  if (extent === "nothing" || fleet === undefined) return model;
  const change = (changed: ModelFleet): Model => withFleet(model, action.fleet, changed);
  if (action.kind === "replace") {
    const target = targetOf(action);
    if (fleet.runs === target && fleet.becomes === undefined) return model;
    return change({ ...fleet, runs: "mixed", becomes: extent === "half" ? undefined : target });
  }
  if (extent === "half") return change({ ...fleet, live: action.percent });
  // The traffic valve: no step is longer than it is told.
  const most = action.limit * Object.keys(model.fleets).length;
  const way = Math.max(-most, Math.min(most, action.percent - fleet.applied));
  return change({ ...fleet, live: action.percent, applied: fleet.applied + way });
}

export function withFleet(model: Model, name: string, fleet: ModelFleet): Model {
  const fleets = { ...model.fleets, [name]: fleet };
  const moved = fleet.applied !== model.fleets[name]?.applied;
  if (!moved) return { ...model, fleets };
  return { ...model, fleets, serial: model.serial + 1, truth: { ...model.truth, movedAt: model.now } };
}
