/**
 * A differential fuzz: random configurations of resources, and changes of them, are validated and planned by the real
 * plugin and by the simulation, and both have to say the same: accept, refuse, plan, replace. Neither Terraform nor an
 * account nor a network takes part.
 */
import { Refusal, type ProviderSimulation, type Values } from "../../constructs/fleet/simulation";
import { plan } from "../../sandbox/engine/plan";
import type { PluginPlan, PluginPlanRequest } from "../../sandbox/engine/plugin-client";
import { withZerosInside } from "../../sandbox/engine/sdkv2-values";
import { validate } from "../../sandbox/engine/validate";
import { blockType } from "../../sandbox/engine/values";
import type { Askable, SampleSet } from "../ask-plugin";
import { comparePlans, type Comparison, type PlanDifference, type PlanToCompare } from "./compare-plans";
import { existing, proposedState } from "./proposed-state";
import { mixed, randomConfiguration, randomNumbers } from "./random-configuration";

/** What is compared: whether a configuration is refused, its creation, a change of what it made. */
export const STAGES = ["refusal", "create", "update"] as const;
export type Stage = (typeof STAGES)[number];

/** One difference, with all that is needed to see it again. */
export interface Found extends PlanDifference {
  readonly stage: Stage;
  readonly type: string;
  readonly prior: Values | null;
  readonly config: Values;
}

export interface Tally {
  /** Configurations validated, or plans made. */
  cases: number;
  /** Leaves of the real plans; a validation has one. */
  leaves: number;
  /** Of the cases: those that the real plugin refused. */
  refused: number;
}

export interface FuzzReport {
  readonly tallies: Readonly<Record<Stage, Tally>>;
  /** Cases by resource type. */
  readonly types: ReadonlyMap<string, number>;
  readonly differences: readonly Found[];
}

export interface FuzzOptions {
  readonly plugin: Askable;
  readonly simulation: ProviderSimulation;
  /** The provider block with which the plugin was configured. */
  readonly provider: Values;
  readonly samples: SampleSet;
  /** What the cloud would have answered, by attribute name, where the plugin's own functions read it when they plan. */
  readonly answers: Values;
  /** At least so many: validations and plans together. */
  readonly cases: number;
  readonly seed: number;
}

/** How many configurations are under way at once: the plugin works on one while the simulation does on another. */
const AT_ONCE = 6;

/**
 * Refusals of attributes that exclude or need each other; what is refused so is not planned. Other refusals are: the
 * plugin plans many values that its own validation would not let through, and so must the simulation.
 */
const COMBINATIONS = [
  "Conflicting configuration arguments",
  "Invalid combination of arguments",
  "Missing required argument",
];

/** Runs the fuzz over every simulated resource type, in turn. The same seed finds the same. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const types = Object.keys(options.simulation.resources);
  const run = new Run(options);
  let next = 0;
  const work = async (): Promise<void> => {
    while (run.cases < options.cases) {
      const round = next;
      next += 1;
      await run.configuration(
        types[round % types.length] ?? "",
        randomNumbers(options.seed * 1_000_003 + round),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return run;
}

class Run implements FuzzReport {
  public readonly tallies = {
    refusal: { cases: 0, leaves: 0, refused: 0 },
    create: { cases: 0, leaves: 0, refused: 0 },
    update: { cases: 0, leaves: 0, refused: 0 },
  };
  public readonly types = new Map<string, number>();
  public readonly differences: Found[] = [];

  public constructor(private readonly options: FuzzOptions) {}

  public get cases(): number {
    return STAGES.reduce((sum, stage) => sum + this.tallies[stage].cases, 0);
  }

  /** One random configuration: validated, created, changed. */
  public async configuration(type: string, random: () => number): Promise<void> {
    const { simulation, samples: set, answers } = this.options;
    const block = simulation.schema.resource_schemas[type]?.block ?? {};
    const choices = { samples: set.samples, always: new Set(set.always), random };
    const config = randomConfiguration(type, block, choices);
    const changed = mixed(
      existing(block, config, answers),
      randomConfiguration(type, block, choices),
      random,
    );

    if (!(await this.validated(type, config))) return;
    const made = await this.planned("create", { type, prior: null, config, proposed: config });
    if (made.planned === null || !(await this.validated(type, changed))) return;
    const object = existing(block, made.planned, answers);
    const prior = made.legacy ? withZerosInside(object, blockType(block)) : object;
    const proposed = proposedState(block, prior, changed);
    await this.planned("update", { type, prior, config: changed, proposed });
  }

  /** Compares what both say to a configuration; whether it is to be planned. */
  private async validated(type: string, config: Values): Promise<boolean> {
    const { plugin, simulation, provider } = this.options;
    const isError = ({ severity }: { severity: string }): boolean => severity === "error";
    const real = (await plugin.validate(type, config)).filter(isError);
    const own = validate(simulation, type, config, provider).filter(isError);
    const difference = {
      path: "(refused)",
      real: real[0]?.summary ?? "-",
      simulated: own[0]?.summary ?? "-",
    };
    const differences = real.length > 0 === own.length > 0 ? [] : [difference];
    this.add("refusal", type, null, config, { leaves: 1, differences }, real.length > 0);
    return !real.some(({ summary }) => COMBINATIONS.includes(summary));
  }

  private async planned(stage: "create" | "update", request: PluginPlanRequest): Promise<PluginPlan> {
    const { plugin, simulation, provider } = this.options;
    const { type, prior, config } = request;
    const real = await plugin.plan(request);
    const block = simulation.schema.resource_schemas[type]?.block ?? {};
    const refusal = real.diagnostics.find(({ severity }) => severity === "error")?.summary;
    const simulated = planToCompare(simulation, { ...request, provider });
    const comparison = comparePlans(block, prior, { ...real, refusal }, simulated);
    this.add(stage, type, prior, config, comparison, real.planned === null);
    return real;
  }

  private add(
    stage: Stage,
    type: string,
    prior: Values | null,
    config: Values,
    { leaves, differences }: Comparison,
    refused: boolean,
  ): void {
    const tally = this.tallies[stage];
    tally.cases += 1;
    tally.leaves += leaves;
    if (refused) tally.refused += 1;
    this.types.set(type, (this.types.get(type) ?? 0) + 1);
    this.differences.push(...differences.map((each) => ({ stage, type, prior, config, ...each })));
  }
}

/** The simulation's plan in the form in which plans are compared. */
export function planToCompare(
  simulation: ProviderSimulation,
  request: PluginPlanRequest & { readonly provider: Values },
): PlanToCompare {
  try {
    const { planned, replaces } = plan(simulation, request);
    return { planned, replaces: replaces.map((path) => path.join(".")) };
  } catch (error) {
    if (error instanceof Refusal) return { planned: null, replaces: [], refusal: error.message };
    throw error;
  }
}
