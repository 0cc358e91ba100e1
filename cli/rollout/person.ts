import { hostname, userInfo } from "node:os";
import type { HeldLease } from "../../live/lease";

/** Who is named in the history. */
export function personName(): string {
  return `${userInfo().username}@${hostname()}`;
}

export function heldText({ heldBy, until }: HeldLease): string {
  return `Another command is at work: ${heldBy}. Its lock lasts until ${until.toISOString()} unless it is renewed.`;
}
