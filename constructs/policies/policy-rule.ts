import type { Listener } from "../fleet/fleet-inputs";

/** One object of a synthesized stack: a resource, a data source, a module, a variable, or the block of a provider or a backend. */
export interface PolicyObject {
  /** Where a person finds it in the code, its stack first: `aws-fleet/fleet/us-east-1/nodes/launch-template`. */
  readonly path: string;
  /** Terraform's resource type, `data.` and the type, `provider.` or `backend.` and its name, `module`, or `variable`. */
  readonly type: string;
  /** Provider of the fleet that it belongs to; undefined: to none. */
  readonly provider: string | undefined;
  /** Its arguments as Terraform gets them; a reference is a text such as `${aws_vpc.a.id}`. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What a rule may know besides the object. */
export interface PolicyContext {
  /** Ports that the environment declares: opening these to everybody is what an edge is for. */
  readonly listeners: readonly Listener[];
  /** True: the clouds are simulated, and their credentials are dummies that stand in the code. */
  readonly sandbox: boolean;
}

/** What must hold for every object of some types, in every environment, unless it is waived there. */
export interface PolicyRule {
  /** What a waiver names; it begins with the provider's name. */
  readonly id: string;
  /** `high`: somebody could get in, or at a secret. `medium`: it is harder to see or to limit the damage. */
  readonly severity: "high" | "medium";
  /** What it demands, as a sentence: "SSH is not open to the world". */
  readonly demand: string;
  /** Why, as a sentence. */
  readonly reason: string;
  /** Types of the objects that it looks at; see {@link PolicyObject}. */
  readonly types: readonly string[];
  /** What is wrong with an object of these types, one line each; nothing where the demand is met. */
  violations(object: PolicyObject, context: PolicyContext): readonly string[];
}

/** An exception that an environment makes from a rule. */
export interface PolicyWaiver {
  /** The rule's id. */
  readonly rule: string;
  /** Path of the object, or of what it lies in: `aws-fleet` is the whole stack. Default: everywhere. */
  readonly resource?: string;
  /** Why it is right here; every synth warns with it. */
  readonly reason: string;
}
