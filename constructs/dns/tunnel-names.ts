/**
 * The names of the tunnels. A client holds one to each fleet, through all that happens to the others, so these names
 * say where the fleets are and nothing else: neither policy, nor health, nor drains steer them.
 */
import { show, type Problem } from "../fleet/problem";
import type { Listener } from "../fleet/fleet-inputs";

/** A fleet that clients hold tunnels to. */
export interface TunnelFleet {
  readonly name: string;
  /** Its anycast addresses, by record type; tokens are fine. */
  readonly addresses: { readonly A: string; readonly AAAA?: string | undefined };
}

/** All records of one name and type, which are answered as they are. */
export interface TunnelRecord {
  /** Unique among them; stays as other fleets come and go. */
  readonly id: string;
  /** Without a trailing dot. */
  readonly name: string;
  readonly type: "A" | "AAAA" | "SRV";
  /** An address each; of an SRV record `<priority> <weight> <port> <target>`. */
  readonly answers: readonly string[];
}

/** RFC 1035, 2.3.4, as text. */
const LONGEST_NAME = 253;

/** The ports where the tunnel server speaks SSH. */
export function sshPorts(listeners: readonly Listener[]): readonly number[] {
  return listeners
    .filter(({ role, protocol }) => role === "tunnel" && protocol === "TCP")
    .map(({ port }) => port);
}

/** The name that leads to all tunnels. */
export function allTunnels(zone: string): string {
  return `tunnel.${zone}`;
}

/** The name that leads to one fleet's tunnel. */
export function tunnelName(fleet: string, zone: string): string {
  return `${fleet}.${allTunnels(zone)}`;
}

/**
 * Where clients find the tunnels' names and ports (RFC 2782). `ssh` is the service's registered name
 * (https://www.iana.org/assignments/service-names-port-numbers).
 */
export function tunnelService(zone: string): string {
  return `_ssh._tcp.${allTunnels(zone)}`;
}

/** The records of the tunnels; none where no listener has the role `tunnel`. */
export function tunnelRecords(
  zone: string,
  listeners: readonly Listener[],
  fleets: readonly TunnelFleet[],
): readonly TunnelRecord[] {
  if (!listeners.some(({ role }) => role === "tunnel")) return [];
  const own = fleets.flatMap(({ name, addresses }) =>
    addressRecords(`fleet-${name}`, tunnelName(name, zone), [addresses]),
  );
  const all = addressRecords(
    "all",
    allTunnels(zone),
    fleets.map(({ addresses }) => addresses),
  );
  const service: TunnelRecord = {
    id: "ssh",
    name: tunnelService(zone),
    type: "SRV",
    // All are alike. Not with weight 0, which leaves it to the client whether it always takes the first.
    answers: fleets.flatMap(({ name }) =>
      sshPorts(listeners).map((port) => `0 1 ${port} ${tunnelName(name, zone)}`),
    ),
  };
  return [...own, ...all, service].filter(({ answers }) => answers.length > 0);
}

function addressRecords(
  id: string,
  name: string,
  addresses: readonly TunnelFleet["addresses"][],
): readonly TunnelRecord[] {
  return (["A", "AAAA"] as const).map((type) => ({
    id: `${id}-${type.toLowerCase()}`,
    name,
    type,
    answers: addresses.flatMap(({ [type]: address }) => address ?? []),
  }));
}

/** Names of tunnels that DNS cannot hold. @param fleets their names. */
export function checkTunnels(
  zone: string,
  listeners: readonly Listener[],
  fleets: readonly string[],
): readonly Problem[] {
  if (!listeners.some(({ role }) => role === "tunnel")) return [];
  return [tunnelService(zone), ...fleets.map((fleet) => tunnelName(fleet, zone))]
    .filter(({ length }) => length > LONGEST_NAME)
    .map((name) => ({
      where: "zone",
      what: `is too long for the tunnels' names: ${show(name)} has ${name.length} characters, ${LONGEST_NAME} are allowed`,
    }));
}
