import {
  GetHealthCheckCommand,
  GetHealthCheckStatusCommand,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  Route53ServiceException,
  type HealthCheckObservation,
  type HostedZone,
  type ListResourceRecordSetsCommandInput,
  type ResourceRecordSet,
} from "@aws-sdk/client-route-53";
import { PolycastError, show } from "../../fleet/problem";
import type { DnsApi, HeldDns } from "../dns-api";

const ENDPOINT = "https://route53.amazonaws.com";

/** In milliseconds, with the SDK's own repetitions. */
const ANSWER_WITHIN = 10_000;

/** https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html */
const HEALTHY_ABOVE = 0.18;

type Variables = Readonly<Record<string, string | undefined>>;
type Attributes = Readonly<Record<string, unknown>>;

/**
 * Route 53's API (https://docs.aws.amazon.com/Route53/latest/APIReference/), with the credentials of the AWS SDK's default
 * chain, at AWS_ENDPOINT_URL_ROUTE_53 where that is set.
 * @throws PolycastError where it cannot be used.
 */
export function route53Api(variables: Variables): DnsApi {
  const endpoint = endpointOf(variables["AWS_ENDPOINT_URL_ROUTE_53"] ?? "");
  return {
    endpoint,
    async held(zone) {
      const client = new Route53Client({
        // Route 53 has no regions, but its requests are signed for this one.
        ...{ region: "us-east-1", endpoint },
        ...credentialsOf(variables),
      });
      try {
        return await heldDns(client, zone);
      } catch (error) {
        if (error instanceof PolycastError) throw error;
        // It was deleted meanwhile.
        if ((error as Error).name === "NoSuchHostedZone") return undefined;
        throw problemOf(endpoint, error as Error);
      } finally {
        client.destroy();
      }
    },
  };
}

async function heldDns(client: Route53Client, zone: string): Promise<HeldDns | undefined> {
  const found = await zoneNamed(client, zone);
  if (found?.Id === undefined) return undefined;
  const id = found.Id.replace(/^\/hostedzone\//, "");
  const { DelegationSet: delegation } = await client.send(new GetHostedZoneCommand({ Id: id }), within());
  const nameServers = delegation?.NameServers ?? missing("DelegationSet");
  const sets = await recordSets(client, id);
  const start = sets.find(({ Type }) => Type === "SOA")?.ResourceRecords?.[0]?.Value?.split(" ")[0];
  const checks = await healthChecks(
    client,
    sets.flatMap(({ HealthCheckId }) => HealthCheckId ?? []),
  );
  return {
    nameServers,
    objects: {
      aws_route53_zone: [
        {
          ...{ id, zone_id: id, name: zone, name_servers: nameServers.toSorted(), vpc: [] },
          primary_name_server: start?.replace(/\.$/, "") ?? nameServers[0],
        },
      ],
      aws_route53_record: sets.map((set) => recordAttributes(id, set)),
      aws_route53_health_check: checks.map(({ attributes }) => attributes),
    },
    feeds: Object.fromEntries(
      checks.flatMap(({ id: check, up }) => (up === undefined ? [] : [[check, { up }]])),
    ),
  };
}

/** The public zone of that name. */
async function zoneNamed(client: Route53Client, zone: string): Promise<HostedZone | undefined> {
  // Those of that name are first in the list, and others follow.
  const { HostedZones: zones } = await client.send(
    new ListHostedZonesByNameCommand({ DNSName: zone }),
    within(),
  );
  const named = (zones ?? missing("HostedZones")).filter(
    ({ Name, Config }) => Name === `${zone}.` && Config?.PrivateZone !== true,
  );
  if (named.length <= 1) return named[0];
  throw new PolycastError("It is not known which zone of Route 53 is meant", [
    {
      where: zone,
      what: `is the name of ${named.length} public zones: ${named.map(({ Id }) => Id ?? "").join(", ")}`,
      remedy: "Delete those that nothing is delegated to.",
    },
  ]);
}

async function recordSets(client: Route53Client, zone: string): Promise<readonly ResourceRecordSet[]> {
  const sets: ResourceRecordSet[] = [];
  let from: Partial<ListResourceRecordSetsCommandInput> | undefined = {};
  while (from !== undefined) {
    const command: ListResourceRecordSetsCommand = new ListResourceRecordSetsCommand({
      HostedZoneId: zone,
      ...from,
    });
    const page = await client.send(command, within());
    sets.push(...(page.ResourceRecordSets ?? missing("ResourceRecordSets")));
    from =
      page.IsTruncated === true
        ? {
            StartRecordName: page.NextRecordName,
            StartRecordType: page.NextRecordType,
            StartRecordIdentifier: page.NextRecordIdentifier,
          }
        : undefined;
  }
  return sets;
}

interface HealthCheck {
  readonly id: string;
  readonly attributes: Attributes;
  /** Undefined: nobody has looked yet, or it looks at no endpoint. */
  readonly up: boolean | undefined;
}

async function healthChecks(client: Route53Client, ids: readonly string[]): Promise<readonly HealthCheck[]> {
  const checks: HealthCheck[] = [];
  for (const id of new Set(ids)) {
    try {
      const { HealthCheck: check } = await client.send(
        new GetHealthCheckCommand({ HealthCheckId: id }),
        within(),
      );
      const config = check?.HealthCheckConfig ?? missing("HealthCheckConfig");
      // The API gives no status of a check of other checks.
      const { HealthCheckObservations: observations } =
        config.Type === "CALCULATED"
          ? { HealthCheckObservations: [] }
          : await client.send(new GetHealthCheckStatusCommand({ HealthCheckId: id }), within());
      checks.push({
        id,
        attributes: {
          ...{ id, type: config.Type, disabled: config.Disabled, invert_healthcheck: config.Inverted },
          child_healthchecks: config.ChildHealthChecks,
          child_health_threshold: config.HealthThreshold,
        },
        up: isUp(observations ?? missing("HealthCheckObservations")),
      });
    } catch (error) {
      // A record may name a check that is gone.
      if ((error as Error).name !== "NoSuchHealthCheck") throw error;
    }
  }
  return checks;
}

function isUp(observations: readonly HealthCheckObservation[]): boolean | undefined {
  if (observations.length === 0) return undefined;
  const healthy = observations.filter(({ StatusReport }) => StatusReport?.Status?.startsWith("Success"));
  return healthy.length / observations.length > HEALTHY_ABOVE;
}

/** A record as Terraform's resource has it. */
function recordAttributes(zone: string, set: ResourceRecordSet): Attributes {
  const { GeoLocation: place, AliasTarget: alias, GeoProximityLocation: near, CidrRoutingConfig: cidr } = set;
  const block = <T>(value: T | undefined, attributes: (value: T) => Attributes): readonly Attributes[] =>
    value === undefined ? [] : [attributes(value)];
  return {
    zone_id: zone,
    fqdn: plainName(set.Name ?? ""),
    type: set.Type,
    ttl: set.TTL,
    records: set.ResourceRecords?.map(({ Value = "" }) =>
      set.Type === "TXT" ? Value.replace(/^"|"$/g, "") : Value,
    ),
    set_identifier: set.SetIdentifier,
    health_check_id: set.HealthCheckId,
    multivalue_answer_routing_policy: set.MultiValueAnswer,
    alias: block(alias, ({ DNSName, HostedZoneId, EvaluateTargetHealth }) => ({
      name: plainName(DNSName ?? ""),
      zone_id: HostedZoneId,
      evaluate_target_health: EvaluateTargetHealth,
    })),
    weighted_routing_policy: block(set.Weight, (weight) => ({ weight })),
    failover_routing_policy: block(set.Failover, (type) => ({ type })),
    geolocation_routing_policy: block(place, ({ ContinentCode, CountryCode, SubdivisionCode }) => ({
      ...{ continent: ContinentCode, country: CountryCode, subdivision: SubdivisionCode },
    })),
    latency_routing_policy: block(set.Region, (region) => ({ region })),
    geoproximity_routing_policy: block(near, ({ AWSRegion, Bias }) => ({
      aws_region: AWSRegion,
      bias: Bias,
    })),
    cidr_routing_policy: block(cidr, ({ CollectionId, LocationName }) => ({
      collection_id: CollectionId,
      location_name: LocationName,
    })),
  };
}

/** The API writes a dot at the end, and `*` in octal. */
function plainName(name: string): string {
  return name.replace(/\.$/, "").replace(/^\\052/, "*");
}

function within(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(ANSWER_WITHIN) };
}

/** The default chain begins with these too, but looks at the process's own variables. */
function credentialsOf({
  AWS_PROFILE: profile = "",
  AWS_ACCESS_KEY_ID: accessKeyId = "",
  AWS_SECRET_ACCESS_KEY: secretAccessKey = "",
  AWS_SESSION_TOKEN: sessionToken = "",
}: Variables): ConstructorParameters<typeof Route53Client>[0] {
  if (profile !== "" || accessKeyId === "" || secretAccessKey === "") return {};
  return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== "" && { sessionToken }) } };
}

function endpointOf(given: string): string {
  if (given === "") return ENDPOINT;
  if (URL.canParse(given) && /^https?:/.test(given)) return given;
  throw new PolycastError("Route 53's API cannot be asked", [
    { where: "AWS_ENDPOINT_URL_ROUTE_53", what: `is ${show(given)}, which is no URL such as ${ENDPOINT}` },
  ]);
}

/** Of what the SDK leaves undefined because it was not in the answer. */
function missing(what: string): never {
  throw notUnderstood(what);
}

function notUnderstood(where: string): PolycastError {
  return new PolycastError("Route 53's API cannot be understood", [
    { where, what: "its answer is not what Route 53 says" },
  ]);
}

function problemOf(endpoint: string, error: Error): PolycastError {
  const what = `${error.name}: ${error.message}`;
  if (error.name === "CredentialsProviderError") {
    return new PolycastError("Route 53's API cannot be asked", [
      {
        where: "credentials",
        what,
        remedy: "Set AWS_PROFILE or the other variables of the AWS SDK's credentials.",
      },
    ]);
  }
  const isRefusal = error instanceof Route53ServiceException;
  // The SDK hides there what it could not parse.
  if (!isRefusal && "$response" in error) return notUnderstood(endpoint);
  if (!isRefusal) {
    return new PolycastError("Route 53's API cannot be reached", [
      {
        where: endpoint,
        what: error.name === "AbortError" ? `no answer within ${ANSWER_WITHIN / 1000} s` : what,
        remedy: "Check the network, and AWS_ENDPOINT_URL_ROUTE_53 if it is set.",
      },
    ]);
  }
  const status = error.$metadata.httpStatusCode ?? 0;
  return new PolycastError("Route 53's API refuses", [
    {
      where: endpoint,
      // Of credentials its message may repeat what it was sent: a key's id, or a token.
      what: `status ${status}: ${status === 401 || status === 403 ? error.name : what}`,
      ...(status === 401 || status === 403
        ? {
            remedy:
              "Check the AWS credentials; they must allow route53:ListHostedZonesByName, GetHostedZone, ListResourceRecordSets, GetHealthCheck and GetHealthCheckStatus.",
          }
        : {}),
    },
  ]);
}
