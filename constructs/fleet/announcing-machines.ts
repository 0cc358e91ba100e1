import { nodeFileFrom } from "./cloud-init";
import type { AnycastBackend, AnycastPort, NodeGroup, Position, OpenPorts } from "./cloud-life";
import type { NodeFile } from "./node-file";

/** A machine of a simulated cloud that announces its anycast addresses itself. */
export interface AnnouncingMachine {
  /** Of its object. */
  readonly id: string;
  readonly hostName: string;
  /** Where it stands, in the provider's words, and on the globe. */
  readonly location: string;
  readonly position: Position;
  /** What a record of simulated images calls its image. */
  readonly image: string;
  /** Cloud-init text, decoded. */
  readonly userData: string;
  /** What its cloud's firewall lets everybody reach. */
  readonly openPorts: readonly OpenPorts[];
}

/** A port of an address. */
type Door = Pick<AnycastPort, "address" | "port" | "protocol">;

/**
 * The node's own announcer decides whether traffic comes: it looks each second, announces after three seconds of health, and
 * withdraws at the second look without an answer (images/edge-node/provision/files/usr/lib/polycast/announcement.py; that it
 * damps a node which comes and goes is left out here).
 */
const ANNOUNCER = { intervalSeconds: 1, timeoutSeconds: 1, healthyThreshold: 4, unhealthyThreshold: 2 };

/** Each machine by itself: it lives as long as its object, and nobody mends it. */
export function machineGroup(machine: AnnouncingMachine): NodeGroup {
  const { id, hostName, location, position, image, userData, openPorts } = machine;
  return {
    id,
    location,
    position,
    nodes: [hostName],
    newName: () => hostName,
    template: { image, userData },
    replacement: { kind: "none" },
    healthCheck: { path: fileOf(machine)?.health.path ?? "", ...ANNOUNCER },
    healing: { action: "none", on: "dead", afterSeconds: 0, graceSeconds: 0 },
    openPorts,
  };
}

/**
 * The ports of the addresses that machines announce: each leads to the nearest healthy one.
 * @param isPassedOn whether the cloud takes the announcement of an address.
 */
export function announcedPorts<M extends AnnouncingMachine>(
  machines: readonly M[],
  isPassedOn: (machine: M, address: string) => boolean = () => true,
): AnycastPort[] {
  return anycastPorts(
    machines.flatMap((machine) =>
      doorsOf(machine)
        .filter(({ address }) => isPassedOn(machine, address))
        .map((door) => ({ ...door, group: machine.id })),
    ),
  );
}

/** Ports that lead to the nearest healthy node, by the ways that there are to groups of nodes. */
export function anycastPorts(ways: readonly (Door & { readonly group: string })[]): AnycastPort[] {
  const ports = new Map<string, Omit<AnycastPort, "backends"> & { backends: AnycastBackend[] }>();
  for (const { group, ...door } of ways) {
    const key = `${door.protocol} ${door.address} ${door.port}`;
    const known = ports.get(key) ?? { ...door, failOpen: false, backends: [] };
    known.backends.push({ group, percent: 100 });
    ports.set(key, known);
  }
  return [...ports.values()];
}

/** Every listener at every address that it announces. */
function doorsOf(machine: AnnouncingMachine): readonly Pick<AnycastPort, "address" | "port" | "protocol">[] {
  const file = fileOf(machine);
  const addresses = file?.bgp?.routes.flatMap((route) => route.addresses) ?? [];
  return addresses.flatMap((address) =>
    (file?.listeners ?? []).map(({ port, protocol }) => ({ address, port, protocol })),
  );
}

function fileOf({ userData }: AnnouncingMachine): NodeFile | undefined {
  const file = nodeFileFrom(userData);
  return "found" in file ? file.found : undefined;
}
