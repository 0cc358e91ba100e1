import { timingSafeEqual } from "node:crypto";

/** Whether a secret that somebody gives is the one that is wanted; how long that takes tells nothing of it. */
export function isSameSecret(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}
