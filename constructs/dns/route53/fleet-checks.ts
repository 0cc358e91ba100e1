import { Route53HealthCheck } from "@cdktf/provider-aws/lib/route53-health-check";
import { Construct } from "constructs";
import type { DnsProps, DnsTarget } from "../dns-backend";

/** Where Route 53's health checkers are. */
export const CHECKER_REGIONS = [
  "ap-northeast-1",
  "ap-southeast-1",
  "ap-southeast-2",
  "eu-west-1",
  "sa-east-1",
  "us-east-1",
  "us-west-1",
  "us-west-2",
] as const;
export type CheckerRegion = (typeof CHECKER_REGIONS)[number];

/** How often each checker looks, in seconds; Route 53 knows 10 too, for another price. */
const INTERVAL = 30;

/** After how many looks in a row with another result a checker changes its mind: Route 53's default. */
const FAILURES = 3;

/** Looks at the fleets' addresses from outside, on their first TCP port: Route 53 pings nothing, and asks nothing over UDP. */
export class FleetChecks extends Construct {
  public constructor(
    scope: Construct,
    id: string,
    private readonly props: Pick<DnsProps, "zone" | "listeners"> & {
      /** Undefined: from everywhere. */
      readonly regions: readonly CheckerRegion[] | undefined;
    },
  ) {
    super(scope, id);
  }

  /** Id of a check of this address. */
  public of({ name, address }: DnsTarget, type: "A" | "AAAA"): string {
    const { zone, listeners, regions } = this.props;
    const port = listeners.find(({ protocol }) => protocol === "TCP")?.port;
    const check = new Route53HealthCheck(this, `${name}-${type.toLowerCase()}`, {
      type: "TCP",
      ipAddress: address,
      ...(port === undefined ? {} : { port }),
      requestInterval: INTERVAL,
      failureThreshold: FAILURES,
      ...(regions === undefined ? {} : { regions: [...regions] }),
      // What the console shows for a name.
      tags: { Name: `${name}, ${type} of ${zone}` },
    });
    return check.id;
  }
}
