import {
  UNKNOWN,
  type AttributeFacts,
  type AttributePath,
  type PlanInput,
  type Planning,
  type ProviderSimulation,
  type ResourceSimulation,
  type Values,
} from "../../constructs/fleet/simulation";
import { planFramework } from "./framework-plan";
import { covers, planSdkv2, type Difference, type Rules } from "./sdkv2-plan";
import { clone, equal } from "./values";

export interface PlanRequest {
  readonly type: string;
  /** What the user wrote. */
  readonly config: Values;
  /** Null on create. */
  readonly prior: Values | null;
  /** Terraform's proposal: the configuration, with prior values where something computed is left out. */
  readonly proposed: Values;
  /** The provider block in force. */
  readonly provider: Values;
}

export interface Plan {
  readonly planned: Values;
  /** The attributes whose change replaces the object. */
  readonly replaces: readonly AttributePath[];
}

/**
 * Plans the creation or change of one object as the simulated plugin would.
 * @throws Refusal when the plugin refuses to plan it
 */
export function plan(simulation: ProviderSimulation, request: PlanRequest): Plan {
  const { type, prior, proposed } = request;
  const resource = simulation.resources[type];
  const schema = simulation.schema.resource_schemas[type];
  if (resource === undefined || schema === undefined)
    throw new Error(`${simulation.source} does not simulate ${type}`);
  const planBlock = isFramework(simulation, type) ? planFramework : planSdkv2;
  const rules = rulesOf(simulation, resource, request);
  const draft = planBlock(schema.block, rules, prior, proposed);
  const { differences } = draft;
  const adjust = (planned: Values): Planning => {
    const ripples = prior === null ? [] : madeUnknown(rules, differences);
    const start: Values = {
      ...clone(planned),
      ...Object.fromEntries(ripples.map((name) => [name, UNKNOWN])),
    };
    const planning = { ...request, planned: start, differences: differences.map(({ key }) => key) };
    resource.plan?.(planning);
    return planning;
  };

  if (prior === null) return { planned: adjust(draft.planned).planned, replaces: [] };
  const unchanged = { planned: prior, replaces: [] };
  if (differences.length === 0 && equal(adjust(prior).planned, prior)) return unchanged;
  const planning = adjust(draft.planned);
  if (draft.isPrior(planning.planned)) return unchanged;
  const replaces = [
    ...differences.flatMap(({ replaces: path }) => (path === undefined ? [] : [path])),
    ...(resource.replaces?.(planning) ?? []).map((name) => [name]),
  ];
  return { planned: planning.planned, replaces: distinct(replaces) };
}

/** Whether the type is written with terraform-plugin-framework; else with SDKv2. */
export function isFramework({ behaviour }: ProviderSimulation, type: string): boolean {
  return behaviour[type]?.["*"]?.engine === "framework";
}

const NO_FACTS: AttributeFacts = {};

function rulesOf(simulation: ProviderSimulation, resource: ResourceSimulation, input: PlanInput): Rules {
  const facts = simulation.behaviour[input.type] ?? {};
  const suppressors = Object.entries(resource.suppress ?? {});
  return {
    facts: (key) => facts[key] ?? NO_FACTS,
    normalise: (key, given) => resource.normalise?.[key]?.(given) ?? given,
    suppressor: (key, path, old, given) =>
      suppressors.find(
        ([covered, suppress]) => covers(covered, key) && suppress({ path, old, new: given }, input),
      )?.[0],
  };
}

function madeUnknown(rules: Rules, differences: readonly Difference[]): string[] {
  return differences.flatMap(({ key }) => [...(rules.facts(key).update_makes_unknown ?? [])]);
}

function distinct(paths: readonly AttributePath[]): AttributePath[] {
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
}
