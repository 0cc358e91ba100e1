/**
 * Planning as terraform-plugin-framework does it for the resources simulated here: what is written is planned as
 * written, what is computed and left out is unknown on create and keeps its value afterwards.
 */
import {
  UNKNOWN,
  type AttributePath,
  type BlockSchema,
  type Value,
  type Values,
} from "../../constructs/fleet/simulation";
import type { Difference, Rules, Draft } from "./sdkv2-plan";
import { equal, isList, isValues } from "./values";

/** As `planSdkv2`. */
export function planFramework(
  block: BlockSchema,
  rules: Rules,
  prior: Values | null,
  proposed: Values,
): Draft {
  const planned = planBlock(block, rules, "", prior === null, proposed);
  return {
    planned,
    differences: prior === null ? [] : differences(block, rules, prior, planned),
    isPrior: (final) => prior !== null && equal(prior, final),
  };
}

function planBlock(
  block: BlockSchema,
  rules: Rules,
  prefix: string,
  create: boolean,
  proposed: Values,
): Values {
  const planned: Values = { ...proposed };
  for (const [name, { computed }] of Object.entries(block.attributes ?? {})) {
    if (proposed[name] !== null) continue;
    const { default: fallback } = rules.facts(prefix + name);
    if (fallback !== undefined) planned[name] = fallback;
    else if (computed === true && create) planned[name] = UNKNOWN;
  }
  for (const [name, nested] of Object.entries(block.block_types ?? {})) {
    const inside = (value: Value): Value =>
      isValues(value) ? planBlock(nested.block, rules, `${prefix}${name}.`, create, value) : value;
    const value = proposed[name];
    planned[name] = isList(value) ? value.map(inside) : inside(value ?? null);
  }
  return planned;
}

function differences(block: BlockSchema, rules: Rules, prior: Values, planned: Values): Difference[] {
  const names = [...Object.keys(block.attributes ?? {}), ...Object.keys(block.block_types ?? {})];
  return names
    .filter((name) => !equal(prior[name], planned[name]))
    .map((key) => {
      const path: AttributePath = [key];
      return rules.facts(key).force_new === true ? { key, replaces: path } : { key };
    });
}
