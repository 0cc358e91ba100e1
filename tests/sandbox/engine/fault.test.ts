import { faultsSchema, hits, spend, strike, type Fault, type Target } from "../../../sandbox/engine/fault";

const refuse = { kind: "refuse", message: "no" } as const;
const fault = (rest: Partial<Fault> = {}): Fault => ({
  type: "aws_lb",
  operation: "create",
  effect: refuse,
  ...rest,
});
const target = (rest: Partial<Target> = {}): Target => ({
  type: "aws_lb",
  operation: "create",
  names: ["lb-1", "edge"],
  ...rest,
});

describe("the file of faults", () => {
  test("is read", () => {
    const faults = [
      fault(),
      fault({ object: "edge*", times: 2, effect: { kind: "delay", milliseconds: 5 } }),
      fault({ effect: { kind: "failAfter", message: "late" } }),
      fault({ operation: "read", effect: { kind: "vanish" } }),
      fault({ operation: "delete", effect: { kind: "crash" } }),
    ];
    expect(faultsSchema.parse(JSON.parse(JSON.stringify(faults)))).toEqual(faults);
  });

  test.each<[string, object]>([
    ["no type", { operation: "create", effect: refuse }],
    ["an unknown operation", { ...fault(), operation: "destroy" }],
    ["an unknown effect", { ...fault(), effect: { kind: "explode" } }],
    ["a refusal without words", { ...fault(), effect: { kind: "refuse", message: "" } }],
    ["a negative delay", { ...fault(), effect: { kind: "delay", milliseconds: -1 } }],
    ["zero times", { ...fault(), times: 0 }],
    ["a key that means nothing", { ...fault(), colour: "red" }],
    ["vanishing at anything but a read", { ...fault(), effect: { kind: "vanish" } }],
  ])("refuses %s", (_, wrong) => {
    expect(faultsSchema.safeParse([wrong]).success).toBe(false);
  });
});

describe("a fault hits", () => {
  test.each<[string, Fault, Target, boolean]>([
    ["its type and operation", fault(), target(), true],
    ["no other type", fault(), target({ type: "aws_lb_listener" }), false],
    ["every type with *", fault({ type: "*" }), target(), true],
    ["types by pattern", fault({ type: "aws_*" }), target(), true],
    ["no other operation", fault(), target({ operation: "update" }), false],
    ["an object by id", fault({ object: "lb-1" }), target(), true],
    ["an object by name", fault({ object: "edge" }), target(), true],
    ["an object by pattern", fault({ object: "ed*" }), target(), true],
    ["no other object", fault({ object: "other" }), target(), false],
    ["no part of a name", fault({ object: "edg" }), target(), false],
    ["no object that has no name yet", fault({ object: "edge" }), target({ names: [] }), false],
    ["dots as dots", fault({ object: "e.ge" }), target(), false],
  ])("%s", (_, which, at, expected) => {
    expect(hits(which, at)).toBe(expected);
  });
});

describe("how often a fault strikes", () => {
  let faults: Fault[];
  const strikes = (at = target()): number =>
    strike({ faults: () => faults, struck: (each) => (faults = spend(faults, each)) }, at).length;

  test("always, unless it says how often", () => {
    faults = [fault()];
    expect([strikes(), strikes(), strikes()]).toEqual([1, 1, 1]);
    expect(faults).toEqual([fault()]);
  });

  test("as often as it says, whatever it does not hit in between, and again when it is told anew", () => {
    faults = [fault({ times: 2 })];
    expect(strikes(target({ type: "other" }))).toBe(0);
    expect([strikes(), strikes(), strikes()]).toEqual([1, 1, 0]);
    faults = [fault({ times: 1 })];
    expect([strikes(), strikes()]).toEqual([1, 0]);
  });

  test("the same fault twice strikes twice as often, once at a time; another one counts for itself", () => {
    const once = fault({ times: 1 });
    faults = [once, once, fault({ times: 1, object: "edge" })];
    expect([strikes(), strikes(), strikes()]).toEqual([2, 1, 0]);
  });

  test("each strike takes one time off the fault that struck, and off no other", () => {
    const once = fault({ times: 1 });
    faults = [fault({ operation: "read" }), fault({ times: 2 }), fault()];
    expect(spend(faults, fault({ times: 2 }))).toEqual([faults[0], once, faults[2]]);
    expect(spend([once, once], once)).toEqual([once]);
    expect(spend([fault()], fault())).toEqual([fault()]);
    expect(spend([fault()], once)).toEqual([fault()]);
  });
});
