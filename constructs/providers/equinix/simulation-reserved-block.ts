import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { Refusal, type LeafChange, type ResourceSimulation, type Values } from "../../fleet/simulation";
import { firstFree, text } from "../../fleet/simulated-values";
import { existing, keptMetro, lowerCase, PROJECT, RESERVED_BLOCK } from "./simulation-values";

/** Sizes of a global block: https://docs.equinix.com/metal/networking/global-anycast-ips */
const GLOBAL_QUANTITIES = [1, 2, 4];

/**
 * A block of addresses. Reservations are granted at once here; beyond the project's quota people look at them.
 * https://github.com/equinix/terraform-provider-equinix/blob/v4.16.1/internal/resources/metal/reservedipblock/resource.go
 */
export const reservedBlock: ResourceSimulation = {
  normalise: { metro: lowerCase },
  suppress: {
    metro: keptMetro,
    facility: ({ old, new: given }) => old === given || (old !== "" && given === ""),
    custom_data: sameJson,
  },
  create(planned, cloud) {
    const failed = "error reserving IP address block";
    const isPlaced = text(planned["facility"]) !== "" || text(planned["metro"]) !== "";
    const type = text(planned["type"]);
    if (type === "global_ipv4" && isPlaced) {
      throw new Refusal("facility and metro can't be set for global IP block reservation");
    }
    if (type === "public_ipv4" && !isPlaced) {
      throw new Refusal("you should set either metro or facility for non-global IP block reservation");
    }
    existing(cloud, PROJECT, text(planned["project_id"]));
    const quantity = Number(planned["quantity"]);
    if (type === "global_ipv4" && !GLOBAL_QUANTITIES.includes(quantity)) {
      throw new Refusal(`${failed}: 422 Quantity must be 1, 2 or 4 for global IPv4 addresses`);
    }
    const taken = cloud.list(RESERVED_BLOCK).map(({ attributes }) => text(attributes["address"]));
    // A range that leads nowhere: RFC 2544. Each block has sixteen addresses of it to itself.
    const address = firstFree(taken, (number) => `198.18.${Math.floor(number / 16)}.${(number % 16) * 16}`);
    return blockOf(planned, randomUUID(), address);
  },
  update: (planned, prior) => blockOf(planned, text(prior["id"]), text(prior["address"])),
};

function blockOf(planned: Values, id: string, address: string): Values {
  const cidr = 32 - Math.log2(Number(planned["quantity"]));
  return {
    ...planned,
    id,
    address,
    network: address,
    gateway: "",
    netmask: cidr === 32 ? "255.255.255.255" : `255.255.255.${256 - 2 ** (32 - cidr)}`,
    address_family: 4,
    cidr,
    cidr_notation: `${address}/${cidr}`,
    public: true,
    global: planned["type"] === "global_ipv4",
    manageable: true,
    management: false,
  };
}

/** The plugin's `SuppressJsonDiff`. */
function sameJson({ old, new: given }: LeafChange): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(old), JSON.parse(given));
  } catch {
    return false;
  }
}
