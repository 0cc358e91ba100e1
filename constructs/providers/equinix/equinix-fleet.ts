import { Construct } from "constructs";
import { MetalBgpSession } from "../../../.gen/providers/equinix/metal-bgp-session";
import { MetalDevice } from "../../../.gen/providers/equinix/metal-device";
import { MetalProject } from "../../../.gen/providers/equinix/metal-project";
import { MetalReservedIpBlock } from "../../../.gen/providers/equinix/metal-reserved-ip-block";
import { EquinixProvider } from "../../../.gen/providers/equinix/provider";
import { anycastOf } from "../../fleet/announcement";
import { bgpPassword } from "../../fleet/bgp-password";
import type { AnycastAddresses, DataPlaneFleet, FleetCapacity } from "../../fleet/data-plane-fleet";
import { installAtFirstBoot } from "../../fleet/first-boot";
import { capacityOf } from "../../fleet/fleet-inputs";
import type { FleetProps } from "../../fleet/fleet-provider";
import { makeMachines, type Machine, type MachineKind } from "../../fleet/machine-fleet";
import { ownerTags } from "../../fleet/machine-names";
import { BGP_PASSWORD_FILE } from "../../fleet/node-file";
import { planTable } from "../../fleet/plan-table";
import { BGP_PASSWORD, LOCAL_ASN, own, reserved, sessionsOf, type Announced } from "./equinix-bgp";
import { archiveUrl, type EquinixWish } from "./equinix-wish";
import { PLANS } from "./plans";
import { SANDBOX_CREDENTIALS } from "./sandbox-credentials";

export interface EquinixFleetProps extends FleetProps {
  readonly name: string;
  readonly wish: EquinixWish;
}

/** What the scripts of an image are written for. */
const OPERATING_SYSTEM = "debian_12";

/** When each kind of BGP is there. */
const ENABLED = {
  local: "Local BGP usually is at once",
  global: "People enable global BGP, once they have seen that the prefix is registered to your system",
} as const;

/** Address family -> what the session's construct is called after its node. */
const IPV4_ALONE = { ipv4: "bgp" } as const;
const BOTH_FAMILIES = { ...IPV4_ALONE, ipv6: "bgp6" } as const;

/** As long as any address: for what is only measured or compared. */
const SOME_ADDRESS = "255.255.255.255";

/**
 * Machines in several metros, in a project of the fleet's own, that all announce one address which the project has reserved, or
 * prefixes of ours.
 *
 * A reserved address lives as long as its reservation: `protect` refuses plans that would end it. Devices are replaced new before old,
 * site by site, and an old one goes only when the new one serves and has its session:
 * docs/decisions/0010-new-nodes-before-old-ones.md.
 */
export class EquinixFleet extends Construct implements DataPlaneFleet {
  public readonly name: string;
  public readonly anycast: AnycastAddresses;
  public readonly capacity: FleetCapacity;
  /** Escape hatch: what holds the address; undefined where it is ours. */
  public readonly block: MetalReservedIpBlock | undefined;
  /** Escape hatch: the nodes, by site. */
  public readonly devices: Readonly<Record<string, readonly MetalDevice[]>>;

  public constructor(scope: Construct, id: string, props: EquinixFleetProps) {
    super(scope, id);
    const { wish, name, sandbox } = props;
    this.name = name;
    this.capacity = capacityOf(wish);
    new EquinixProvider(this, "equinix", sandbox ? SANDBOX_CREDENTIALS : {});

    const password = bgpPassword(this, BGP_PASSWORD, {
      provider: "Equinix Metal",
      told: "You choose it; the fleet's project is given it: docs/providers/equinix.md.",
      sandbox,
    });
    const project = this.project(props, password);
    if (wish.announce === undefined) {
      this.block = this.reservation(props, project);
      this.anycast = { ipv4: this.block.address };
    } else this.anycast = anycastOf(wish.announce);

    const announced = announcedBy(wish, this.anycast.ipv4);
    const plan = planTable(PLANS).idOf(wish.size);
    const machines = makeMachines(props, {
      kind: ({ image }) => deviceKind(announced, password, wish, image),
      madeOf: (_, { image }) => [wish.archives.url, image, plan],
      knownBgp: sessionsOf(announcedBy(wish, SOME_ADDRESS)),
      make: (machine) => this.machine(machine, wish, project, plan),
      served: ({ sessions }) => sessions,
    });
    this.devices = Object.fromEntries(
      Object.entries(machines).map(([site, made]) => [site, made.map(({ device }) => device)]),
    );
  }

  private project({ environment, name, protect, wish }: EquinixFleetProps, password: string): MetalProject {
    const deployment = wish.announce === undefined ? "local" : "global";
    return new MetalProject(this, "project", {
      name: projectName(environment, name),
      bgpConfig: [{ deploymentType: deployment, asn: wish.announce?.asn ?? LOCAL_ASN, md5: password }],
      lifecycle: {
        preventDestroy: protect,
        postcondition: [
          {
            condition: '${one(self.bgp_config).status == "enabled"}',
            errorMessage: `Equinix Metal has not enabled BGP for the project "${projectName(environment, name)}", so no node could announce its address. ${ENABLED[deployment]}: look at the project in the console under Networking, BGP, or ask support; then deploy again.`,
          },
        ],
      },
    });
  }

  private reservation(
    { environment, name, protect }: EquinixFleetProps,
    project: MetalProject,
  ): MetalReservedIpBlock {
    return new MetalReservedIpBlock(this, "address", {
      projectId: project.id,
      type: "global_ipv4",
      quantity: 1,
      description: projectName(environment, name),
      tags: ownerTags({ environment, fleet: name }),
      lifecycle: { preventDestroy: protect },
    });
  }

  private machine(
    { id, site, name, tags, userData, dependsOn, awaitAt }: Machine,
    { announce }: EquinixWish,
    project: MetalProject,
    plan: string,
  ): { readonly device: MetalDevice; readonly sessions: readonly MetalBgpSession[] } {
    const device = new MetalDevice(this, id, {
      projectId: project.id,
      metro: site,
      plan,
      operatingSystem: OPERATING_SYSTEM,
      billingCycle: "hourly",
      hostname: name,
      tags,
      userData,
      dependsOn,
      provisioners: [awaitAt("${self.access_public_ipv4}")],
      lifecycle: { createBeforeDestroy: true },
    });
    const families = announce?.ipv6 === undefined ? IPV4_ALONE : BOTH_FAMILIES;
    const sessions = Object.entries(families).map(
      ([addressFamily, suffix]) =>
        new MetalBgpSession(this, `${id}-${suffix}`, {
          deviceId: device.id,
          addressFamily,
          // Once more, since a node can announce only now, and an old one must not go before it does.
          provisioners: [awaitAt(device.accessPublicIpv4)],
          lifecycle: { createBeforeDestroy: true },
        }),
    );
    return { device, sessions };
  }
}

/** What a device is told beside what every node is, and where it finds what it is made of. */
export function deviceKind(
  announced: Announced,
  bgpPassword: string,
  { archives }: Pick<EquinixWish, "archives">,
  image: unknown,
): MachineKind {
  const sha256 = String(image);
  return {
    provider: "equinix",
    bgp: sessionsOf(announced),
    secretFiles: { [BGP_PASSWORD_FILE]: bgpPassword },
    firstBoot: installAtFirstBoot({ url: archiveUrl(archives, sha256), sha256 }),
  };
}

/** A device that is told as much as any of the fleet's: what is known only later is at its longest. */
export function longestKind(wish: EquinixWish, bgpPassword: string, image: unknown): MachineKind {
  return deviceKind(announcedBy(wish, SOME_ADDRESS), bgpPassword, wish, image);
}

/** @param address that the project has reserved, where it has. */
function announcedBy({ announce }: EquinixWish, address: string): Announced {
  return announce === undefined ? reserved(address) : own(announce);
}

/** What the fleet's project is called: shorter than any of its machines, and 80 characters are allowed. */
function projectName(environment: string, fleet: string): string {
  return `${environment}-${fleet}`;
}
