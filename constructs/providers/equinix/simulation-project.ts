import { randomUUID } from "node:crypto";
import {
  Refusal,
  type Diagnostic,
  type ResourceSimulation,
  type Value,
  type Values,
} from "../../fleet/simulation";
import { text } from "../../fleet/simulated-values";
import { SIMULATED_DATE } from "./simulation-values";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** The organization and the way to pay that a user has by default. */
const ORGANIZATION = "00000000-0000-4000-8000-00000000000a";
const PAYMENT_METHOD = "00000000-0000-4000-8000-00000000000b";
/** https://docs.equinix.com/metal/bgp/bgp-on-equinix-metal */
const MAX_PREFIX = 10;

/**
 * A project, with its BGP configuration if it has one.
 * https://github.com/equinix/terraform-provider-equinix/blob/v4.16.1/internal/resources/metal/project/resource.go
 */
export const project: ResourceSimulation = {
  validate: (config) => [
    ...["organization_id", "payment_method_id"].flatMap((name) => notUuid(name, config[name])),
    ...moreThanOne(configsOf(config)),
  ],
  plan({ prior, planned }) {
    if (prior === null) return;
    const [before] = configsOf(prior);
    const [after] = configsOf(planned);
    if (before !== undefined && after === undefined) {
      throw new Refusal(
        "Change not allowed",
        "Elements of the `bgp_config` list field can not be removed. Resource recreation would be required.",
      );
    }
    if (before !== undefined && before["asn"] !== after?.["asn"]) {
      throw new Refusal(
        "Change not allowed",
        "Cannot update value of `asn`. Resource recreation would be required.",
      );
    }
  },
  create: (planned) => stored(planned, randomUUID()),
  update: (planned, prior) => stored(planned, text(prior["id"])),
};

/** Whether the project's devices can have sessions, of that deployment type if one is named. */
export function hasBgp(attributes: Values, deployment?: "local" | "global"): boolean {
  return configsOf(attributes).some(
    ({ status, deployment_type: type }) =>
      status === "enabled" && (deployment === undefined || type === deployment),
  );
}

function stored(planned: Values, id: string): Values {
  return {
    ...planned,
    id,
    created: SIMULATED_DATE,
    updated: SIMULATED_DATE,
    organization_id: given(planned["organization_id"]) ?? ORGANIZATION,
    payment_method_id: given(planned["payment_method_id"]) ?? PAYMENT_METHOD,
    bgp_config: configsOf(planned).map((config) => ({
      ...config,
      // Local BGP is usable at once; people look at requests for global BGP.
      status: config["deployment_type"] === "local" ? "enabled" : "requested",
      max_prefix: MAX_PREFIX,
    })),
  };
}

function configsOf(attributes: Values): Values[] {
  const configs = attributes["bgp_config"];
  return Array.isArray(configs) ? (configs as Values[]) : [];
}

function given(value: Value | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function notUuid(name: string, value: Value | undefined): Diagnostic[] {
  if (typeof value !== "string" || UUID.test(value)) return [];
  return [
    {
      severity: "error",
      summary: "Invalid Attribute Value Match",
      detail: `Attribute ${name} value must be a valid UUID, got: ${value}`,
      path: [name],
    },
  ];
}

function moreThanOne(configs: readonly Values[]): Diagnostic[] {
  if (configs.length <= 1) return [];
  return [
    {
      severity: "error",
      summary: "Invalid Attribute Value",
      detail: `Attribute bgp_config list must contain at most 1 elements, got: ${configs.length}`,
      path: ["bgp_config"],
    },
  ];
}
