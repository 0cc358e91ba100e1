import { announcedPorts, machineGroup, type AnnouncingMachine } from "../../fleet/announcing-machines";
import { archiveOf } from "../../fleet/first-boot";
import { ownFirewall } from "../../fleet/open-ports";
import type { CloudLife, CloudObjects } from "../../fleet/simulation";
import { positionIn, text } from "../../fleet/simulated-values";
import { METRO_POSITIONS } from "./metros";
import { hasBgp } from "./simulation-project";
import { BGP_SESSION, DEVICE, PROJECT, RESERVED_BLOCK } from "./simulation-values";

/** What devices amount to that announce an address themselves. There is no firewall but their own. */
export const life: CloudLife = {
  nodeGroups: (objects) => machines(objects).map(machineGroup),
  anycast(objects) {
    const reserved = reservations(objects);
    const global = globalProjects(objects);
    return announcedPorts(
      machines(objects),
      ({ project, sessions }, address) =>
        sessions.has(address.includes(":") ? "ipv6" : "ipv4") &&
        // What is registered to a system nobody knows here.
        (global.has(project) || reserved.has(`${project} ${address}`)),
    );
  },
  images: (objects) =>
    objects.list(STORED).map(({ attributes: { sha256 } }) => ({
      id: text(sha256),
      provider: "equinix",
      bootSeconds: BOOT_SECONDS,
    })),
};

/** What the simulated S3 keeps, archives among it; it is none of Terraform's types. */
const STORED = "s3_object";

/** How long a machine takes to become a node: the installation, the scripts, and the boot after them. */
const BOOT_SECONDS = 300;

interface Machine extends AnnouncingMachine {
  readonly project: string;
  /** Families in which its routers listen to it. */
  readonly sessions: ReadonlySet<string>;
}

function machines(objects: CloudObjects): readonly Machine[] {
  const sessions = objects.list(BGP_SESSION).map(({ attributes }) => attributes);
  const projects = new Set(
    objects
      .list(PROJECT)
      .filter(({ attributes }) => hasBgp(attributes))
      .map(({ id }) => id),
  );
  return objects.list(DEVICE).map(({ id, attributes: device }) => {
    const project = text(device["project_id"]);
    const userData = text(device["user_data"]);
    return {
      id,
      hostName: text(device["hostname"]),
      location: text(device["metro"]),
      position: positionIn(METRO_POSITIONS, text(device["metro"])),
      // A machine that fetches nothing stays what it was installed with.
      image: archiveOf(userData)?.sha256 ?? text(device["operating_system"]),
      userData,
      openPorts: ownFirewall(userData),
      project,
      sessions: new Set(
        sessions
          .filter(({ device_id: of }) => of === id && projects.has(project))
          .map(({ address_family: family }) => text(family)),
      ),
    };
  });
}

/** Projects whose devices may announce prefixes of their owner's. */
function globalProjects(objects: CloudObjects): ReadonlySet<string> {
  const projects = objects.list(PROJECT).filter(({ attributes }) => hasBgp(attributes, "global"));
  return new Set(projects.map(({ id }) => id));
}

/** The addresses that routers take from a project's devices, each after its project. */
function reservations(objects: CloudObjects): ReadonlySet<string> {
  const blocks = objects.list(RESERVED_BLOCK).filter(({ attributes }) => attributes["global"] === true);
  return new Set(
    blocks.map(({ attributes: block }) => `${text(block["project_id"])} ${text(block["address"])}`),
  );
}
