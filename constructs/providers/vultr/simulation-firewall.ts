import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import { Refusal, type CloudObjects, type ResourceSimulation, type Values } from "../../fleet/simulation";
import { firstFree, text } from "../../fleet/simulated-values";
import { ignoreCase, SIMULATED_DATE } from "./simulation-values";

export const FIREWALL_GROUP = "vultr_firewall_group";
export const FIREWALL_RULE = "vultr_firewall_rule";

const storedGroup = (planned: Values, id: string): Values => ({
  ...planned,
  id,
  description: text(planned["description"]),
  date_created: SIMULATED_DATE,
  date_modified: SIMULATED_DATE,
});

export const firewallGroup: ResourceSimulation = {
  create: (planned) => storedGroup(planned, randomUUID()),
  update: (planned, prior) => storedGroup(planned, text(prior["id"])),
  // Its rules go with it.
  delete: ({ id }, cloud) => {
    const rules = cloud
      .list(FIREWALL_RULE)
      .filter(({ attributes }) => attributes["firewall_group_id"] === id);
    for (const rule of rules) cloud.remove(FIREWALL_RULE, rule.id);
  },
};

/** The service numbers the rules of each group; here all together, since the number alone is the plugin's id. */
export const firewallRule: ResourceSimulation = {
  validate: ({ subnet }) =>
    typeof subnet === "string" && isIP(subnet) === 0
      ? [
          {
            severity: "error",
            summary: `expected subnet to contain a valid IP, got: ${subnet}`,
            path: ["subnet"],
          },
        ]
      : [],
  suppress: { subnet: ignoreCase },
  create: (planned, cloud) => {
    const taken = cloud.list(FIREWALL_RULE).map(({ id }) => id);
    return {
      ...planned,
      id: firstFree(taken, String),
      notes: text(planned["notes"]),
      port: text(planned["port"]),
      source: text(planned["source"]),
    };
  },
  find: (importId, cloud) => {
    const [group, id] = importId.split(",");
    if (id === undefined) {
      throw new Refusal('invalid import format, expected "firewallGroupID,firewallRuleID"');
    }
    return cloud
      .list(FIREWALL_RULE)
      .find((rule) => rule.id === id && rule.attributes["firewall_group_id"] === group);
  },
};

/** Whom a rule lets in where everybody may come. */
const EVERYBODY = { v4: "0.0.0.0", v6: "::" } as const;

/** Whether everybody reaches a port of an instance with this firewall group; `""` stands for none, which stops nobody. */
export function isOpen(
  group: string,
  port: { readonly port: number; readonly protocol: "TCP" | "UDP"; readonly family: "v4" | "v6" },
  objects: CloudObjects,
): boolean {
  if (group === "") return true;
  return objects
    .list(FIREWALL_RULE)
    .map(({ attributes }) => attributes)
    .filter(
      (rule) =>
        rule["firewall_group_id"] === group &&
        rule["ip_type"] === port.family &&
        rule["subnet"] === EVERYBODY[port.family] &&
        rule["subnet_size"] === 0 &&
        rule["protocol"] === port.protocol.toLowerCase(),
    )
    .some((rule) => has(text(rule["port"]), port.port));
}

/** A port, `8000:9000`, or nothing for all. */
function has(ports: string, port: number): boolean {
  if (ports === "") return true;
  const [first = NaN, last = first] = ports.split(":").map(Number);
  return port >= first && port <= last;
}
