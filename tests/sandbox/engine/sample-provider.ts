import { randomUUID } from "node:crypto";
import type {
  BlockSchema,
  ProviderSimulation,
  ResourceBehaviour,
  ResourceSimulation,
} from "../../../constructs/fleet/simulation";

/** A made-up provider with one resource type of each SDK, to test the engine apart from any real plugin. */
export function sampleProvider({
  block = SAMPLE_BLOCK,
  behaviour = {},
  resource = {},
}: {
  block?: BlockSchema;
  behaviour?: ResourceBehaviour;
  resource?: Partial<ResourceSimulation>;
} = {}): ProviderSimulation {
  return {
    source: "acme/sample",
    schema: {
      provider: { version: 0, block: { attributes: { region: { type: "string", optional: true } } } },
      resource_schemas: { sample_thing: { version: 0, block }, sample_modern: { version: 0, block } },
    },
    behaviour: {
      sample_thing: behaviour,
      sample_modern: { ...behaviour, "*": { engine: "framework" } } as ResourceBehaviour,
    },
    resources: {
      sample_thing: {
        create: (planned, cloud) => ({
          ...planned,
          id: randomUUID(),
          where: cloud.provider["region"] ?? "nowhere",
        }),
        update: (planned) => ({ ...planned }),
        ...resource,
      },
      sample_modern: {
        create: (planned) => ({ ...planned, id: randomUUID(), where: "somewhere" }),
        update: (planned) => ({ ...planned }),
        ...resource,
      },
    },
  };
}

export const SAMPLE_BLOCK: BlockSchema = {
  attributes: {
    id: { type: "string", optional: true, computed: true },
    name: { type: "string", required: true },
    note: { type: "string", optional: true },
    size: { type: "number", optional: true },
    where: { type: "string", computed: true },
    labels: { type: ["map", "string"], optional: true },
  },
};
