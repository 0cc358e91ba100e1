/** Machines with one fault each, made to break one invariant: the checker must notice every one. */
import type { Look } from "../../rollout/look";
import type { RolloutState, WaveState } from "../../rollout/rollout-state";
import type { InvariantName } from "./invariants";
import { MACHINE, type Machine } from "./machine";

export interface Mutant {
  readonly fault: string;
  readonly breaks: InvariantName;
  readonly machine: Machine;
  /** Whether it takes first sites to see it. */
  readonly firstSites: boolean;
}

function mutant(breaks: InvariantName, fault: string, changes: Partial<Machine>, firstSites = false): Mutant {
  return { breaks, fault, machine: { ...MACHINE, ...changes }, firstSites };
}

export const MUTANTS: readonly Mutant[] = [
  mutant("1 one fleet in transition", "begins the next wave while one is being restored", {
    decide: (rollout, look, now) => {
      const waiting = rollout.waves.findIndex(({ phase }) => phase === "waiting");
      return waiting > 0 && rollout.waves.some(({ phase }) => phase === "restoring")
        ? { kind: "note", event: { kind: "begin", wave: waiting, direction: "forward" }, why: "hurry" }
        : MACHINE.decide(rollout, look, now);
    },
  }),
  mutant(
    "2 a release that has baked serves",
    "begins the next wave while one bakes, and takes that one for done",
    {
      record: (rollout, event, occasion) =>
        MACHINE.record(
          rollout,
          event.kind === "enter" && event.phase === "baking" ? { kind: "enter", phase: "done" } : event,
          occasion,
        ),
    },
  ),
  mutant(
    "2 a release that has baked serves",
    "gives all sites the release while the first ones bake",
    {
      record: (rollout, event, occasion) =>
        MACHINE.record(
          rollout,
          event.kind === "enter" && event.phase === "baking" && rollout.waves[0]?.phase === "restoring"
            ? { kind: "enter", phase: "done" }
            : event,
          occasion,
        ),
    },
    true,
  ),
  mutant("3 steps are bounded", "moves any number of points", {
    decide: (rollout, look, now) => {
      const decision = MACHINE.decide(rollout, look, now);
      return decision.kind === "act" && decision.action.kind === "steer"
        ? { ...decision, action: { ...decision.action, limit: 100 } }
        : decision;
    },
  }),
  mutant("4 the others carry the peak", "does not look at the other fleets", {
    decide: (rollout, look, now) => MACHINE.decide(rollout, othersWell(rollout, look), now),
  }),
  mutant("5 only good evidence goes on", "takes what is missing for good", {
    decide: (rollout, look, now) =>
      MACHINE.decide({ ...rollout, plan: { ...rollout.plan, evidence: ["release"] } }, look, now),
  }),
  mutant("6 a crash changes nothing", "does not record what it is about to do", {
    record: (rollout, event, occasion) =>
      event.kind === "intend" && event.action.kind === "steer"
        ? rollout
        : MACHINE.record(rollout, event, occasion),
  }),
  mutant("7 what fails goes back alone", "takes the fleets that have baked back too when one fails", {
    record: (rollout, event, occasion) => {
      const next = MACHINE.record(rollout, event, occasion);
      return event.kind === "turn back"
        ? { ...next, waves: next.waves.map((wave): WaveState => ({ ...wave, direction: "back" })) }
        : next;
    },
  }),
  mutant("7 what fails goes back alone", "goes back to what the manifest calls so by now", {
    decide: (rollout, look, now) => {
      const decision = MACHINE.decide(rollout, look, now);
      if (decision.kind !== "act" || decision.action.kind !== "replace") return decision;
      const release = { ...decision.action.release, image: "rebuilt" };
      return decision.action.release.id === "old"
        ? { ...decision, action: { ...decision.action, release } }
        : decision;
    },
  }),
  mutant(
    "7 what fails goes back alone",
    "gives the release to sites that it is not yet for",
    {
      decide: (rollout, look, now) => {
        const decision = MACHINE.decide(rollout, look, now);
        if (decision.kind !== "act" || decision.action.kind !== "replace") return decision;
        const release = decision.action.release.sites?.["a"];
        return release === undefined ? decision : { ...decision, action: { ...decision.action, release } };
      },
    },
    true,
  ),
  mutant("8 nothing shortens a bake", "counts a pause as baked", {
    command: (rollout, said, occasion) => {
      const next = MACHINE.command(rollout, said, occasion);
      return said.kind === "resume" ? { ...next, waves: rollout.waves } : next;
    },
  }),
  mutant("8 nothing shortens a bake", "lets a bake be cut short without a reason", {
    command: (rollout, said, occasion) => {
      const next = MACHINE.command(rollout, said, occasion);
      return said.kind === "force" ? { ...next, history: rollout.history } : next;
    },
  }),
  mutant("9 one rollout at a time", "starts while another one goes on", {
    start: (_, plan, occasion) => MACHINE.start(undefined, plan, occasion),
  }),
  mutant("10 drained before it is replaced", "does not wait for the resolvers", {
    decide: ({ dns, ...rollout }, look, now) =>
      MACHINE.decide(dns === undefined ? rollout : { ...rollout, dns: { ...dns, hold: 0 } }, look, now),
  }),
];

/** A look that shows what the other fleets should show. */
function othersWell(rollout: RolloutState, look: Look): Look {
  const index = rollout.waves.findIndex(({ phase }) => phase !== "waiting" && phase !== "done");
  const own = rollout.plan.waves[index]?.fleet;
  if (own === undefined) return look;
  const well = { verdict: "good", reason: "", at: look.at } as const;
  const fleets = Object.entries(look.fleets).map(([name, seen]) => [
    name,
    name === own ? seen : { ...seen, nodes: well },
  ]);
  return { ...look, fleets: Object.fromEntries(fleets) as Look["fleets"] };
}
