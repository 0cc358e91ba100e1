import { roundRobin, type Traffic, type TrafficPolicy } from "../constructs/dns/traffic-policy";
import type { Environment } from "../constructs/fleet/environment";
import { fleetStackName } from "./stack-names";

/**
 * The environment as it will be without one of its fleets: without what its traffic policies, its rollouts and its waivers
 * say of that fleet. Who is left alone gets all traffic, whatever the policy was.
 */
export function leaveFleetOut(environment: Environment, fleet: string): Environment {
  const fleets = environment.fleets.filter(({ name }) => name !== fleet);
  if (fleets.length === environment.fleets.length) return environment;
  const { dns, rollout, waivers } = environment;
  const without = (policy: TrafficPolicy) =>
    fleets.length === 1 ? roundRobin() : policyWithout(policy, fleet);
  const traffic: Traffic = {
    ...dns.traffic,
    policy: without(dns.traffic.policy),
    within: dns.traffic.within.map(({ region, policy }) => ({ region, policy: without(policy) })),
  };
  return {
    ...environment,
    fleets,
    dns: { ...dns, traffic },
    ...(rollout !== undefined && {
      rollout: {
        ...rollout,
        ...(rollout.order !== undefined && { order: rollout.order.filter((name) => name !== fleet) }),
        ...(rollout.firstSites !== undefined && { firstSites: omit(rollout.firstSites, fleet) }),
      },
    }),
    ...(waivers !== undefined && {
      waivers: waivers.filter(({ resource }) => resource?.split("/", 1)[0] !== fleetStackName(fleet)),
    }),
  };
}

function policyWithout(policy: TrafficPolicy, fleet: string): TrafficPolicy {
  switch (policy.kind) {
    case "weighted":
      return { ...policy, weights: omit(policy.weights, fleet) };
    case "cost":
      return { ...policy, prices: omit(policy.prices, fleet) };
    case "failover":
      return { ...policy, order: policy.order.filter((name) => name !== fleet) };
    case "round-robin":
    case "capacity":
      return policy;
  }
}

function omit<T>(byFleet: Readonly<Record<string, T>>, fleet: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(byFleet).filter(([name]) => name !== fleet));
}
