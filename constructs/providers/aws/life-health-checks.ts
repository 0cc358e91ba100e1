import type { Monitor } from "../../fleet/cloud-life";
import type { CloudObjects, Values } from "../../fleet/simulation";
import { AWS_DATA } from "./simulation-data";
import { positionIn } from "../../fleet/simulated-values";
import { REGION_POSITIONS } from "./region-positions";
import { count, isObject, text, texts } from "./simulation-cloud";

/** Where Route 53 checks from unless it is told: everywhere. There is one checker a region here. */
const CHECKER_REGIONS = AWS_DATA.behaviour["aws_route53_health_check"]?.["regions"]?.one_of ?? [];

/** https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html */
const HEALTHY_ABOVE_PERCENT = 18;

/**
 * The health checks that look at an address; each moves the feed of its own id. Those that look at other checks or at
 * alarms, or at a host name, look at nothing here.
 */
export function healthChecks(objects: CloudObjects): Monitor[] {
  return objects.list("aws_route53_health_check").flatMap(({ id, attributes: check }) => {
    const probe = probeOf(check);
    if (probe === undefined) return [];
    const regions = texts(check["regions"]);
    return [
      {
        id,
        name: nameOf(check) ?? id,
        active: check["disabled"] !== true,
        probe,
        from: (regions.length > 0 ? regions : CHECKER_REGIONS).map((region) => ({
          name: region,
          position: positionIn(REGION_POSITIONS, region),
        })),
        frequencySeconds: count(check["request_interval"]),
        rapidRecheck: false,
        looksInARow: count(check["failure_threshold"]),
        policy: { upAbovePercent: HEALTHY_ABOVE_PERCENT },
        feeds: [id],
      },
    ];
  });
}

function probeOf(check: Values): Monitor["probe"] | undefined {
  const type = text(check["type"]);
  const [address, port] = [text(check["ip_address"]), count(check["port"])];
  if (address === "") return undefined;
  if (type === "TCP") return { kind: "tcp", address, port };
  if (!type.startsWith("HTTP")) return undefined;
  return { kind: "http", address, port, path: text(check["resource_path"]) || "/" };
}

/** What the console shows for a name. */
function nameOf({ tags }: Values): string | undefined {
  return isObject(tags) && text(tags["Name"]) !== "" ? text(tags["Name"]) : undefined;
}
