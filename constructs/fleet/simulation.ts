import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Alarm, AnycastPort, CloudImage, Monitor, NodeGroup } from "./cloud-life";

/**
 * What a provider says about itself so that a sandbox can stand in for its Terraform plugin and its cloud.
 * Each provider implements {@link ProviderSimulation} in its own folder; the engine that serves it to Terraform
 * (validation, planning, unknowns, drift, import, faults) knows no provider's name.
 */

/** A value that Terraform will know only after apply. There is one instance, {@link UNKNOWN}. */
export class Unknown {
  /** How an unknown value shows in messages and test output. */
  public toJSON(): string {
    return "(known after apply)";
  }
}

export const UNKNOWN = new Unknown();

/**
 * A Terraform value: lists and sets are arrays, maps and objects are plain objects, a whole number beyond 2^53 is a
 * bigint. Values are never changed in place once they are handed over, except where a function's docstring says so.
 */
export type Value = null | string | number | bigint | boolean | Unknown | Value[] | Values;

/** An object's attributes and blocks by name; also a map's elements by key. */
export interface Values {
  [name: string]: Value;
}

/** Terraform's type of a value, as `terraform providers schema -json` writes it: `["list", "string"]`. */
export type CtyType =
  "string" | "number" | "bool" | ["list" | "set" | "map", CtyType] | ["object", { [name: string]: CtyType }];

export interface AttributeSchema {
  readonly type: CtyType;
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  readonly sensitive?: boolean;
  readonly deprecated?: boolean;
}

export interface NestedBlockSchema {
  readonly nesting_mode: "single" | "list" | "set" | "map" | "group";
  readonly min_items?: number;
  readonly max_items?: number;
  readonly block: BlockSchema;
}

export interface BlockSchema {
  readonly attributes?: { readonly [name: string]: AttributeSchema };
  readonly block_types?: { readonly [name: string]: NestedBlockSchema };
}

export interface ResourceSchema {
  readonly version: number;
  readonly block: BlockSchema;
}

/** One provider of `terraform providers schema -json`, cut down to the resource types of interest. */
export interface ProviderSchema {
  readonly provider: ResourceSchema;
  readonly resource_schemas: { readonly [type: string]: ResourceSchema };
}

/**
 * What a plugin decides about one attribute or block and its schema does not show. All paths, here and as keys, are
 * dotted and without indices: `health_check.port`. Facts that the engine does not read (`notes`, `refuses`,
 * `when_removed`, `diff_suppressed`, `validated`) are kept in the data for the reader and for tests.
 */
export interface AttributeFacts {
  /** On a block's path: it is computed, so that leaving it out makes the whole block unknown on create. */
  readonly computed_on_create?: boolean;
  /** Planned when the configuration leaves the attribute out. */
  readonly default?: Value;
  /** A change replaces the object. */
  readonly force_new?: boolean;
  /** Attributes that may not be given together with this one. */
  readonly conflicts_with?: readonly string[];
  /** Attributes of which exactly one is to be given; the list names this one too. */
  readonly exactly_one_of?: readonly string[];
  /** Attributes of which at least one is to be given; the list names this one too. */
  readonly at_least_one_of?: readonly string[];
  /** Attributes that are to be given with this one; the list names this one too. */
  readonly required_with?: readonly string[];
  /** The values allowed, numbers as text; of every element where the attribute is a collection. */
  readonly one_of?: readonly string[];
  /** The case of a value of `one_of` does not count. */
  readonly ignore_case?: boolean;
  /** Smallest and largest number allowed. */
  readonly range?: readonly [number, number];
  /** Fewest and most characters allowed. */
  readonly length?: readonly [number, number];
  readonly format?: "arn";
  /** Computed top-level attributes that a change of this one makes unknown. */
  readonly update_makes_unknown?: readonly string[];
}

/** What holds for a whole resource type; it stands under the path `*`. */
export interface ResourceFacts {
  /** Which SDK the plugin is written with: they plan differently. SDKv2 unless stated. */
  readonly engine?: "sdkv2" | "framework";
  /** Whether `terraform import` works. True unless stated. */
  readonly importable?: boolean;
}

/** Facts by path; `*` holds the facts of the whole type. */
export type ResourceBehaviour = { readonly "*"?: ResourceFacts } & {
  readonly [path: string]: AttributeFacts;
};

/** Behaviour by resource type; a type without an entry has no facts beyond its schema. `_` is documentation. */
export interface ProviderBehaviour {
  readonly [type: string]: ResourceBehaviour;
}

/** Where in a configuration: attribute names, map keys and list indices. It stops at a set, whose elements have no index. */
export type AttributePath = readonly (string | number)[];

/** A problem or a warning, in the plugin's own words. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly summary: string;
  readonly detail?: string;
  readonly path?: AttributePath;
}

/** A simulated API says no. `message` is what the plugin shows as the summary of its error. */
export class Refusal extends Error {
  public constructor(
    message: string,
    public readonly detail = "",
  ) {
    super(message);
    this.name = "Refusal";
  }
}

/** Something that exists in a simulated cloud. */
export interface CloudObject {
  /** The provider's source address: `stackpath/stackpath`. */
  readonly provider: string;
  /** Terraform's resource type: `stackpath_compute_workload`. */
  readonly type: string;
  readonly id: string;
  /** The part of the cloud that it is in, for a type whose ids are unique only within one; see {@link ResourceSimulation.place}. */
  readonly place?: string;
  /** The object as its plugin reads it, in the terms of the resource's schema. No value is unknown. */
  readonly attributes: Values;
}

/** One provider's cloud as one of its configurations (one alias: one region) sees it. */
export interface Cloud {
  /** The provider block in force, with every attribute of its schema. */
  readonly provider: Values;
  /** Every object of one of the provider's types, of every configuration and place. */
  list(type: string): CloudObject[];
  /** As `put` and `remove`: in this configuration's own place. */
  get(type: string, id: string): CloudObject | undefined;
  /** Creates or changes an object beside the one at hand, as a cloud's own side effect would. */
  put(type: string, id: string, attributes: Values): void;
  remove(type: string, id: string): void;
  /** Whether there is an image of this id to start a node from. Where it is left out, nobody checks. */
  imageExists?(id: string): boolean;
}

/** A difference the SDK found in one leaf, as it shows it to a suppress function: values as text, `""` for none. */
export interface LeafChange {
  /** The leaf: `["answers", 0, "meta", "up"]`; a collection's length is `"#"`, after its path. */
  readonly path: AttributePath;
  readonly old: string;
  readonly new: string;
}

/** One planned change of one resource, while it is being planned. */
export interface Planning {
  readonly type: string;
  /** What the user wrote; null where nothing. */
  readonly config: Values;
  /** The object as it is; null when it is to be created (or created anew by a replacement). */
  readonly prior: Values | null;
  /** The provider block in force. */
  readonly provider: Values;
  /** The plan so far. A `plan` function changes it in place, at any depth. */
  readonly planned: Values;
  /**
   * The attributes and blocks that differ, dotted and without indices: all that the SDK finds, also null against zero,
   * which alone makes no change. Empty on an update means that nothing differs.
   */
  readonly differences: readonly string[];
}

/** What `suppress` functions see: the plan is not there yet. */
export type PlanInput = Pick<Planning, "type" | "config" | "prior" | "provider">;

/**
 * One resource type: what its plugin and its cloud decide beyond schema and facts. The functions are called in the
 * order validate, (normalise, suppress), plan, replaces, then create, update or delete, and read at every refresh.
 */
export interface ResourceSimulation {
  /** The part of the cloud that a provider block works in, where ids are unique only within it: an AWS region. */
  readonly place?: (provider: Values) => string;
  /** What the plugin's validators say beyond schema and facts. Unknown values must pass. */
  readonly validate?: (config: Values, provider: Values) => Diagnostic[];
  /** By path: rewrites a given text the way the plugin stores it (SDKv2's StateFunc): sorted JSON, upper case. */
  readonly normalise?: { readonly [path: string]: (given: string) => string };
  /** By path: whether a difference does not count (SDKv2's DiffSuppressFunc). A path covers the leaves below it. */
  readonly suppress?: { readonly [path: string]: (change: LeafChange, input: PlanInput) => boolean };
  /**
   * Planning that needs more than one attribute (CustomizeDiff): changes `planning.planned` in place. Throws a
   * {@link Refusal} where the plugin refuses to plan.
   */
  readonly plan?: (planning: Planning) => void;
  /** Top-level attributes whose change forces a replacement in this case, beyond the `force_new` facts. */
  readonly replaces?: (planning: Planning) => string[];
  /**
   * Makes the object. Returns it as the cloud then holds it, `id` included and no value unknown. The engine stores it;
   * what is left out keeps the planned value in Terraform's state. Throws a {@link Refusal} where the real API refuses.
   */
  readonly create: (planned: Values, cloud: Cloud) => Values;
  /** Changes the object; as `create`. A type without it is only ever replaced. */
  readonly update?: (planned: Values, prior: Values, cloud: Cloud) => Values;
  /**
   * Seconds, by the world's clock, that the plugin waits at least once the API has taken a change. The object is there
   * meanwhile. A change that is left out takes no time.
   */
  readonly waitSeconds?: { readonly create?: number; readonly update?: number; readonly delete?: number };
  /** Checks that the object may go, and undoes side effects. The engine removes the object itself. */
  readonly delete?: (prior: Values, cloud: Cloud) => void;
  /** Whether the cloud has taken the object along with another that it belonged to, by whatever way that went. */
  readonly isGone?: (stored: Values, cloud: Cloud) => boolean;
  /**
   * What the plugin reads of the stored object, after an apply and at every refresh; by default all of it. What it
   * leaves out stays in Terraform's state as it was, so a plugin's blind spots can be shown.
   */
  readonly read?: (stored: Values, cloud: Cloud) => Values;
  /**
   * The object that an import identifier means; by default the one with this id. Its attributes go into the state
   * before the first read. Throws a {@link Refusal} of a malformed identifier.
   */
  readonly find?: (importId: string, cloud: Cloud) => CloudObject | undefined;
}

/** The objects of all simulated clouds, to read; the clouds' store has this shape. */
export interface CloudObjects {
  list(type: string): readonly CloudObject[];
}

/** What one provider's objects amount to. All functions are pure: the same objects, the same answer. */
export interface CloudLife {
  /** The groups of like nodes that the cloud keeps running. */
  readonly nodeGroups?: (objects: CloudObjects) => readonly NodeGroup[];
  /** The ports of its anycast addresses. */
  readonly anycast?: (objects: CloudObjects) => readonly AnycastPort[];
  /** Checks from outside, and the feeds that they move. */
  readonly monitors?: (objects: CloudObjects) => readonly Monitor[];
  /** Alarms on what nodes report. */
  readonly alarms?: (objects: CloudObjects) => readonly Alarm[];
  /** The images that were built in it. */
  readonly images?: (objects: CloudObjects) => readonly CloudImage[];
}

/** Everything the engine needs to stand in for one provider. */
export interface ProviderSimulation {
  /** Source address without the registry's host: `stackpath/stackpath`. */
  readonly source: string;
  readonly schema: ProviderSchema;
  readonly behaviour: ProviderBehaviour;
  readonly resources: { readonly [type: string]: ResourceSimulation };
  /** Refuses a provider block as the plugin does when it is configured. Unknown values must pass. */
  readonly configure?: (config: Values) => Diagnostic[];
  /** What its objects do by themselves. A provider without it only keeps records. */
  readonly life?: CloudLife;
}

/** Reads `schema.json` and `behaviour.json` of a provider's folder. */
export function simulationData(
  directory: string,
  source: string,
): Pick<ProviderSimulation, "source" | "schema" | "behaviour"> {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(directory, name), "utf8"));
  const { provider_schemas: schemas } = read("schema.json") as {
    provider_schemas: { [address: string]: ProviderSchema };
  };
  const schema = schemas[`registry.terraform.io/${source}`];
  if (schema === undefined) throw new Error(`${join(directory, "schema.json")} has no schema of ${source}`);
  return { source, schema, behaviour: read("behaviour.json") as ProviderBehaviour };
}
