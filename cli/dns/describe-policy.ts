import type { Traffic, TrafficPolicy } from "../../constructs/dns/traffic-policy";

/** `weighted aws 25, stackpath 75; EUROPE: failover aws, stackpath`. */
export function describePolicy({ policy, within }: Pick<Traffic, "policy" | "within">): string {
  return [describe(policy), ...within.map((each) => `${each.region}: ${describe(each.policy)}`)].join("; ");
}

function describe(policy: TrafficPolicy): string {
  switch (policy.kind) {
    case "weighted":
      return `weighted ${numbers(policy.weights)}`;
    case "cost":
      return `cost ${numbers(policy.prices)}`;
    case "failover":
      return `failover ${policy.order.join(", ")}`;
    case "round-robin":
    case "capacity":
      return policy.kind;
  }
}

function numbers(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}
