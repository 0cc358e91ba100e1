import { z } from "zod";
import type { FeedSource } from "./feeds";
import type { RecordSource } from "./record-source";

const attributes = z.object({
  id: z.string(),
  type: z.string(),
  disabled: z.boolean().nullish(),
  invert_healthcheck: z.boolean().nullish(),
  child_healthchecks: z.array(z.string()).nullish(),
  child_health_threshold: z.number().nullish(),
});

/** Health checks by id. */
export type HealthChecks = ReadonlyMap<string, z.infer<typeof attributes>>;

/** The health checks that the simulated Route 53 holds at this moment. */
export function readHealthChecks(source: RecordSource): HealthChecks {
  const checks = source.list("aws_route53_health_check").map((each) => attributes.parse(each.attributes));
  return new Map(checks.map((check) => [check.id, check]));
}

/**
 * Whether Route 53 considers a check healthy. What its checkers see is in the feed of its id; until they have seen
 * something, and when it is disabled, it counts as healthy, and inverted as the opposite:
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
 * A check that is gone says nothing, so nothing is unhealthy by it.
 */
export function isHealthy(id: string, checks: HealthChecks, feeds: FeedSource): boolean {
  const check = checks.get(id);
  if (check === undefined) return true;
  const children = check.child_healthchecks ?? [];
  const healthy = (): boolean =>
    check.type === "CALCULATED"
      ? children.filter((child) => isHealthy(child, checks, feeds)).length >=
        (check.child_health_threshold ?? 0)
      : feeds.feed(id)?.["up"] !== false;
  return (check.disabled === true || healthy()) !== (check.invert_healthcheck === true);
}
