import type {
  Diagnostic,
  ProviderSchema,
  ProviderSimulation,
  Values,
} from "../../constructs/fleet/simulation";
import { validate } from "../../sandbox/engine/validate";
import type { Askable } from "../ask-plugin";
import { comparePlans } from "./compare-plans";
import type { Found } from "./fuzz";
import { planToCompare } from "./fuzz";
import { schemaDifferences } from "./schema-subset";
import type { StackConfiguration } from "./stack-configurations";

/** A plugin that has been started, or whatever behaves like one. */
export interface Configurable extends Askable {
  readonly schema: ProviderSchema;
  configure(config: Values): Promise<readonly Diagnostic[]>;
}

/** What a plugin and its simulation say to the same configurations. */
export interface ProviderComparison {
  /** How the cut-down schema is no subset of the plugin's. */
  readonly schema: readonly string[];
  /** What the plugin says against the dummy credentials; then it plans nothing. */
  readonly refused: readonly string[];
  readonly configurations: number;
  readonly leaves: number;
  readonly differences: readonly Found[];
}

/**
 * Compares schemas, then what both say to given configurations: accept or refuse, and the plan of a create.
 * @param provider a provider block with dummy credentials
 */
export async function compareProvider(
  plugin: Configurable,
  simulation: ProviderSimulation,
  provider: Values,
  configurations: readonly StackConfiguration[],
): Promise<ProviderComparison> {
  const schema = schemaDifferences(simulation.schema, plugin.schema);
  // With another schema the plugin cannot read what it is asked.
  const refused = schema.length > 0 ? [] : errorsOf(await plugin.configure(provider));
  const asked = schema.length > 0 || refused.length > 0 ? [] : configurations;
  const differences: Found[] = [];
  let leaves = 0;
  for (const { type, config } of asked) {
    const [real = "-"] = errorsOf(await plugin.validate(type, config));
    const [simulated = "-"] = errorsOf(validate(simulation, type, config, provider));
    leaves += 1;
    if ((real === "-") !== (simulated === "-")) {
      differences.push({ stage: "refusal", type, prior: null, config, path: "(refused)", real, simulated });
    }
    if (real !== "-") continue;
    const request = { type, prior: null, config, proposed: config };
    const block = simulation.schema.resource_schemas[type]?.block ?? {};
    const planned = await plugin.plan(request);
    const [refusal] = errorsOf(planned.diagnostics);
    const ours = planToCompare(simulation, { ...request, provider });
    const comparison = comparePlans(block, null, { ...planned, refusal }, ours);
    leaves += comparison.leaves;
    differences.push(
      ...comparison.differences.map((each) => ({
        stage: "create" as const,
        type,
        prior: null,
        config,
        ...each,
      })),
    );
  }
  return { schema, refused, configurations: asked.length, leaves, differences };
}

function errorsOf(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.filter(({ severity }) => severity === "error").map(({ summary }) => summary);
}
