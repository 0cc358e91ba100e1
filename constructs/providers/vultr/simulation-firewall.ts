import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import { Refusal, type CloudObjects, type ResourceSimulation, type Values } from "../../fleet/simulation";
import type { OpenPorts } from "../../fleet/cloud-life";
import { LAST_PORT, openPorts } from "../../fleet/open-ports";
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

/** What everybody reaches of an instance with this firewall group; `""` stands for none, which stops nobody. */
export function openPortsOf(group: string, objects: CloudObjects): readonly OpenPorts[] {
  if (group === "") return openPorts([], () => true);
  const rules = objects
    .list(FIREWALL_RULE)
    .map(({ attributes }) => attributes)
    .filter((rule) => rule["firewall_group_id"] === group)
    .map((rule) => ({ ...rule, ...rangeOf(text(rule["port"])) }));
  return openPorts(rules, ({ family, protocol, port }) => {
    const ipType = family === "ipv6" ? "v6" : "v4";
    return rules.some(
      (rule: Values & Range) =>
        rule["ip_type"] === ipType &&
        rule["subnet"] === EVERYBODY[ipType] &&
        rule["subnet_size"] === 0 &&
        rule["protocol"] === protocol.toLowerCase() &&
        port >= rule.from &&
        port <= rule.to,
    );
  });
}

type Range = Pick<OpenPorts, "from" | "to">;

/** A port, `8000:9000`, or nothing for all. */
function rangeOf(ports: string): Range {
  if (ports === "") return { from: 1, to: LAST_PORT };
  const [from = NaN, to = from] = ports.split(":").map(Number);
  return { from, to };
}
