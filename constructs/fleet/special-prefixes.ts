import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** The first address, and how many bits of it say which network. */
export type Network = readonly [Address, number];

/**
 * What belongs to nobody who could announce it.
 * https://www.iana.org/assignments/iana-ipv4-special-registry https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const SPECIAL: Readonly<Record<string, string>> = {
  "0.0.0.0/8": "this network",
  "10.0.0.0/8": "private",
  "100.64.0.0/10": "shared by carriers",
  "127.0.0.0/8": "loopback",
  "169.254.0.0/16": "link-local",
  "172.16.0.0/12": "private",
  "192.0.0.0/24": "protocol assignments",
  "192.88.99.0/24": "6to4 relays, given up",
  "192.168.0.0/16": "private",
  "198.18.0.0/15": "benchmarks",
  "224.0.0.0/4": "multicast",
  "240.0.0.0/4": "reserved",
  // Beside it, 2000::/3 is all that is given out.
  "::/3": "special",
  "2001::/23": "protocol assignments",
  "2002::/16": "6to4",
  "4000::/2": "reserved",
  "8000::/1": "local, multicast or reserved",
};

/** For examples: in the sandbox, where everything is one. */
const DOCUMENTATION: readonly string[] = [
  "192.0.2.0/24",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "2001:db8::/32",
  "3fff::/20",
];

/** Why nobody could announce a prefix, if so: `it reaches into 10.0.0.0/8, private`. */
export function whyNobodys(network: Network, { sandbox }: { readonly sandbox: boolean }): string | undefined {
  const reserved = Object.entries(SPECIAL).find(([each]) => overlap(network, parsed(each)));
  if (reserved !== undefined) return `it reaches into ${reserved[0]}, ${reserved[1]}`;
  const example = sandbox ? undefined : DOCUMENTATION.find((each) => overlap(network, parsed(each)));
  return example && `it reaches into ${example}, which is for documentation; only the sandbox takes it`;
}

/** Whether one lies whole in the other. */
export function isWithin([base, bits]: Network, block: Network): boolean {
  return base.kind() === block[0].kind() && bits >= block[1] && base.match(block as never);
}

/** Networks are apart, or one lies in the other. */
function overlap(one: Network, other: Network): boolean {
  return isWithin(one, other) || isWithin(other, one);
}

function parsed(prefix: string): Network {
  return ipaddr.parseCIDR(prefix);
}
