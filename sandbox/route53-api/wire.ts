/** Objects of the simulated Route 53 as its API writes them: https://docs.aws.amazon.com/Route53/latest/APIReference/ */
import { z } from "zod";
import type { CloudObject } from "../../constructs/fleet/simulation";
import { element, field, type Xml } from "./xml";

// Attributes as Terraform holds them, as far as they are needed; what is not given may be null, empty or zero.
const text = z.string().nullish();
const zoneAttributes = z.object({
  ...{ name: z.string(), comment: text, primary_name_server: z.string() },
  ...{ name_servers: z.array(z.string()), vpc: z.array(z.unknown()).nullish() },
});
const one = <T extends z.ZodType>(block: T) => z.array(block).nullish();
const recordAttributes = z.object({
  ...{ zone_id: z.string(), fqdn: z.string(), type: z.string(), set_identifier: text, health_check_id: text },
  ...{ ttl: z.number().nullish(), records: z.array(z.string()).nullish() },
  multivalue_answer_routing_policy: z.boolean().nullish(),
  alias: one(z.object({ name: z.string(), zone_id: z.string(), evaluate_target_health: z.boolean() })),
  weighted_routing_policy: one(z.object({ weight: z.number() })),
  failover_routing_policy: one(z.object({ type: z.string() })),
  geolocation_routing_policy: one(z.object({ continent: text, country: text, subdivision: text })),
  latency_routing_policy: one(z.unknown()),
  geoproximity_routing_policy: one(z.unknown()),
  cidr_routing_policy: one(z.unknown()),
});
const checkAttributes = z.object({
  ...{ type: z.string(), ip_address: text, fqdn: text, port: z.number().nullish() },
  ...{ request_interval: z.number().nullish(), failure_threshold: z.number().nullish() },
  ...{ invert_healthcheck: z.boolean().nullish(), disabled: z.boolean().nullish() },
  ...{ child_healthchecks: z.array(z.string()).nullish(), child_health_threshold: z.number().nullish() },
  regions: z.array(z.string()).nullish(),
});

/** What is named by name, type and identifier. */
export interface RecordSetJson {
  readonly name: string;
  readonly type: string;
  readonly identifier: string;
  readonly xml: Xml;
}

/** The zone's name as the API has it. */
export function zoneName({ attributes }: CloudObject): string {
  return wireName(zoneAttributes.parse(attributes).name);
}

export function zoneXml(zone: CloudObject, records: readonly CloudObject[]): Xml {
  const { comment, vpc } = zoneAttributes.parse(zone.attributes);
  return element(
    "HostedZone",
    field("Id", `/hostedzone/${zone.id}`),
    field("Name", zoneName(zone)),
    field("CallerReference", zone.id),
    element("Config", field("Comment", comment), field("PrivateZone", (vpc ?? []).length > 0)),
    field("ResourceRecordSetCount", recordSetsOf(zone, records).length),
  );
}

export function delegationXml({ attributes }: CloudObject): Xml {
  const servers = zoneAttributes.parse(attributes).name_servers;
  return element(
    "DelegationSet",
    element("NameServers", ...servers.map((server) => field("NameServer", server))),
  );
}

/** Those of the zone, and the two that every zone has at its apex unless a record says otherwise. */
export function recordSetsOf(zone: CloudObject, records: readonly CloudObject[]): readonly RecordSetJson[] {
  const { primary_name_server: primary, name_servers: servers } = zoneAttributes.parse(zone.attributes);
  const apex = zoneName(zone);
  const own = records
    .map(({ attributes }) => recordAttributes.parse(attributes))
    .filter((record) => record.zone_id === zone.id && isSimulated(record));
  // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/SOA-NSrecords.html
  const soa = `${primary}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`;
  const defaults = [
    { type: "NS", ttl: 172_800, records: servers.map((server) => `${server}.`) },
    { type: "SOA", ttl: 900, records: [soa] },
  ]
    .filter(({ type }) => !own.some((record) => record.type === type && wireName(record.fqdn) === apex))
    .map((record) => ({ ...record, zone_id: zone.id, fqdn: apex.slice(0, -1) }));
  return [...defaults, ...own].map((record) => ({
    name: wireName(record.fqdn),
    type: record.type,
    identifier: ("set_identifier" in record ? record.set_identifier : undefined) ?? "",
    xml: recordXml(record),
  }));
}

/** Nothing routes by latency, proximity or network here. */
function isSimulated(held: z.infer<typeof recordAttributes>): boolean {
  const policies = [held.latency_routing_policy, held.geoproximity_routing_policy, held.cidr_routing_policy];
  return policies.every((policy) => (policy ?? []).length === 0);
}

function recordXml(held: z.infer<typeof recordAttributes>): Xml {
  const [alias] = held.alias ?? [];
  const [place] = held.geolocation_routing_policy ?? [];
  const values = (held.records ?? []).map((value) => (held.type === "TXT" ? `"${value}"` : value));
  return element(
    "ResourceRecordSet",
    field("Name", wireName(held.fqdn)),
    field("Type", held.type),
    field("SetIdentifier", held.set_identifier),
    field("Weight", held.weighted_routing_policy?.[0]?.weight),
    field("Failover", held.failover_routing_policy?.[0]?.type),
    place &&
      element(
        "GeoLocation",
        field("ContinentCode", place.continent),
        field("CountryCode", place.country),
        field("SubdivisionCode", place.subdivision),
      ),
    held.multivalue_answer_routing_policy === true ? field("MultiValueAnswer", true) : undefined,
    ...(alias === undefined
      ? [
          field("TTL", held.ttl ?? 0),
          element(
            "ResourceRecords",
            ...values.map((value) => element("ResourceRecord", field("Value", value))),
          ),
        ]
      : [
          element(
            "AliasTarget",
            field("HostedZoneId", alias.zone_id),
            field("DNSName", wireName(alias.name)),
            field("EvaluateTargetHealth", alias.evaluate_target_health),
          ),
        ]),
    field("HealthCheckId", held.health_check_id),
  );
}

export function healthCheckXml({ id, attributes }: CloudObject): Xml {
  const held = checkAttributes.parse(attributes);
  const { regions, child_healthchecks: children } = held;
  return element(
    "HealthCheck",
    field("Id", id),
    field("CallerReference", id),
    element(
      "HealthCheckConfig",
      field("IPAddress", held.ip_address),
      field("Port", held.port),
      field("Type", held.type),
      field("FullyQualifiedDomainName", held.fqdn),
      field("RequestInterval", held.request_interval),
      field("FailureThreshold", held.failure_threshold),
      field("Inverted", held.invert_healthcheck ?? false),
      field("Disabled", held.disabled ?? false),
      field("HealthThreshold", held.child_health_threshold),
      children?.length
        ? element("ChildHealthChecks", ...children.map((child) => field("ChildHealthCheck", child)))
        : undefined,
      regions?.length ? element("Regions", ...regions.map((region) => field("Region", region))) : undefined,
    ),
    field("HealthCheckVersion", 1),
  );
}

/**
 * What a check's observers say: here they all say what came out of it.
 * @param up undefined: nobody has looked yet.
 */
export function observationsXml({ attributes }: CloudObject, up: boolean | undefined, at: Date): Xml {
  const { regions } = checkAttributes.parse(attributes);
  const observers = up === undefined ? [] : regions?.length ? regions : ["us-east-1"];
  const status = up === true ? "Success: the endpoint answers." : "Failure: the endpoint does not answer.";
  return element(
    "HealthCheckObservations",
    ...observers.map((region) =>
      element(
        "HealthCheckObservation",
        field("Region", region),
        element("StatusReport", field("Status", status), field("CheckedTime", at.toISOString())),
      ),
    ),
  );
}

/** With a dot at the end, and `*` in octal: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html */
function wireName(name: string): string {
  return `${name.replaceAll("*", "\\052")}.`;
}
