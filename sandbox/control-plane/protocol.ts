import { z } from "zod";

/** A node that renews no more is gone after so many seconds. */
export const LEASE_SECONDS = 15;

/** How often a node should renew: a lease bears two renewals that are lost. */
export const RENEW_SECONDS = 5;

/** The longest that a node's token may be valid. */
export const TOKEN_SECONDS = 3600;

/** How far a node's clock may be ahead. */
export const SKEW_SECONDS = 5;

/** The longest that a reader may wait for a change. */
export const MAX_WAIT_SECONDS = 60;

export const MAX_BODY_BYTES = 16 * 1024;

export const MAX_NODES_PER_FLEET = 10_000;

const nameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, {
  error: "must be 1 to 128 letters, digits, dots, hyphens or underscores, a letter or digit first",
});

/** The public half of an Ed25519 key pair, as RFC 8037 writes it. */
export const publicKeySchema = z
  .strictObject({
    kty: z.literal("OKP"),
    crv: z.literal("Ed25519"),
    x: z.string().regex(/^[A-Za-z0-9_-]{43}$/, { error: "must be 32 bytes in base64url" }),
  })
  .meta({ id: "PublicKey", description: "Ed25519 public key as a JWK (RFC 8037)." });

export const enrolmentRequestSchema = z
  .strictObject({
    name: nameSchema.describe("The node's name, unique in its environment while it lives."),
    publicKey: publicKeySchema,
  })
  .meta({ id: "EnrolmentRequest" });

export const enrolmentSchema = z
  .object({
    environment: z.string(),
    fleet: z.string(),
    name: z.string(),
    keyId: z.string().describe("The key's RFC 7638 thumbprint: `kid` in the header of the node's tokens."),
    tokenSeconds: z.int().describe("The longest that a token may be valid."),
  })
  .meta({ id: "Enrolment" });

export const registrationSchema = z
  .strictObject({
    fleet: nameSchema,
    site: nameSchema,
    provider: nameSchema,
    release: nameSchema,
    health: z.enum(["healthy", "unhealthy", "draining"]),
    addresses: z
      .array(z.union([z.ipv4().meta({ format: "ipv4" }), z.ipv6().meta({ format: "ipv6" })]))
      .max(16)
      .optional()
      .describe("Where other nodes reach it."),
    secretId: z
      .string()
      .max(128)
      .optional()
      .describe("Id of the secret that it was given at boot, which is no secret: a rotation waits for it."),
    connections: z.int().min(0).optional().describe("Connections that it has: its load, for operators."),
  })
  .meta({ id: "Registration", description: "What a node says of itself." });

export const leaseSchema = z
  .object({
    leaseSeconds: z.int().describe("Silent for longer than this, the node is gone."),
    renewSeconds: z.int().describe("How often to renew."),
    revision: z.string().describe("The environment's revision, this renewal counted in."),
  })
  .meta({ id: "Lease" });

export const nodeEntrySchema = z
  .object({
    ...registrationSchema.shape,
    name: z.string(),
    since: z.iso.datetime().describe("When it first registered."),
    silentSeconds: z
      .number()
      .optional()
      .describe("How long ago it renewed last. For operators only, as `connections`."),
  })
  .meta({ id: "Node" });

export const nodeListSchema = z
  .object({
    revision: z.string().describe("To be given as `after` next time. Its form means nothing to the reader."),
    complete: z
      .boolean()
      .describe("Whether `nodes` is all there are; if not, what has changed since `after`."),
    nodes: z.array(nodeEntrySchema),
    gone: z.array(z.string()).describe("Names of nodes that are there no more; empty in a complete list."),
  })
  .meta({ id: "NodeList" });

export const nodesQuerySchema = z.object({
  environment: nameSchema,
  after: z.string().max(64).optional().describe("Only changes after this revision."),
  wait: z.coerce.number().min(0).max(MAX_WAIT_SECONDS).default(0).meta({
    type: "number", // the text of a query
    description: "Seconds to wait for a change where there is none after `after`.",
  }),
});

export const nodePathSchema = z.object({ name: nameSchema });

export const joinTokenRequestSchema = z
  .strictObject({ environment: nameSchema, fleet: nameSchema })
  .meta({ id: "JoinTokenRequest" });

export const joinTokenSchema = z
  .object({ joinToken: z.string().describe("Shown once; it replaces the fleet's former one.") })
  .meta({ id: "JoinToken" });

export type PublicKey = z.infer<typeof publicKeySchema>;
export type EnrolmentRequest = z.infer<typeof enrolmentRequestSchema>;
export type Enrolment = z.infer<typeof enrolmentSchema>;
export type Registration = z.infer<typeof registrationSchema>;
export type Lease = z.infer<typeof leaseSchema>;
export type NodeEntry = z.infer<typeof nodeEntrySchema>;
export type NodeList = z.infer<typeof nodeListSchema>;
