import { z } from "zod";
import type { Problem } from "./problem";

// What the types of an environment promise, checked when it is loaded: environments run without a type check, and a
// misspelt key would be a wish that nobody hears.

const nodes = z.union([
  z.number(),
  z.strictObject({ min: z.number(), max: z.number(), cpuPercent: z.number() }),
]);

/**
 * The form of a fleet's wish.
 * @param site further keys of a site, the provider's own.
 * @param fleet further keys of the fleet.
 */
export function fleetWishSchema(site: z.ZodRawShape = {}, fleet: z.ZodRawShape = {}): z.ZodType {
  return z.strictObject({
    name: z.string().optional(),
    size: z.strictObject({ cpu: z.number(), memoryGiB: z.number() }),
    sites: z.record(
      z.string(),
      z.strictObject({ nodes, locations: z.array(z.string()).optional(), ...site }),
    ),
    connectionsPerNode: z.number(),
    ipv6: z.boolean().optional(),
    ...fleet,
  });
}

/** What a provider's or a DNS service's function returned, such as `aws({...})`. */
const made = (key: string) =>
  z.custom((value) => typeof value === "object" && value !== null && key in value, {
    error: "expected what a function such as aws({...}) or ns1({...}) returns",
  });

const environmentSchema = z.strictObject({
  name: z.string(),
  sandbox: z.boolean().optional(),
  zone: z.string(),
  image: z.string(),
  listeners: z.array(
    z.strictObject({
      port: z.number(),
      protocol: z.enum(["TCP", "UDP"]),
      role: z.enum(["edge", "tunnel"]).optional(),
    }),
  ),
  health: z
    .strictObject({
      port: z.number(),
      path: z.string(),
      intervalSeconds: z.number(),
      unhealthyThreshold: z.number(),
    })
    .partial()
    .optional(),
  clientAffinity: z.enum(["none", "source-ip"]).optional(),
  controlPlaneUrl: z.string(),
  dns: made("optionsSchema"),
  trafficLimit: z.number().optional(),
  audience: z.record(z.string(), z.number()).optional(),
  fleets: z.array(made("wishSchema")),
  state: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("local") }),
    z.strictObject({ kind: z.literal("s3"), bucket: z.string(), region: z.string() }),
  ]),
  protect: z.boolean().optional(),
});

/** Keys that are missing, misspelt or of the wrong type, in the environment and in what it asks of each fleet. */
export function checkForm(environment: unknown): readonly Problem[] {
  const { fleets, dns } = (environment ?? {}) as { fleets?: unknown; dns?: unknown };
  const wishes = (Array.isArray(fleets) ? fleets : []) as readonly MadeFleet[];
  const { optionsSchema, options } = (dns ?? {}) as { optionsSchema?: z.ZodType; options?: unknown };
  return [
    ...problemsOf(environmentSchema, environment, ""),
    ...(optionsSchema === undefined ? [] : problemsOf(optionsSchema, options, "dns")),
    ...wishes.flatMap(({ name, wish, wishSchema }) =>
      wishSchema === undefined ? [] : problemsOf(wishSchema, wish, `fleets.${name}`),
    ),
  ];
}

interface MadeFleet {
  readonly name: string;
  readonly wish: unknown;
  readonly wishSchema?: z.ZodType;
}

function problemsOf(schema: z.ZodType, value: unknown, where: string): readonly Problem[] {
  return (schema.safeParse(value).error?.issues ?? []).map(({ path, message }) => ({
    where: [...(where === "" ? [] : [where]), ...path.map(String)].join(".") || "environment",
    what: message,
  }));
}
