import { ownerTags } from "../fleet/machine-names";
import { texts } from "./blocks";
import type { PolicyRule } from "./policy-rule";

/**
 * The rule that a machine has the tags of its owner, where tags are words such as `fleet:vultr`.
 * @param types of its objects.
 * @param machine what the provider calls it, with its article: `An instance`.
 */
export function taggedMachines(id: string, types: readonly string[], machine: string): PolicyRule {
  return {
    id,
    severity: "medium",
    demand: `${machine} has the tags of its owner`,
    reason: "Nobody could tell whose it is, nor what it costs whom.",
    types,
    violations({ attributes }) {
      // A name without a value says nothing.
      const given = texts(attributes["tags"]).filter((tag) => /^[^:]+:./.test(tag));
      const names = given.map(nameOf);
      const missing = ownerTags({ environment: "", fleet: "", site: "" })
        .map(nameOf)
        .filter((name) => !names.includes(name));
      return missing.length === 0 ? [] : [`it has no tag ${missing.join(", ")}`];
    },
  };
}

function nameOf(tag: string): string {
  return tag.split(":")[0] ?? "";
}
