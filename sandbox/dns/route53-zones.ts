import { z } from "zod";
import type { RecordSource } from "./record-source";
import type { Records, Route53Record, Routing } from "./route53-answers";
import { readHealthChecks, type HealthChecks } from "./route53-health";
import { ancestors, canonical, SERVED_TYPES, type RecordSet, type RoutedSet, type Zone } from "./zone";

// The attributes as Terraform holds them: what is not given may be null, empty or zero.
const zoneAttributes = z.object({
  zone_id: z.string(),
  name: z.string(),
  name_servers: z.array(z.string()),
  primary_name_server: z.string(),
  vpc: z.array(z.unknown()).nullish(),
});
const text = z.string().nullish();
const recordAttributes = z.object({
  zone_id: z.string(),
  fqdn: z.string(),
  type: z.string(),
  ttl: z.number().nullish(),
  records: z.array(z.string()).nullish(),
  health_check_id: text,
  multivalue_answer_routing_policy: z.boolean().nullish(),
  alias: z.array(z.object({ name: z.string(), evaluate_target_health: z.boolean() })).nullish(),
  weighted_routing_policy: z.array(z.object({ weight: z.number() })).nullish(),
  failover_routing_policy: z.array(z.object({ type: z.enum(["PRIMARY", "SECONDARY"]) })).nullish(),
  geolocation_routing_policy: z
    .array(z.object({ continent: text, country: text, subdivision: text }))
    .nullish(),
  latency_routing_policy: z.array(z.unknown()).nullish(),
  geoproximity_routing_policy: z.array(z.unknown()).nullish(),
  cidr_routing_policy: z.array(z.unknown()).nullish(),
});
type RecordAttributes = z.infer<typeof recordAttributes>;

/** Of every zone: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/SOA-NSrecords.html; in seconds. */
const SOA = { ttl: 900, refresh: 7200, retry: 900, expiry: 1_209_600, nxTtl: 86_400 };
const HOSTMASTER = "awsdns-hostmaster@amazon.com";
const NS_TTL = 172_800;

/**
 * The public zones that the simulated Route 53 holds at this moment. Left out are records of other types than the served
 * ones, and those that are routed by latency, proximity or network: nothing of that is simulated.
 */
export function readRoute53Zones(source: RecordSource): Zone[] {
  const records = source
    .list("aws_route53_record")
    .map(({ attributes }) => recordAttributes.parse(attributes));
  const healthChecks = readHealthChecks(source);
  return source
    .list("aws_route53_zone")
    .map(({ attributes }) => zoneAttributes.parse(attributes))
    .filter(({ vpc }) => (vpc ?? []).length === 0)
    .map((held) =>
      readZone(
        held,
        records.filter(({ zone_id: id }) => id === held.zone_id).flatMap(readRecord),
        healthChecks,
      ),
    );
}

function readZone(held: z.infer<typeof zoneAttributes>, given: Records, healthChecks: HealthChecks): Zone {
  const name = canonical(held.name);
  const routed = [...given, ...nameservers(name, held.name_servers, given)];
  const records = new Map<string, RecordSet[]>();
  for (const { name: owner, type } of routed) {
    const sets = records.get(owner) ?? [];
    const served = SERVED_TYPES.find((each) => each === type);
    if (served === undefined || sets.some((set) => set.type === type)) continue;
    const set: RoutedSet = { type: served, owner, routed, healthChecks };
    records.set(owner, [...sets, set]);
  }
  return {
    name,
    ...SOA,
    nameservers: [held.primary_name_server, ...held.name_servers],
    hostmaster: HOSTMASTER,
    names: new Set([...records.keys()].flatMap((owner) => [...ancestors(owner, name)])),
    records,
  };
}

/** The apex has the zone's name servers unless a record of its own says otherwise. */
function nameservers(zone: string, values: readonly string[], given: Records): Records {
  if (given.some(({ name, type }) => name === zone && type === "NS")) return [];
  return [{ name: zone, type: "NS", ttl: NS_TTL, values, routing: { kind: "simple" } }];
}

function readRecord(held: RecordAttributes): Route53Record[] {
  const routing = routingOf(held);
  if (routing === undefined) return [];
  const [alias] = held.alias ?? [];
  const healthCheck = held.health_check_id ?? "";
  return [
    {
      name: canonical(held.fqdn),
      type: held.type,
      ttl: held.ttl ?? 0,
      values: held.records ?? [],
      routing,
      ...(alias === undefined
        ? {}
        : {
            alias: {
              // `*` as the API writes it: in octal.
              name: canonical(alias.name.replace(/^\\052\./, "*.")),
              evaluateTargetHealth: alias.evaluate_target_health,
            },
          }),
      ...(healthCheck === "" ? {} : { healthCheck }),
    },
  ];
}

/** Undefined: by what is not simulated. */
function routingOf(held: RecordAttributes): Routing | undefined {
  const [weighted] = held.weighted_routing_policy ?? [];
  const [failover] = held.failover_routing_policy ?? [];
  const [place] = held.geolocation_routing_policy ?? [];
  const others = ["latency_routing_policy", "geoproximity_routing_policy", "cidr_routing_policy"] as const;
  if (others.some((name) => (held[name] ?? []).length > 0)) return undefined;
  if (weighted !== undefined) return { kind: "weighted", weight: weighted.weight };
  if (failover !== undefined) return { kind: "failover", role: failover.type };
  if (place !== undefined) {
    const given = Object.entries(place).filter(
      ([, code]) => code !== null && code !== undefined && code !== "",
    );
    return { kind: "geolocation", location: Object.fromEntries(given) };
  }
  return { kind: held.multivalue_answer_routing_policy === true ? "multivalue" : "simple" };
}
