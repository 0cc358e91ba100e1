import { z } from "zod";
import { DURATION } from "./duration";
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
    logs: made("strategy", "staticKey({...})").optional(),
    ipv6: z.boolean().optional(),
    ...fleet,
  });
}

/** What a provider's or a DNS service's function returned, such as `aws({...})`. */
const made = (key: string, like = "aws({...}) or ns1({...})") =>
  z.custom((value) => typeof value === "object" && value !== null && key in value, {
    error: `expected what a function such as ${like} returns`,
  });

const duration = z.string().regex(DURATION, { error: 'expected a time such as "4h", "90m" or "30s"' });

/** A variable's name, never what it holds: a URL that got here must not come back in an error. */
const variable = z.string().regex(/^[A-Za-z_]\w*$/, {
  error: "expected the name of an environment variable, which holds the URL: the URL itself is a secret",
});

const notify = z.strictObject({
  command: z.string().min(1).optional(),
  webhookFrom: variable.optional(),
  seconds: z.number().positive().optional(),
});

const rollout = z.strictObject({
  peak: z.strictObject({ connections: z.number().positive() }),
  bake: duration.optional(),
  settle: duration.optional(),
  spare: z.union([z.literal(1), z.literal(2)]).optional(),
  approve: z.enum(["once", "each"]).optional(),
  order: z.array(z.string()).optional(),
  firstSites: z.record(z.string(), z.array(z.string()).min(1)).optional(),
  verify: z
    .strictObject({ command: z.string().min(1), seconds: z.number().positive().optional() })
    .optional(),
  notify: notify.optional(),
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
  controlPlaneCa: z.string().optional(),
  controlPlaneJoinToken: z.boolean().optional(),
  dns: made("optionsSchema"),
  trafficLimit: z.number().optional(),
  audience: z.record(z.string(), z.number()).optional(),
  fleets: z.array(made("wishSchema")),
  management: made("optionsSchema", "cloudwatch({...})").optional(),
  rollout: rollout.optional(),
  state: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("local") }),
    z.strictObject({ kind: z.literal("s3"), bucket: z.string(), region: z.string() }),
  ]),
  protect: z.boolean().optional(),
  waivers: z
    .array(
      z.strictObject({
        rule: z.string(),
        resource: z.string().optional(),
        reason: z.string().regex(/\w+\s+\w+/, { error: "expected a reason that a reader understands" }),
      }),
    )
    .optional(),
});

/** Keys that are missing, misspelt or of the wrong type, in the environment and in what it asks of each fleet. */
export function checkForm(environment: unknown): readonly Problem[] {
  const { fleets, dns, management } = (environment ?? {}) as Readonly<Record<string, unknown>>;
  const wishes = (Array.isArray(fleets) ? fleets : []) as readonly MadeFleet[];
  return [
    ...problemsOf(environmentSchema, environment, ""),
    ...optionProblems(dns, "dns"),
    ...optionProblems(management, "management"),
    ...wishes.flatMap(({ name, wish, wishSchema, logs }) => [
      ...(wishSchema === undefined ? [] : problemsOf(wishSchema, wish, `fleets.${name}`)),
      ...optionProblems(logs, `fleets.${name}.logs`),
    ]),
  ];
}

interface MadeFleet {
  readonly name: string;
  readonly wish: unknown;
  readonly wishSchema?: z.ZodType;
  readonly logs?: unknown;
}

/** Of what a function returned that keeps its options and their form. */
function optionProblems(made: unknown, where: string): readonly Problem[] {
  const { optionsSchema, options } = (made ?? {}) as { optionsSchema?: z.ZodType; options?: unknown };
  return optionsSchema === undefined ? [] : problemsOf(optionsSchema, options, where);
}

function problemsOf(schema: z.ZodType, value: unknown, where: string): readonly Problem[] {
  return (schema.safeParse(value).error?.issues ?? []).map(({ path, message }) => ({
    where: [...(where === "" ? [] : [where]), ...path.map(String)].join(".") || "environment",
    what: message,
  }));
}
