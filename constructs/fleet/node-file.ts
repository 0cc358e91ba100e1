import { z } from "zod";
import type { FleetDemand } from "./fleet-provider";
import { logAccessSchema } from "./node-log-access";

/** Where the node file lies on every node. */
export const NODE_FILE = "/etc/polycast/node.json";

/** Where the TCP-MD5 password of the node's BGP sessions lies: a file of its own, which only root reads. */
export const BGP_PASSWORD_FILE = "/etc/polycast/bgp-password";

// Patterns, which JSON Schema has everywhere; formats are left to each validator.
/** Where the token lies with which a node enrols with the control plane; only root reads it. */
export const JOIN_TOKEN_FILE = "/etc/polycast/join-token";

const address = z.union([z.string().regex(z.regexes.ipv4), z.string().regex(z.regexes.ipv6)]);
const network = z.union([z.string().regex(z.regexes.cidrv4), z.string().regex(z.regexes.cidrv6)]);
const asn = z.number().int().min(1).max(4_294_967_295);
const metadata = z.strictObject({
  url: z
    .string()
    .regex(/^https?:\/\/[!-~]+$/)
    .describe("JSON that the provider's metadata service gives this node."),
  pointer: z.string().regex(/^\//).describe("JSON pointer (RFC 6901) into it."),
});

/** How a node announces its fleet's anycast addresses itself; absent where the provider does so. */
export const bgpSchema = z.strictObject({
  asn: asn.describe("The fleet's autonomous system."),
  routes: z
    .array(
      z.strictObject({
        prefix: network.describe("What is announced, exactly as it is; nothing else is."),
        addresses: z.array(address).min(1).describe("Anycast addresses in it that the node answers on."),
      }),
    )
    .min(1),
  neighbours: z
    .union([
      z
        .array(
          z.strictObject({
            address: address.describe("The provider's router."),
            asn: asn.describe("Its autonomous system."),
            hops: z
              .number()
              .int()
              .min(1)
              .max(255)
              .describe("1 for a router on the same link, else multihop."),
            source: z
              .union([address, metadata])
              .optional()
              .describe(
                "The node's end of the session; by default the address from which it reaches the router.",
              ),
          }),
        )
        .min(1),
      metadata,
    ])
    .describe(
      "The routers, or where the node finds the list of them: objects with address_family, customer_ip, customer_as, " +
        "peer_ips, peer_as, multihop and md5_enabled.",
    ),
  gateway: z
    .union([address, metadata])
    .optional()
    .describe("The way to the routers of its family, where it is not the default route."),
  password: z.boolean().describe(`Whether ${BGP_PASSWORD_FILE} has a TCP-MD5 password for all sessions.`),
});

/**
 * What a node is told at boot: the same file on every provider.
 * Published as docs/schemas/node-file.schema.json.
 */
export const nodeFileSchema = z
  .strictObject({
    version: z.literal(1),
    environment: z.string().describe("Name of the environment."),
    provider: z.string().describe("Name of the provider that the node runs on."),
    fleet: z.string().describe("Name of the fleet, unique in its environment."),
    site: z
      .union([
        z.strictObject({ name: z.string().describe("The node's site.") }),
        z.strictObject({
          hostnamePattern: z
            .string()
            .describe(
              "POSIX extended regular expression; its first group, in the host's name, is the location.",
            ),
          byLocation: z.record(z.string(), z.string()).describe("Location -> site."),
        }),
      ])
      .describe(
        "The node's site, or, where one text serves a whole fleet, how to derive it from the host's name.",
      ),
    release: z.string().describe("Id of the release that the node runs."),
    controlPlaneUrl: z.string().describe("Where the node registers and learns of the others."),
    controlPlaneCa: z
      .string()
      .optional()
      .describe("PEM certificates to trust there; by default those that the system trusts."),
    joinToken: z
      .literal(true)
      .optional()
      .describe(`Present: the token with which the node enrols there lies in ${JOIN_TOKEN_FILE}.`),
    logGroup: z.string().describe("CloudWatch log group that the node writes to."),
    logAccess: logAccessSchema
      .optional()
      .describe("How the node may write there; absent where its machine has a role of its own."),
    health: z
      .strictObject({ port: z.number().int(), path: z.string() })
      .describe("Endpoint to answer 200 on."),
    listeners: z.array(
      z.strictObject({
        port: z.number().int(),
        protocol: z.enum(["TCP", "UDP"]),
        role: z.enum(["edge", "tunnel"]),
      }),
    ),
    bgp: bgpSchema
      .optional()
      .describe("How the node announces the anycast addresses, where the provider does not."),
  })
  .meta({ title: "Polycast node file", description: `What a node is told at boot, in ${NODE_FILE}.` });

export type NodeFile = z.infer<typeof nodeFileSchema>;
export type NodeBgp = z.infer<typeof bgpSchema>;

/** Id of the secret that a node was given to write logs; undefined where it was given none that has an id. */
export function secretIdOf({ logAccess }: Pick<NodeFile, "logAccess">): string | undefined {
  return logAccess !== undefined && "secretId" in logAccess ? logAccess.secretId : undefined;
}

/** The log group of a fleet. */
export function logGroupName(environment: string, fleet: string): string {
  return `/polycast/${environment}/${fleet}`;
}

/** The node file of one fleet, or of one site of it. */
export function nodeFile(
  {
    environment,
    listeners,
    health,
    controlPlaneUrl,
    controlPlaneCa,
    joinToken,
  }: Omit<FleetDemand, "sandbox">,
  fleet: { readonly name: string; readonly provider: string },
  release: string,
  site: NodeFile["site"],
  logAccess?: NodeFile["logAccess"],
): NodeFile {
  return {
    version: 1,
    environment,
    provider: fleet.provider,
    fleet: fleet.name,
    site,
    release,
    controlPlaneUrl,
    ...(controlPlaneCa !== undefined && { controlPlaneCa }),
    ...(joinToken !== undefined && { joinToken: true as const }),
    logGroup: logGroupName(environment, fleet.name),
    ...(logAccess !== undefined && { logAccess }),
    health: { port: health.port, path: health.path },
    listeners: listeners.map(({ port, protocol, role = "edge" }) => ({ port, protocol, role })),
  };
}
