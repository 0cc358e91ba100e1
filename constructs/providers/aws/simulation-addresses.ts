import { isIP } from "node:net";

/** A block of addresses, of either family. */
export interface AddressRange {
  readonly cidr: string;
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** The addresses of a CIDR block such as `10.0.0.0/16` or `2001:db8::/56`; undefined for what is none. */
export function addressRange(cidr: string): AddressRange | undefined {
  const [address = "", length] = cidr.split("/");
  const family = isIP(address);
  if (
    (family !== 4 && family !== 6) ||
    !/^\d{1,3}$/.test(length ?? "") ||
    Number(length) > (family === 4 ? 32 : 128)
  ) {
    return undefined;
  }
  const free = BigInt((family === 4 ? 32 : 128) - Number(length));
  const base = family === 4 ? ipv4Number(address) : ipv6Number(address);
  const first = (base >> free) << free;
  return { cidr, family, first, last: first + (1n << free) - 1n };
}

export function overlap(one: AddressRange, other: AddressRange): boolean {
  return one.family === other.family && one.first <= other.last && other.first <= one.last;
}

export function inside(inner: AddressRange, outer: AddressRange): boolean {
  return inner.family === outer.family && inner.first >= outer.first && inner.last <= outer.last;
}

/** The block by its first address: `10.0.0.0/8` for `10.0.0.1/8`; an IPv6 block that is written short stays so. */
export function networkOf({ cidr, family, first }: AddressRange): string {
  const [address = "", length = ""] = cidr.split("/");
  const given = family === 4 ? ipv4Number(address) : ipv6Number(address);
  if (given === first) return cidr;
  return `${family === 4 ? ipv4Text(first) : ipv6Text(first)}/${length}`;
}

function ipv4Text(address: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((address >> shift) & 255n)).join(".");
}

/** With the first of the longest runs of zeros left out, RFC 5952. */
function ipv6Text(address: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((address >> BigInt(112 - 16 * i)) & 65535n).toString(16),
  );
  const text = `:${groups.join(":")}:`;
  const runs = [...text.matchAll(/:(?:0:){2,}/g)].map(([run]) => run).toSorted((a, b) => b.length - a.length);
  const [longest] = runs;
  const short = longest === undefined ? text : text.replace(longest, "::");
  return short.replace(/^:(?!:)/, "").replace(/(?<!:):$/, "");
}

function ipv4Number(address: string): bigint {
  return address.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function ipv6Number(address: string): bigint {
  const [head = "", tail] = address.split("::");
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const [left, right] = [groups(head), groups(tail ?? "")];
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...zeros, ...right].reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}
