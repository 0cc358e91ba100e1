import { z } from "zod";

/** What a fault does to the operation that it hits. */
const effectSchema = z.discriminatedUnion("kind", [
  /** The API refuses; nothing changes. `message` is the error's summary. */
  z.strictObject({ kind: z.literal("refuse"), message: z.string().min(1) }),
  /** The API answers late. */
  z.strictObject({ kind: z.literal("delay"), milliseconds: z.int().positive() }),
  /** The change is made, and the apply fails all the same. */
  z.strictObject({ kind: z.literal("failAfter"), message: z.string().min(1) }),
  /** The object is gone when it is read. Only for `read`. */
  z.strictObject({ kind: z.literal("vanish") }),
  /** The process that serves the provider is killed after the change is made and before Terraform hears of it. */
  z.strictObject({ kind: z.literal("crash") }),
]);

/** What goes wrong, and when. */
const faultSchema = z
  .strictObject({
    /** Terraform's resource type, `*` for every type. */
    type: z.string().min(1),
    operation: z.enum(["create", "read", "update", "delete"]),
    /** The object's id or its `name`, `*` standing for any characters; every object where it is left out. */
    object: z.string().min(1).optional(),
    effect: effectSchema,
    /** How often; always where it is left out. */
    times: z.int().positive().optional(),
  })
  .refine(({ operation, effect }) => effect.kind !== "vanish" || operation === "read", {
    error: 'an object vanishes when it is read: operation must be "read"',
    path: ["operation"],
  });

/** The file of faults: `[{ "type": "aws_lb", "operation": "create", "effect": { "kind": "crash" }, "times": 1 }]`. */
export const faultsSchema = z.array(faultSchema);

export type Fault = z.infer<typeof faultSchema>;
export type FaultEffect = Fault["effect"];
export type Operation = Fault["operation"];

/** An operation on an object, as a fault sees it. */
export interface Target {
  readonly type: string;
  readonly operation: Operation;
  /** What the object is called: its id and its name, where they are known. */
  readonly names: readonly string[];
}

/** Whether the fault hits the operation. */
export function hits(fault: Fault, { type, operation, names }: Target): boolean {
  if (fault.operation !== operation || !matches(fault.type, type)) return false;
  const { object } = fault;
  return object === undefined || names.some((name) => matches(object, name));
}

/** Whether a pattern, in which `*` stands for any characters, is of the whole text. */
export function matches(pattern: string, text: string): boolean {
  const literal = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`, "s").test(text);
}

/** The faults after one of them has struck: it may strike once less, or is gone. */
export function spend(faults: readonly Fault[], struck: Fault): Fault[] {
  const index = faults.findIndex((fault) => sameFault(fault, struck));
  return faults.flatMap((fault, i) => {
    if (i !== index || fault.times === undefined) return [fault];
    return fault.times === 1 ? [] : [{ ...fault, times: fault.times - 1 }];
  });
}

function sameFault(a: Fault, b: Fault): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Where faults come from, and who keeps count of those that strike a number of times only. */
export interface FaultSource {
  /** The faults in force; asked at each operation. */
  readonly faults: () => readonly Fault[];
  /** A fault with `times` strikes, in a moment: takes one time off it (see {@link spend}), before a crash forgets it. */
  readonly struck: (fault: Fault) => void;
}

/** No fault ever. */
export const NO_FAULTS: FaultSource = { faults: () => [], struck: () => undefined };

/** The effects of the faults that hit an operation; the same fault twice strikes twice as often, once at a time. */
export function strike({ faults, struck }: FaultSource, target: Target): FaultEffect[] {
  const byContent = new Map(faults().map((fault) => [JSON.stringify(fault), fault]));
  return [...byContent.values()]
    .filter((fault) => hits(fault, target))
    .map((fault) => {
      if (fault.times !== undefined) struck(fault);
      return fault.effect;
    });
}
