import type { LogAccess, SecretSlot } from "../../constructs/fleet/log-access";
import { slotsOf, type RotationPhase, type RotationStep } from "../../live/rotation-record";
import { decideRotation, type NodeSecret, type RotationDecision } from "../../live/secret-rotation";
import type { AppliedSlots } from "../../live/applied-identity";
import { cases, SEED, seeded } from "../seeded";

const ID = { a: "key-a", b: "key-b" } as const;
const ACTIVE_TOO = "two slots, one can be inactive";

function applied({ given, phase }: Pick<RotationStep, "given" | "phase">): AppliedSlots {
  const slots = slotsOf({ given, phase });
  const other = given === "a" ? "b" : "a";
  return {
    slots,
    given: { id: ID[given], isActive: true },
    other: slots.other === "absent" ? undefined : { id: ID[other], isActive: slots.other === "usable" },
  };
}
const nodesWith = (...slots: SecretSlot[]): NodeSecret[] =>
  slots.map((slot, index) => ({ name: `n${index}`, site: "sea", secretId: ID[slot] }));
const WANTED = { sea: 2 };

function decide(
  step: Pick<RotationStep, "given" | "phase">,
  changes: Partial<Parameters<typeof decideRotation>[0]> = {},
  direction: "forward" | "back" = "forward",
  rotation: LogAccess["rotation"] = ACTIVE_TOO,
): RotationDecision {
  const look = {
    step,
    applied: applied(step),
    nodes: nodesWith(step.given, step.given),
    wanted: WANTED,
    ...changes,
  };
  return decideRotation(look, direction, rotation);
}
const taken = (decision: RotationDecision) =>
  decision.kind === "take" ? `${decision.step.phase} ${decision.step.given}` : decision.kind;

describe("the way of a rotation", () => {
  test.each<[RotationPhase, SecretSlot, string, string]>([
    ["settled", "a", "created a", "nothing to go back to"],
    ["created", "a", "given b", "settled a"],
    ["given", "b", "inactive b", "created a"],
    ["inactive", "b", "settled b", "given b"],
  ])("from %s, with slot %s given: %s, and back: %s", (phase, given, next, before) => {
    expect(taken(decide({ phase, given }))).toBe(next);
    expect(taken(decide({ phase, given }, {}, "back"))).toBe(before);
  });

  test("an end that is recorded and not deployed is taken back: what it ends is there still", () => {
    const ended = { phase: "settled", given: "b" } as const;
    const back = (phase: RotationPhase) => {
      const { given, other, slots } = applied({ phase, given: "b" });
      const dated = {
        slots,
        given: { ...given, made: "2026-02-01" },
        other: other && { ...other, made: "2026-01-01" },
      };
      return taken(decide(ended, { applied: dated }, "back"));
    };
    expect(back("inactive")).toBe("inactive b");
    expect(back("given")).toBe("given b");
    expect(back("settled")).toBe("nothing to go back to");
    expect(taken(decide(ended, { applied: applied({ phase: "settled", given: "a" }) }, "back"))).toBe(
      "nothing to go back to",
    );
  });

  test("a secret that cannot be switched off is deleted at once", () => {
    expect(taken(decide({ phase: "given", given: "b" }, {}, "forward", "two slots"))).toBe("settled b");
  });
});

describe("a step is not taken", () => {
  const given = { phase: "given", given: "b" } as const;

  test("before the one that is recorded is deployed", () => {
    const before = applied({ phase: "created", given: "a" });
    expect(decide(given, { applied: before })).toEqual({ kind: "deploy" });
    expect(decide({ phase: "created", given: "a" }, { applied: undefined })).toEqual({ kind: "deploy" });
  });

  test("that ends a secret which a node still has: it is named, with what it has", () => {
    expect(decide(given, { nodes: nodesWith("b", "a") })).toMatchObject({
      kind: "hold",
      problems: [{ where: "n1", what: "still has key-a" }],
    });
  });

  test.each<[string, readonly NodeSecret[] | string, string]>([
    ["nobody knows the nodes", "the control plane does not answer", "are not known: the control plane"],
    ["there are none", [], "there are none"],
    [
      "one does not say",
      [{ name: "n0", site: "sea", secretId: undefined }, ...nodesWith("b")],
      "does not say",
    ],
    ["one is not heard of, and may have the other secret", nodesWith("b"), "1 of 2 nodes are known"],
  ])("where %s", (_, nodes, what) => {
    const decision = decide(given, { nodes });
    expect(decision).toMatchObject({
      kind: "hold",
      problems: [{ what: expect.stringContaining(what) as string }],
    });
  });

  test("unless a person knows, and says how", () => {
    const decision = decide(given, { nodes: [], confirmed: "the key was last used a week ago" });
    expect(decision).toEqual({
      kind: "take",
      step: { given: "b", phase: "inactive", confirmed: "the key was last used a week ago" },
    });
  });
});

test("what was recorded and never deployed is taken back at once", () => {
  const before = applied({ phase: "settled", given: "a" });
  expect(taken(decide({ phase: "created", given: "a" }, { applied: before }, "back"))).toBe("settled a");
});

test(`however steps, deploys and replacements of nodes come, each node's secret works (seed ${SEED})`, () => {
  const random = seeded(SEED);
  for (let run = 0; run < cases(300); run++) {
    let step: RotationStep = { given: "a", phase: "settled" };
    // What is in the cloud and in Terraform's state, and what each node was given at its boot.
    let cloud = applied(step);
    let nodes = nodesWith("a", "a");
    for (let event = 0; event < 40; event++) {
      const chance = random();
      if (chance < 0.4) {
        const direction = random() < 0.7 ? "forward" : "back";
        // Now and then the control plane does not hear of a node, which runs all the same.
        const known = nodes.filter(() => random() < 0.9);
        const decision = decideRotation(
          { step, applied: cloud, nodes: known, wanted: WANTED },
          direction,
          ACTIVE_TOO,
        );
        if (decision.kind === "take") step = decision.step;
      } else if (chance < 0.7) {
        // Now and then it fails before it has changed anything.
        if (random() < 0.7) cloud = applied(step);
      } else {
        const which = Math.floor(random() * nodes.length);
        nodes = nodes.map((node, index) => (index === which ? { ...node, secretId: cloud.given.id } : node));
      }
      const working = [cloud.given, cloud.other].filter((each) => each?.isActive).map((each) => each?.id);
      for (const { secretId } of nodes) expect(working).toContain(secretId);
    }
  }
});
