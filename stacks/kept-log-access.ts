import {
  DefaultTokenResolver,
  Fn,
  StringConcat,
  TerraformVariable,
  Token,
  Tokenization,
  type TerraformStack,
} from "cdktf";
import type { NodeLogAccess } from "../constructs/fleet/log-access";
import { keptIdentityVariable } from "../live/applied-identity";

/** A reference to an attribute of a resource, as CDKTF writes it, marked as sensitive or not: the variable is. */
const REFERENCE = /\$\{(?:sensitive\()?([a-z0-9_]+\.[\w-]+\.\w+)\)?\}/;

/**
 * What nodes are given, with a variable's values in the place of what the resources of the identity hold: a plan that leaves
 * those out needs nothing of the cloud that they are in. Whoever runs Terraform reads the values from the state.
 *
 * A variable, and not an output that the stack reads from its own state: every stack that reads one output of another has
 * all of them in its state, so that the secret would lie in two.
 */
export function keptLogAccess(stack: TerraformStack, fleet: string, granted: NodeLogAccess): NodeLogAccess {
  const name = keptIdentityVariable(fleet);
  const kept = new TerraformVariable(stack, name, {
    type: "map(string)",
    sensitive: true,
    nullable: false,
    description: "What the last apply left of the identity by which nodes write logs",
  });
  const read = <T extends object>(values: T): T =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key,
        Token.isUnresolved(value) ? substituted(resolved(value, stack), kept) : (value as unknown),
      ]),
    ) as T;
  return { settings: read(granted.settings), secretFiles: read(granted.secretFiles) };
}

function resolved(value: unknown, scope: TerraformStack): string {
  const resolver = new DefaultTokenResolver(new StringConcat());
  return Tokenization.resolve(value, { scope, resolver, preparing: false }) as string;
}

function substituted(text: string, kept: TerraformVariable): string {
  // Split by a pattern with one group: plain text and references take turns.
  return text
    .split(REFERENCE)
    .map((part, index) => (index % 2 === 0 ? part : Token.asString(Fn.lookupNested(kept.value, [part]))))
    .join("");
}
