import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { CloudObject, CloudObjects } from "../../constructs/fleet/simulation";
import { isSameSecret } from "../same-secret";
import type { World } from "../world/world";
import { delegationXml, healthCheckXml, observationsXml, recordSetsOf, zoneName, zoneXml } from "./wire";
import { document, element, field, type Xml } from "./xml";

const LOOPBACK = "127.0.0.1";
const NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/";
/** Zones, or records, in one answer: Route 53's own limits. */
const MOST = { zones: 100, records: 300 };

interface Route53ApiOptions {
  readonly objects: CloudObjects;
  readonly world: Pick<World, "feed">;
  /** The id of the access key that a request must be signed with. Signatures are not looked at: the id is the secret. */
  readonly key: string;
}

/** A request that is answered with an error. */
class Refused extends Error {
  public constructor(
    public readonly status: 400 | 403 | 404,
    public readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The part of Route 53's API that is used beside Terraform: reading zones, records and health checks.
 * https://docs.aws.amazon.com/Route53/latest/APIReference/
 */
function route53Api({ objects, world, key }: Route53ApiOptions) {
  const answer = (name: string, ...parts: readonly (Xml | undefined)[]): Response =>
    reply(200, document(name, NAMESPACE, ...parts));
  const refuse = ({ status, code, message }: Refused): Response =>
    reply(
      status,
      document("ErrorResponse", NAMESPACE, element("Error", field("Code", code), field("Message", message))),
    );
  const zoneWith = (id: string): CloudObject => {
    const zone = objects.list("aws_route53_zone").find((each) => each.id === id);
    if (zone === undefined) {
      throw new Refused(404, "NoSuchHostedZone", `No hosted zone found with ID: ${id}`);
    }
    return zone;
  };
  const checkWith = (id: string): CloudObject => {
    const check = objects.list("aws_route53_health_check").find((each) => each.id === id);
    if (check === undefined) {
      throw new Refused(404, "NoSuchHealthCheck", `No health check exists with the specified ID ${id}.`);
    }
    return check;
  };
  const records = () => objects.list("aws_route53_record");

  return new Hono()
    .basePath("/2013-04-01")
    .onError((error) =>
      error instanceof Refused
        ? refuse(error)
        : reply(500, document("ErrorResponse", NAMESPACE, element("Error", field("Code", "InternalError")))),
    )
    .use(async (c, next) => {
      if (!isSameSecret(keyOf(c.req.header("Authorization") ?? ""), key)) {
        const message = "The security token included in the request is invalid.";
        throw new Refused(403, "InvalidClientTokenId", message);
      }
      await next();
    })
    .get("/hostedzonesbyname", (c) => {
      const from = reversed(`${c.req.query("dnsname") ?? ""}.`);
      const zones = objects
        .list("aws_route53_zone")
        .map((zone) => ({ zone, order: reversed(zoneName(zone)) }))
        .filter(({ order }) => order >= from)
        .sort((one, other) => (one.order < other.order ? -1 : Number(one.order > other.order)));
      return answer(
        "ListHostedZonesByNameResponse",
        element("HostedZones", ...zones.slice(0, MOST.zones).map(({ zone }) => zoneXml(zone, records()))),
        field("IsTruncated", zones.length > MOST.zones),
        field("MaxItems", MOST.zones),
      );
    })
    .get("/hostedzone/:id", (c) => {
      const zone = zoneWith(c.req.param("id"));
      return answer("GetHostedZoneResponse", zoneXml(zone, records()), delegationXml(zone));
    })
    .get("/hostedzone/:id/rrset", (c) => {
      const sets = recordSetsOf(zoneWith(c.req.param("id")), records());
      const { name, type, identifier = "" } = c.req.query();
      const start = sets.findIndex(
        (set) => set.name === name && set.type === type && set.identifier === identifier,
      );
      // Where a name is in the order of all names, nobody asks here: only to go on after an answer that was cut.
      if (name !== undefined && start === -1) {
        throw new Refused(400, "InvalidInput", `There is no record to begin with: ${name}`);
      }
      const [page, next] = [sets.slice(Math.max(start, 0)), sets[Math.max(start, 0) + MOST.records]];
      return answer(
        "ListResourceRecordSetsResponse",
        element("ResourceRecordSets", ...page.slice(0, MOST.records).map(({ xml }) => xml)),
        field("IsTruncated", next !== undefined),
        field("NextRecordName", next?.name),
        field("NextRecordType", next?.type),
        field("NextRecordIdentifier", next?.identifier),
        field("MaxItems", MOST.records),
      );
    })
    .get("/healthcheck/:id", (c) =>
      answer("GetHealthCheckResponse", healthCheckXml(checkWith(c.req.param("id")))),
    )
    .get("/healthcheck/:id/status", (c) => {
      const check = checkWith(c.req.param("id"));
      const { up } = world.feed(check.id) ?? {};
      const seen = typeof up === "boolean" ? up : undefined;
      return answer("GetHealthCheckStatusResponse", observationsXml(check, seen, new Date()));
    })
    .all("*", () => refuse(new Refused(404, "UnknownOperationException", "This is not simulated.")));
}

function reply(status: number, xml: string): Response {
  return new Response(xml, { status, headers: { "Content-Type": "text/xml" } });
}

/** Labels from the last to the first, as zones are sorted. */
function reversed(name: string): string {
  return name.split(".").toReversed().join(".");
}

/** `AWS4-HMAC-SHA256 Credential=<key>/<date>/...` */
function keyOf(authorization: string): string {
  return /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(authorization)?.[1] ?? "";
}

export interface ServedRoute53Api {
  /** The environment variables with which the AWS SDK finds it; its keys are none of AWS. */
  readonly variables: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Serves it on a free port of loopback, for those who know the key. */
export async function serveRoute53Api(options: Omit<Route53ApiOptions, "key">): Promise<ServedRoute53Api> {
  const key = randomBytes(32).toString("hex");
  const { fetch } = route53Api({ ...options, key });
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server;
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  return {
    variables: {
      AWS_ENDPOINT_URL_ROUTE_53: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: key,
      AWS_SECRET_ACCESS_KEY: "sandbox",
    },
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
