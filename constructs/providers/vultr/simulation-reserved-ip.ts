import { randomUUID } from "node:crypto";
import type { ResourceSimulation } from "../../fleet/simulation";
import { firstFree, text } from "../../fleet/simulated-values";
import { ignoreCase } from "./simulation-values";

const RESERVED_IP = "vultr_reserved_ip";

/** An address of one region. A fleet has no use for it: it cannot be announced anywhere else. */
export const reservedIp: ResourceSimulation = {
  suppress: { region: ignoreCase },
  create: (planned, cloud) => {
    const taken = cloud.list(RESERVED_IP).map(({ attributes }) => text(attributes["subnet"]));
    const v6 = planned["ip_type"] === "v6";
    return {
      ...planned,
      id: randomUUID(),
      label: text(planned["label"]),
      instance_id: text(planned["instance_id"]),
      // Ranges that lead nowhere: TEST-NET-2 (RFC 5737) and RFC 3849.
      subnet: firstFree(taken, (number) =>
        v6 ? `2001:db8:ffff:${number.toString(16)}::` : `198.51.100.${number}`,
      ),
      subnet_size: v6 ? 64 : 32,
    };
  },
  update: (planned) => ({
    ...planned,
    label: text(planned["label"]),
    instance_id: text(planned["instance_id"]),
  }),
};
