import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import type { Cloud, LeafChange, Planning, ResourceSimulation, Values } from "../../fleet/simulation";
import { addressRange } from "./simulation-addresses";
import { count, isObject, isWhollyKnown, refusal, ROUTE53, text, texts } from "./simulation-cloud";

/** What asks an endpoint over the network, and so has a port. */
const ENDPOINT_PORTS: Readonly<Record<string, number | undefined>> = {
  TCP: undefined,
  HTTP: 80,
  HTTP_STR_MATCH: 80,
  HTTPS: 443,
  HTTPS_STR_MATCH: 443,
};

/** A check of an endpoint from several regions, or of other checks. */
export const healthCheck: ResourceSimulation = {
  normalise: { type: (given) => given.toUpperCase() },
  suppress: { ip_address: sameAddress },
  plan: keepTriggers,
  create(planned, cloud) {
    refuse("creating Route53 Health Check", "CreateHealthCheck", planned, cloud);
    const id = randomUUID();
    return { id, arn: `arn:aws:route53:::healthcheck/${id}`, ...decided(planned) };
  },
  update(planned, prior, cloud) {
    const { id } = prior;
    refuse(`updating Route53 Health Check (${text(id)})`, "UpdateHealthCheck", planned, cloud);
    return decided(planned);
  },
  delete({ id }, cloud) {
    const parent = cloud
      .list("aws_route53_health_check")
      .find(({ attributes }) => texts(attributes["child_healthchecks"]).includes(text(id)));
    if (parent === undefined) return;
    throw refusal(`deleting Route53 Health Check (${text(id)})`, ROUTE53, "DeleteHealthCheck", [
      "HealthCheckInUse",
      `Health check ${text(id)} is in use by ${parent.id}`,
    ]);
  },
};

/**
 * What Route 53 decides where it is left to it:
 * https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
 */
function decided(planned: Values): Values {
  const type = text(planned["type"]);
  const isEndpoint = type in ENDPOINT_PORTS;
  return {
    enable_sni:
      planned["enable_sni"] === true ||
      (typeof planned["enable_sni"] !== "boolean" && type.startsWith("HTTPS")),
    failure_threshold: count(planned["failure_threshold"]) || (isEndpoint ? 3 : 0),
    port: count(planned["port"]) || (ENDPOINT_PORTS[type] ?? null),
    request_interval: count(planned["request_interval"]) || (isEndpoint ? 30 : null),
    triggers: isObject(planned["triggers"]) ? planned["triggers"] : {},
  };
}

/** @throws Refusal of a check that has nothing to look at */
function refuse(doing: string, operation: string, planned: Values, cloud: Cloud): void {
  const type = text(planned["type"]);
  const given = (name: string): boolean => text(planned[name]) !== "";
  const children = texts(planned["child_healthchecks"]);
  const unknown = children.find((id) => cloud.get("aws_route53_health_check", id) === undefined);
  const problems = [
    ...(type in ENDPOINT_PORTS && !given("ip_address") && !given("fqdn")
      ? [`A health check of type ${type} needs an IPAddress or a FullyQualifiedDomainName.`]
      : []),
    ...(type === "TCP" && count(planned["port"]) === 0 ? ["A health check of type TCP needs a Port."] : []),
    ...(type.endsWith("STR_MATCH") && !given("search_string")
      ? [`A health check of type ${type} needs a SearchString.`]
      : []),
    ...(type === "CALCULATED" && children.length === 0
      ? ["A health check of type CALCULATED needs ChildHealthChecks."]
      : []),
    ...(unknown === undefined ? [] : [`No health check exists with the specified ID ${unknown}.`]),
  ];
  if (problems.length > 0) throw refusal(doing, ROUTE53, operation, ["InvalidInput", problems.join(" ")]);
}

/** Triggers that are taken away, or of which one is unknown, stay as they were: to the SDK both are an empty map. */
function keepTriggers({ prior, planned }: Planning): void {
  const before = prior?.["triggers"];
  const now = planned["triggers"];
  const isEmpty = !isWhollyKnown(now) || (isObject(now) && Object.keys(now).length === 0);
  if (isObject(before) && Object.keys(before).length > 0 && isEmpty) planned["triggers"] = before;
}

/** However they are written; what is no address is like nothing. */
function sameAddress({ old, new: given }: LeafChange): boolean {
  return addressNumber(old) === addressNumber(given);
}

function addressNumber(address: string): bigint | undefined {
  const family = isIP(address);
  return family === 0 ? undefined : addressRange(`${address}/${family === 4 ? "32" : "128"}`)?.first;
}
