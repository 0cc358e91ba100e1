import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { Route53Record, type Route53RecordConfig } from "@cdktf/provider-aws/lib/route53-record";
import { Route53Zone } from "@cdktf/provider-aws/lib/route53-zone";
import { TerraformOutput } from "cdktf";
import { Construct } from "constructs";
import { z } from "zod";
import { AWS_POLICIES } from "../../providers/aws/aws-policies";
import { environmentTags } from "../../providers/aws/owner-tags";
import { SANDBOX_CREDENTIALS } from "../../providers/aws/sandbox-credentials";
import type { Problem } from "../../fleet/problem";
import { awsCredential } from "../../secrets/aws-credential";
import type { DnsBackend, DnsProps, DnsTarget } from "../dns-backend";
import { shedsLoad, trafficPolicySchema, type RegionalPolicy, type TrafficPolicy } from "../traffic-policy";
import { CHECKER_REGIONS, FleetChecks, type CheckerRegion } from "./fleet-checks";
import { checkRegions, type Route53Region } from "./locations";
import { route53Api } from "./route53-api";
import { steeredNames, WILDCARD, worstRounding, type Routing, type SteeredName } from "./steered-names";

export interface Route53Options {
  /** Not `capacity()` or `cost()`: Route 53 knows no load. */
  readonly policy: TrafficPolicy;
  /** Regions where another policy holds. Default: none. */
  readonly within?: readonly RegionalPolicy<Route53Region>[];
  /** Seconds that resolvers may keep an answer, so also those for which a fleet that fails is asked. Default: 60. */
  readonly ttl?: number;
  /** Which fleets AAAA records hold: see `DnsBackend`. Default: `all`. */
  readonly ipv6?: DnsBackend["ipv6"];
  /** Where health is checked from, three at least. Default: everywhere. */
  readonly healthCheckRegions?: readonly CheckerRegion[];
}

const optionsSchema = z.strictObject({
  policy: trafficPolicySchema,
  within: z.array(z.strictObject({ region: z.string(), policy: trafficPolicySchema })).optional(),
  ttl: z.number().optional(),
  ipv6: z.enum(["all", "partial", "none"]).optional(),
  healthCheckRegions: z.array(z.enum(CHECKER_REGIONS)).min(3).optional(),
});

/** DNS at Route 53, in the AWS account whose credentials are in the environment. */
export function route53(options: Route53Options): DnsBackend {
  const { policy, within = [], ttl = 60, ipv6 = "all", healthCheckRegions } = options;
  // No policy that is allowed here sheds load, so the watermarks mean nothing.
  const traffic = { policy, within, watermarks: { low: 0, high: 100 } };
  return {
    name: "route53",
    options,
    optionsSchema,
    traffic,
    ttl,
    ipv6,
    check: ({ listeners }) => [
      ...checkPolicy(policy, "dns.policy"),
      ...within.flatMap((regional) => checkPolicy(regional.policy, `dns.within.${regional.region}`)),
      ...checkRegions(within.map(({ region }) => region)),
      ...(listeners.some(({ protocol }) => protocol === "TCP") ? [] : [NOTHING_TO_CHECK]),
    ],
    records: (scope, id, props) => {
      new Route53Edge(scope, id, { ...props, ttl, healthCheckRegions });
    },
    api: route53Api,
    credentials: [awsCredential],
    policies: AWS_POLICIES,
  };
}

function checkPolicy(policy: TrafficPolicy, where: string): readonly Problem[] {
  if (!shedsLoad(policy)) return [];
  return [
    {
      where,
      what: `Route 53 cannot carry out ${policy.kind}(): it chooses answers by health, weight and place, and knows no load`,
      remedy: "Use weighted({...}) with the weights that you want, or ns1({...}), which can.",
    },
  ];
}

const NOTHING_TO_CHECK: Problem = {
  where: "listeners",
  what: "there is no TCP port, and Route 53 cannot tell whether a fleet answers on any other",
  remedy: "Add a TCP listener, or use ns1({...}), which pings.",
};

interface EdgeProps extends DnsProps {
  readonly ttl: number;
  readonly healthCheckRegions: readonly CheckerRegion[] | undefined;
}

/** The edge's zone, and a wildcard in it that leads to the fleets as the policy says. */
export class Route53Edge extends Construct {
  /** Escape hatch: the zone, for further records. */
  public readonly zone: Route53Zone;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: EdgeProps,
  ) {
    super(scope, id);
    // Route 53 has no regions, but its requests are signed for this one.
    new AwsProvider(this, "aws", {
      region: "us-east-1",
      defaultTags: [{ tags: environmentTags(props.environment) }],
      ...(props.sandbox ? SANDBOX_CREDENTIALS : {}),
    });
    this.zone = new Route53Zone(this, "zone", {
      name: props.zone,
      // A new zone gets other name servers, and its delegation would be wrong until a person mends it.
      lifecycle: { preventDestroy: props.protect },
    });
    const checks = new FleetChecks(this, "health", { ...props, regions: props.healthCheckRegions });
    for (const type of ["A", "AAAA"] as const) {
      const targets = props.targets[type];
      if (targets.length > 0) this.steer(type, targets, checks);
    }
    for (const { id: tunnel, name, type, answers } of props.tunnels) {
      new Route53Record(this, `tunnels-${tunnel}`, {
        zoneId: this.zone.zoneId,
        name,
        type,
        ttl: props.ttl,
        // Several are answered with all at once, in an order of chance.
        records: [...answers],
      });
    }
    this.stateRounding();
  }

  private steer(type: "A" | "AAAA", targets: readonly DnsTarget[], checks: FleetChecks): void {
    const fleets = new Map(
      targets.map((target) => [
        target.name,
        { records: [target.address], healthCheckId: checks.of(target, type) },
      ]),
    );
    const made = new Map<string, readonly Route53Record[]>();
    for (const each of steeredNames(this.props.traffic, targets)) {
      const { name, answer } = each;
      const before = made.get(name) ?? [];
      const record =
        "alias" in answer
          ? this.record(type, each, {
              alias: {
                name: this.fqdn(answer.alias),
                zoneId: this.zone.zoneId,
                evaluateTargetHealth: answer.whenHealthy,
              },
              // Route 53 takes no alias of what is not there.
              dependsOn: [...(made.get(answer.alias) ?? [])],
            })
          : this.record(type, each, {
              ttl: this.props.ttl,
              records: fleets.get(answer.fleet)?.records ?? [],
              ...(answer.whenHealthy ? { healthCheckId: fleets.get(answer.fleet)?.healthCheckId ?? "" } : {}),
            });
      made.set(name, [...before, record]);
    }
  }

  private record(
    type: "A" | "AAAA",
    { name, setIdentifier, routing }: SteeredName,
    answer: Partial<Route53RecordConfig>,
  ): Route53Record {
    const label = name === WILDCARD ? "wildcard" : name.split(".").slice(0, -1).join("-");
    const id = [label, ...(setIdentifier === undefined ? [] : [setIdentifier]), type.toLowerCase()].join("-");
    return new Route53Record(this, id, {
      zoneId: this.zone.zoneId,
      name: this.fqdn(name),
      type,
      ...(setIdentifier === undefined ? {} : { setIdentifier }),
      ...policyOf(routing),
      ...answer,
      // What leads to a record goes elsewhere first; only then may the record go.
      lifecycle: { createBeforeDestroy: true },
    });
  }

  private fqdn(name: string): string {
    return `${name}.${this.props.zone}`;
  }

  /** In every plan: the shares are the policy's, but for this. */
  private stateRounding(): void {
    const { traffic, targets } = this.props;
    const worst = Math.max(worstRounding(traffic, targets.A), worstRounding(traffic, targets.AAAA));
    new TerraformOutput(this, "rounding", {
      value:
        worst < 1e-9
          ? "none"
          : `at most ${Number((100 * worst).toPrecision(2))} points of a fleet's share, whichever of them are healthy`,
      description: "How far Route 53's whole-numbered weights are from the shares of the policy",
      staticId: true,
    });
  }
}

function policyOf(routing: Routing): Partial<Route53RecordConfig> {
  switch (routing.kind) {
    case "simple":
      return {};
    case "multivalue":
      return { multivalueAnswerRoutingPolicy: true };
    case "weighted":
      return { weightedRoutingPolicy: { weight: routing.weight } };
    case "failover":
      return { failoverRoutingPolicy: { type: routing.role } };
    case "geolocation":
      return { geolocationRoutingPolicy: routing.location ?? { country: "*" } };
  }
}
