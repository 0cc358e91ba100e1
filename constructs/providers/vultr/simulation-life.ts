import { announcedPorts, machineGroup, type AnnouncingMachine } from "../../fleet/announcing-machines";
import type { CloudLife, CloudObjects } from "../../fleet/simulation";
import { positionIn, text } from "../../fleet/simulated-values";
import { REGION_POSITIONS } from "./regions";
import { openPortsOf } from "./simulation-firewall";
import { INSTANCE, SNAPSHOT } from "./simulation-instance";

/** What instances amount to that announce an address themselves. */
export const life: CloudLife = {
  nodeGroups: (objects) => machines(objects).map(machineGroup),
  anycast: (objects) => announcedPorts(machines(objects)),
  images: (objects) =>
    objects.list(SNAPSHOT).map(({ id }) => ({ id, provider: "vultr", bootSeconds: BOOT_SECONDS })),
};

/** How long an instance takes to come up. */
const BOOT_SECONDS = 40;

/** Nodes are made of snapshots; a builder is made of Vultr's own Debian, and serves nothing. */
function machines(objects: CloudObjects): readonly AnnouncingMachine[] {
  const nodes = objects
    .list(INSTANCE)
    .filter(({ attributes: instance }) => text(instance["snapshot_id"]) !== "");
  return nodes.map(({ id, attributes: instance }) => ({
    id,
    hostName: text(instance["hostname"]),
    location: text(instance["region"]),
    position: positionIn(REGION_POSITIONS, text(instance["region"])),
    image: text(instance["snapshot_id"]),
    userData: text(instance["user_data"]),
    openPorts: openPortsOf(text(instance["firewall_group_id"]), objects),
  }));
}
