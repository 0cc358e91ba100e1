import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { MetalBgpSession } from "../../../.gen/providers/equinix/metal-bgp-session";
import { MetalDevice } from "../../../.gen/providers/equinix/metal-device";
import { MetalProject } from "../../../.gen/providers/equinix/metal-project";
import { MetalReservedIpBlock } from "../../../.gen/providers/equinix/metal-reserved-ip-block";
import { EquinixProvider } from "../../../.gen/providers/equinix/provider";
import { awaitNode } from "../../fleet/await-node";
import { bgpPassword } from "../../fleet/bgp-password";
import type { AnycastAddresses, DataPlaneFleet, FleetCapacity } from "../../fleet/data-plane-fleet";
import { installAtFirstBoot } from "../../fleet/first-boot";
import { capacityOf, minNodes } from "../../fleet/fleet-inputs";
import type { FleetDemand, FleetProps } from "../../fleet/fleet-provider";
import { releaseAt } from "../../fleet/fleet-releases";
import { digestOf, machineName, ownerTags } from "../../fleet/machine-names";
import { BGP_PASSWORD_FILE, nodeFile, type NodeFile } from "../../fleet/node-file";
import { secretFilesOf, userData } from "../../fleet/user-data";
import { BGP_PASSWORD, LOCAL_ASN, sessionsOf } from "./equinix-bgp";
import { archiveUrl, type EquinixWish } from "./equinix-wish";
import { planId } from "./plans";
import { SANDBOX_CREDENTIALS } from "./sandbox-credentials";

export interface EquinixFleetProps extends FleetProps {
  readonly name: string;
  readonly wish: EquinixWish;
}

/** What the scripts of an image are written for. */
const OPERATING_SYSTEM = "debian_12";

/** As long as any address: for what is only measured or compared. */
const SOME_ADDRESS = "255.255.255.255";

/** What the devices of all sites share. */
interface Shared {
  readonly project: MetalProject;
  readonly address: string;
  readonly password: string;
}

/**
 * Machines in several metros, in a project of the fleet's own, that all announce one address which the project has reserved.
 *
 * The address lives as long as its reservation: `protect` refuses plans that would end it. Devices are replaced new before old,
 * site by site, and an old one goes only when the new one serves and has its session:
 * docs/decisions/0010-new-nodes-before-old-ones.md.
 */
export class EquinixFleet extends Construct implements DataPlaneFleet {
  public readonly name: string;
  public readonly anycast: AnycastAddresses;
  public readonly capacity: FleetCapacity;
  /** Escape hatch: what holds the address. */
  public readonly block: MetalReservedIpBlock;
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
    this.block = this.reservation(props, project);
    this.anycast = { ipv4: this.block.address };

    const shared = { project, address: this.block.address, password };
    const devices: Record<string, readonly MetalDevice[]> = {};
    let before: readonly ITerraformDependable[] = props.after;
    for (const site of Object.keys(wish.sites)) {
      const own = { ...props, release: releaseAt(props.release, site) };
      const nodes = this.site(site, own, shared, before);
      devices[site] = nodes.map(({ device }) => device);
      before = nodes.map(({ session }) => session);
    }
    this.devices = devices;
  }

  private project({ environment, name, protect }: EquinixFleetProps, password: string): MetalProject {
    return new MetalProject(this, "project", {
      name: projectName(environment, name),
      bgpConfig: [{ deploymentType: "local", asn: LOCAL_ASN, md5: password }],
      lifecycle: {
        preventDestroy: protect,
        postcondition: [
          {
            condition: '${one(self.bgp_config).status == "enabled"}',
            errorMessage: `Equinix Metal has not enabled BGP for the project "${projectName(environment, name)}", so no node could announce its address. Local BGP usually is at once: look at the project in the console under Networking, BGP, or ask support; then deploy again.`,
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

  private site(
    site: string,
    props: EquinixFleetProps,
    shared: Shared,
    before: readonly ITerraformDependable[],
  ): readonly { readonly device: MetalDevice; readonly session: MetalBgpSession }[] {
    const { wish, name, environment, release } = props;
    const place = { environment, fleet: name, site };
    const plan = planId(wish.size);
    const text = siteUserData(props, name, wish, site, shared);
    const made = digestOf(siteFile(props, name, site, SOME_ADDRESS), wish.archives.url, release.image, plan);
    return Array.from({ length: minNodes(wish.sites[site] ?? { nodes: 0 }) }, (_, index) => {
      const hostname = machineName(place, index + 1, made);
      const device = new MetalDevice(this, `${site}-${index + 1}`, {
        projectId: shared.project.id,
        metro: site,
        plan,
        operatingSystem: OPERATING_SYSTEM,
        billingCycle: "hourly",
        hostname,
        tags: ownerTags(place),
        userData: text,
        dependsOn: [...before],
        provisioners: [
          awaitNode(props, { fleet: name, name: hostname, address: "${self.access_public_ipv4}" }),
        ],
        lifecycle: { createBeforeDestroy: true },
      });
      const session = new MetalBgpSession(this, `${site}-${index + 1}-bgp`, {
        deviceId: device.id,
        addressFamily: "ipv4",
        // Once more, since a node can announce only now, and an old one must not go before it does.
        provisioners: [awaitNode(props, { fleet: name, name: hostname, address: device.accessPublicIpv4 })],
        lifecycle: { createBeforeDestroy: true },
      });
      return { device, session };
    });
  }
}

/** What a device is told at boot, its secrets, and where it finds what it is made of. */
export function siteUserData(
  demand: FleetDemand & Pick<FleetProps, "release" | "logAccess">,
  fleet: string,
  { archives }: EquinixWish,
  site: string,
  { address, password }: Pick<Shared, "address" | "password">,
): string {
  const sha256 = String(demand.release.image);
  return userData(
    siteFile(demand, fleet, site, address, demand.logAccess?.settings),
    { ...secretFilesOf(demand), [BGP_PASSWORD_FILE]: password },
    installAtFirstBoot({ url: archiveUrl(archives, sha256), sha256 }),
  );
}

/** The longest that any device is told. One site's text is as long as another's: their names all have two letters. */
export function longestUserData(
  demand: Parameters<typeof siteUserData>[0],
  fleet: string,
  wish: EquinixWish,
  password: string,
): string {
  return siteUserData(demand, fleet, wish, "xx", { address: SOME_ADDRESS, password });
}

function siteFile(
  demand: FleetDemand & Pick<FleetProps, "release">,
  fleet: string,
  site: string,
  address: string,
  logAccess?: NodeFile["logAccess"],
): NodeFile {
  const own = { name: fleet, provider: "equinix" };
  const file = nodeFile(demand, own, demand.release.id, { name: site }, logAccess);
  return { ...file, bgp: sessionsOf(address) };
}

/** What the fleet's project is called: shorter than any of its machines, and 80 characters are allowed. */
function projectName(environment: string, fleet: string): string {
  return `${environment}-${fleet}`;
}
