import { z } from "zod";
import type { FleetDemand } from "./fleet-provider";

/** Where the node file lies on every node. */
export const NODE_FILE = "/etc/polycast/node.json";

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
    logGroup: z.string().describe("CloudWatch log group that the node writes to."),
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
  })
  .meta({ title: "Polycast node file", description: `What a node is told at boot, in ${NODE_FILE}.` });

export type NodeFile = z.infer<typeof nodeFileSchema>;

/** The log group of a fleet. */
export function logGroupName(environment: string, fleet: string): string {
  return `/polycast/${environment}/${fleet}`;
}

/** The node file of one fleet, or of one site of it. */
export function nodeFile(
  { environment, listeners, health, controlPlaneUrl }: FleetDemand,
  fleet: { readonly name: string; readonly provider: string },
  release: string,
  site: NodeFile["site"],
): NodeFile {
  return {
    version: 1,
    environment,
    provider: fleet.provider,
    fleet: fleet.name,
    site,
    release,
    controlPlaneUrl,
    logGroup: logGroupName(environment, fleet.name),
    health: { port: health.port, path: health.path },
    listeners: listeners.map(({ port, protocol, role = "edge" }) => ({ port, protocol, role })),
  };
}
