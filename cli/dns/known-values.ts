import { z } from "zod";
import type { Environment } from "../../constructs/fleet/environment";
import type { CloudObjects, Values } from "../../constructs/fleet/simulation";
import type { LiveStore } from "../../live/live-store";
import { EDGE_DNS, fleetStackNames } from "../../live/stack-names";
import type { KnownValues } from "./dns-objects";

const stateSchema = z.object({
  outputs: z.record(z.string(), z.object({ value: z.unknown() })).default({}),
  resources: z
    .array(
      z.object({
        ...{ mode: z.string(), type: z.string(), name: z.string() },
        instances: z.array(z.object({ attributes: z.record(z.string(), z.unknown()) })),
      }),
    )
    .default([]),
});

/** What was last applied of DNS, and of the fleets that it leads to. */
export interface AppliedDns {
  readonly known: KnownValues;
  /** The objects as Terraform remembers them; none: the stack is not deployed. */
  readonly objects: CloudObjects;
}

/** Reads the states of the DNS stack and of the fleets' stacks. */
export async function appliedDns(environment: Environment, store: LiveStore): Promise<AppliedDns> {
  const stacks = [EDGE_DNS, ...fleetStackNames(environment)];
  const states = new Map(
    await Promise.all(
      stacks.map(async (stack) => [stack, stateSchema.parse((await store.readState(stack)) ?? {})] as const),
    ),
  );
  const resources = (states.get(EDGE_DNS)?.resources ?? []).filter(({ mode }) => mode === "managed");
  const find = (type: string, name: string): Readonly<Record<string, unknown>> | undefined =>
    resources.find((resource) => resource.type === type && resource.name === name)?.instances[0]?.attributes;
  return {
    known: {
      attribute: (type, name, attribute) => find(type, name)?.[attribute],
      output: (stack, output) => {
        const value = states.get(stack)?.outputs[output]?.value;
        return typeof value === "string" ? value : undefined;
      },
    },
    objects: {
      list: (wanted) =>
        resources
          .filter(({ type }) => type === wanted)
          .flatMap(({ type, instances }) =>
            instances.map(({ attributes }) => ({
              ...{ provider: "", type, id: String(attributes["id"]) },
              attributes: attributes as Values,
            })),
          ),
    },
  };
}
