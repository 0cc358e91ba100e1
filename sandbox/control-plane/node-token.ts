import { createHash, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { z } from "zod";
import type { PublicKey } from "./protocol";

/*
 * JSON Web Tokens (RFC 7519) of one kind: EdDSA over Ed25519 (RFC 8037), compact. Node's own crypto does the signing:
 * it answers at once, where the JWT libraries that know EdDSA answer later, and world time would pass meanwhile. Header
 * and claims that are not of this kind are refused, so there is nothing to negotiate and nothing to overlook.
 */

const headerSchema = z.strictObject({
  alg: z.literal("EdDSA"),
  kid: z.string(),
  typ: z.literal("JWT").optional(),
});

const claimsSchema = z.strictObject({
  /** The node's name. */
  sub: z.string(),
  /** The control plane that it is for. */
  aud: z.string(),
  /** In seconds since 1970, as are all times in a JWT. */
  iat: z.number(),
  exp: z.number(),
});
export type Claims = z.infer<typeof claimsSchema>;

/** A token as it was received, its signature not looked at yet. */
export interface ReceivedToken {
  readonly keyId: string;
  readonly isSignedBy: (key: PublicKey) => boolean;
  /** undefined: they are not what a node's token has. */
  readonly claims: Claims | undefined;
}

/** @param key the private half of the key pair whose public half was enrolled. */
export function signToken(key: KeyObject, keyId: string, claims: Claims): string {
  const content = `${encode({ alg: "EdDSA", kid: keyId, typ: "JWT" })}.${encode(claims)}`;
  return `${content}.${sign(null, Buffer.from(content), key).toString("base64url")}`;
}

/** undefined: the text is no token of this kind. */
export function readToken(text: string): ReceivedToken | undefined {
  const [header, claims, signature, ...more] = text.split(".");
  if (header === undefined || claims === undefined || signature === undefined || more.length > 0) return;
  const readHeader = headerSchema.safeParse(decode(header));
  if (!readHeader.success) return;
  return {
    keyId: readHeader.data.kid,
    isSignedBy: (key) =>
      verify(
        null,
        Buffer.from(`${header}.${claims}`),
        createPublicKey({ key, format: "jwk" }),
        Buffer.from(signature, "base64url"),
      ),
    claims: claimsSchema.safeParse(decode(claims)).data,
  };
}

/** The key's thumbprint by RFC 7638. */
export function keyIdOf({ crv, kty, x }: PublicKey): string {
  return createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url");
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
