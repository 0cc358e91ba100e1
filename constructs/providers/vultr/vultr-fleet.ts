import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { FirewallGroup } from "../../../.gen/providers/vultr/firewall-group";
import { FirewallRule } from "../../../.gen/providers/vultr/firewall-rule";
import { Instance } from "../../../.gen/providers/vultr/instance";
import { VultrProvider, type VultrProviderConfig } from "../../../.gen/providers/vultr/provider";
import { awaitNode } from "../../fleet/await-node";
import { bgpPassword } from "../../fleet/bgp-password";
import type { AnycastAddresses, DataPlaneFleet, FleetCapacity } from "../../fleet/data-plane-fleet";
import { capacityOf, minNodes } from "../../fleet/fleet-inputs";
import type { FleetDemand, FleetProps } from "../../fleet/fleet-provider";
import { releaseAt } from "../../fleet/fleet-releases";
import { digestOf, machineName, ownerTags } from "../../fleet/machine-names";
import { BGP_PASSWORD_FILE, nodeFile, type NodeFile } from "../../fleet/node-file";
import { secretFilesOf, userData } from "../../fleet/user-data";
import { planIn } from "./plans";
import { BGP_PASSWORD, sessionsOf } from "./vultr-bgp";
import { openings } from "./vultr-firewall";
import type { VultrWish } from "./vultr-wish";

export interface VultrFleetProps extends FleetProps {
  readonly name: string;
  readonly wish: VultrWish;
}

/**
 * Instances in several regions that all announce the same prefixes of ours.
 *
 * The address is ours: no resource holds it, and no plan can lose it. What can be lost is every node that announces it, so
 * nodes are replaced new before old, site by site, and an old one goes only when the new one serves:
 * docs/decisions/0010-new-nodes-before-old-ones.md.
 */
export class VultrFleet extends Construct implements DataPlaneFleet {
  public readonly name: string;
  public readonly anycast: AnycastAddresses;
  public readonly capacity: FleetCapacity;
  /** Escape hatch: the nodes, by site. */
  public readonly instances: Readonly<Record<string, readonly Instance[]>>;

  public constructor(scope: Construct, id: string, props: VultrFleetProps) {
    super(scope, id);
    const { wish, name, sandbox } = props;
    const { ipv4, ipv6 } = wish.announce;
    this.name = name;
    this.capacity = capacityOf(wish);
    this.anycast = { ipv4: ipv4.address, ...(ipv6 === undefined ? {} : { ipv6: ipv6.address }) };
    new VultrProvider(this, "vultr", sandbox ? { apiKey: "sandbox" } : FROM_ENVIRONMENT);

    const password = bgpPassword(this, BGP_PASSWORD, {
      provider: "Vultr",
      told: "Vultr shows it in its console under Network, BGP, once it has approved your prefixes: docs/providers/vultr.md.",
      sandbox,
    });
    const firewall = this.firewall(props);
    const instances: Record<string, readonly Instance[]> = {};
    let before: readonly ITerraformDependable[] = props.after;
    for (const site of Object.keys(wish.sites)) {
      const own = { ...props, release: releaseAt(props.release, site) };
      const nodes = this.site(site, own, { password, firewall, before });
      instances[site] = nodes;
      before = nodes;
    }
    this.instances = instances;
  }

  private firewall({ environment, name, listeners, wish }: VultrFleetProps): FirewallGroup {
    const group = new FirewallGroup(this, "firewall", { description: `${environment}-${name}` });
    for (const { id, ...rule } of openings(listeners, wish.ipv6 === true)) {
      new FirewallRule(this, `firewall-${id}`, { firewallGroupId: group.id, ...rule });
    }
    return group;
  }

  private site(
    site: string,
    props: VultrFleetProps,
    shared: {
      readonly password: string;
      readonly firewall: FirewallGroup;
      readonly before: readonly ITerraformDependable[];
    },
  ): readonly Instance[] {
    const { wish, environment, release } = props;
    const place = { environment, fleet: props.name, site };
    const plan = planIn(site, wish.size);
    const text = siteUserData(props, props.name, wish, site, shared.password);
    const made = digestOf(siteFile(props, props.name, wish, site), release.image, plan);
    return Array.from({ length: minNodes(wish.sites[site] ?? { nodes: 0 }) }, (_, index) => {
      const hostname = machineName(place, index + 1, made);
      return new Instance(this, `${site}-${index + 1}`, {
        region: site,
        plan,
        snapshotId: String(release.image),
        hostname,
        label: hostname,
        tags: ownerTags(place),
        enableIpv6: wish.ipv6 === true,
        userData: text,
        firewallGroupId: shared.firewall.id,
        activationEmail: false,
        dependsOn: [...shared.before],
        provisioners: [awaitNode(props, { fleet: props.name, name: hostname, address: "${self.main_ip}" })],
        lifecycle: { createBeforeDestroy: true },
      });
    });
  }
}

/** What an instance is told at boot, and its secrets. */
export function siteUserData(
  demand: FleetDemand & Pick<FleetProps, "release" | "logAccess">,
  fleet: string,
  wish: VultrWish,
  site: string,
  bgpPassword: string,
): string {
  const settings = demand.logAccess?.settings;
  return userData(siteFile(demand, fleet, wish, site, settings), {
    ...secretFilesOf(demand),
    [BGP_PASSWORD_FILE]: bgpPassword,
  });
}

function siteFile(
  demand: FleetDemand & Pick<FleetProps, "release">,
  fleet: string,
  wish: VultrWish,
  site: string,
  logAccess?: NodeFile["logAccess"],
): NodeFile {
  const own = { name: fleet, provider: "vultr" };
  const file = nodeFile(demand, own, demand.release.id, { name: site }, logAccess);
  return { ...file, bgp: sessionsOf(wish.announce) };
}

/** The plugin reads VULTR_API_KEY; where that is not set its schema calls the argument required, and so does our copy. */
const FROM_ENVIRONMENT = {} as VultrProviderConfig;
