import type { Environment } from "../fleet/environment";

/** Percent of the traffic that each fleet gets, per address family. */
export interface FamilyShares {
  readonly A: Readonly<Record<string, number>>;
  readonly AAAA: Readonly<Record<string, number>>;
}

/**
 * Who answers for which address family.
 * @param live fleet name -> percent of its policy share that it gets at this moment (0 is drained).
 */
export function shares(
  { dns, fleets }: Pick<Environment, "dns" | "fleets">,
  live: Readonly<Record<string, number>>,
): FamilyShares {
  const serving = fleets.filter(({ name }) => (live[name] ?? 0) > 0);
  const withIpv6 = serving.filter(({ wish }) => wish.ipv6 === true);
  const aaaa = dns.ipv6 === "partial" || withIpv6.length === serving.length ? withIpv6 : [];
  return { A: evenly(serving), AAAA: evenly(aaaa) };
}

function evenly(fleets: readonly { readonly name: string }[]): Record<string, number> {
  return Object.fromEntries(fleets.map(({ name }) => [name, 100 / fleets.length]));
}

/** `aws 50 %, stackpath 50 %`, for a plan that a person reads. */
export function describeShares(family: Readonly<Record<string, number>>): string {
  const parts = Object.entries(family).map(([name, percent]) => `${name} ${Number(percent.toFixed(1))} %`);
  return parts.length === 0 ? "no record" : parts.join(", ");
}
