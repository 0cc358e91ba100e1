import { readToken, type Claims } from "./node-token";
import { SKEW_SECONDS, TOKEN_SECONDS } from "./protocol";
import { RefusedRequest, type Reason, type RefusalDetails } from "./refused-request";
import type { Member, Registry } from "./registry";
import type { FleetOf, Tokens } from "./tokens";

/** Who makes a request, its token found good. */
export type Caller =
  | { readonly kind: "operator" }
  | { readonly kind: "joining"; readonly of: FleetOf }
  /** Good for as long as its token: a node of this process keeps it instead of sending the token again. */
  | {
      readonly kind: "node";
      readonly keyId: string;
      /** World time in milliseconds. */
      readonly expires: number;
    };

export interface Trust {
  readonly tokens: Tokens;
  readonly registry: Registry;
  /** What nodes call this control plane: the controlPlaneUrl of their node files. */
  readonly audiences: readonly string[];
}

/**
 * Who sends a token.
 *
 * @param now world time in milliseconds.
 * @throws RefusedRequest for a token that is missing or not good.
 */
export function identify(token: string | undefined, trust: Trust, now: number): Caller {
  if (token === undefined) {
    throw refused("no-token", "The request has no token.", {
      remedy: "Send Authorization: Bearer TOKEN.",
    });
  }
  const issued = trust.tokens.find(token);
  if (issued === "operator") return { kind: "operator" };
  if (issued !== undefined) return { kind: "joining", of: issued.join };
  if (!token.includes(".")) {
    throw refused("unknown-token", "The token is not known here.", {
      detail: "It is neither a node's token, nor a join or operator token that is in force.",
      remedy: "Ask an operator for the fleet's join token; a newer one replaces the one before.",
    });
  }
  return identifyNode(token, trust, now);
}

function identifyNode(text: string, { registry, audiences }: Trust, now: number): Caller {
  const token = readToken(text);
  if (token === undefined) {
    throw refused("malformed-token", "The token is not a node's token.", {
      detail: 'A node\'s token is a JWT with just alg "EdDSA", kid and typ "JWT" in its header.',
      remedy: "Sign it with the node's Ed25519 key; unsigned and otherwise signed tokens are refused.",
    });
  }
  const member = registry.member(token.keyId);
  if (member === undefined) throw notEnrolled();
  if (!token.isSignedBy(member.key)) {
    throw refused("bad-signature", "The token is not signed by the key that it names.", {
      remedy: "Sign it with the private half of the key that was enrolled.",
    });
  }
  const expires = checkClaims(token.claims, member, audiences, now);
  return { kind: "node", keyId: member.keyId, expires };
}

/** The node that a caller is now. @throws RefusedRequest where it is none (any more). */
export function nodeOf(caller: Caller, registry: Registry, now: number): Member {
  if (caller.kind !== "node") {
    throw new RefusedRequest(403, "not-allowed", "This is for nodes.", {
      remedy: "Enrol with the join token, then send a token signed by the node's key.",
    });
  }
  if (caller.expires <= now) throw expired("It was valid until now.");
  const member = registry.member(caller.keyId);
  if (member === undefined) throw notEnrolled();
  return member;
}

/** @returns world time at which the token expires, in milliseconds. */
function checkClaims(
  claims: Claims | undefined,
  member: Member,
  audiences: readonly string[],
  now: number,
): number {
  if (claims === undefined) {
    throw refused("malformed-token", "The token does not have a node's claims.", {
      detail: "A node's token has just sub, aud, iat and exp; aud is one text, iat and exp are numbers.",
    });
  }
  if (!audiences.includes(claims.aud)) {
    throw refused("wrong-audience", "The token is for another control plane.", {
      detail: `This one is ${audiences.join(" or ")}.`,
      remedy: "Sign a token whose aud is the controlPlaneUrl of the node file.",
    });
  }
  if (claims.sub !== member.name) {
    throw refused("malformed-token", "The token's sub is not the name that its key holds.", {
      remedy: `Sign a token whose sub is ${member.name}.`,
    });
  }
  const seconds = now / 1000;
  if (claims.exp <= seconds) throw expired(`It expired ${Math.ceil(seconds - claims.exp)} s ago.`);
  if (claims.iat > seconds + SKEW_SECONDS || claims.exp - claims.iat > TOKEN_SECONDS) {
    throw refused("malformed-token", "The token is valid for too long, or from a time to come.", {
      detail: `exp may be ${TOKEN_SECONDS} s after iat at most; iat may be ${SKEW_SECONDS} s ahead at most.`,
      remedy: "The Date header of this answer says what time it is here.",
    });
  }
  return claims.exp * 1000;
}

function notEnrolled(): RefusedRequest {
  return refused("not-enrolled", "The token's key is not enrolled.", {
    detail: "It has not enrolled, has left, or was silent for longer than its lease.",
    remedy: "Enrol with the fleet's join token.",
  });
}

function expired(detail: string): RefusedRequest {
  return refused("token-expired", "The token has expired.", {
    detail,
    remedy: "Sign a new one; the Date header of this answer says what time it is here.",
  });
}

function refused(reason: Reason, title: string, more: RefusalDetails): RefusedRequest {
  return new RefusedRequest(401, reason, title, more);
}
