import { Construct } from "constructs";
import { FirewallGroup } from "../../../.gen/providers/vultr/firewall-group";
import { FirewallRule } from "../../../.gen/providers/vultr/firewall-rule";
import { Instance } from "../../../.gen/providers/vultr/instance";
import { VultrProvider, type VultrProviderConfig } from "../../../.gen/providers/vultr/provider";
import { anycastOf } from "../../fleet/announcement";
import { bgpPassword } from "../../fleet/bgp-password";
import type { AnycastAddresses, DataPlaneFleet, FleetCapacity } from "../../fleet/data-plane-fleet";
import { capacityOf, type Size } from "../../fleet/fleet-inputs";
import type { FleetProps } from "../../fleet/fleet-provider";
import { makeMachines, type Machine, type MachineKind } from "../../fleet/machine-fleet";
import { planTable } from "../../fleet/plan-table";
import { BGP_PASSWORD_FILE } from "../../fleet/node-file";
import { PLANS, PLAN_SUFFIXES } from "./plans";
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
    this.name = name;
    this.capacity = capacityOf(wish);
    this.anycast = anycastOf(wish.announce);
    new VultrProvider(this, "vultr", sandbox ? { apiKey: "sandbox" } : FROM_ENVIRONMENT);

    const password = bgpPassword(this, BGP_PASSWORD, {
      provider: "Vultr",
      told: "Vultr shows it in its console under Network, BGP, once it has approved your prefixes: docs/providers/vultr.md.",
      sandbox,
    });
    const firewall = this.firewall(props);
    const plan = (site: string) => planIn(site, wish.size);
    this.instances = makeMachines(props, {
      kind: () => instanceKind(wish, password),
      madeOf: (site, { image }) => [image, plan(site)],
      make: (machine) => this.instance(machine, props, plan(machine.site), firewall),
      served: (instance) => [instance],
    });
  }

  private firewall({ environment, name, listeners, wish }: VultrFleetProps): FirewallGroup {
    const group = new FirewallGroup(this, "firewall", { description: `${environment}-${name}` });
    for (const { id, ...rule } of openings(listeners, wish.ipv6 === true)) {
      new FirewallRule(this, `firewall-${id}`, { firewallGroupId: group.id, ...rule });
    }
    return group;
  }

  private instance(
    { id, site, image, name, tags, userData, dependsOn, awaitAt }: Machine,
    { wish }: VultrFleetProps,
    plan: string,
    firewall: FirewallGroup,
  ): Instance {
    return new Instance(this, id, {
      region: site,
      plan,
      snapshotId: image,
      hostname: name,
      label: name,
      tags,
      enableIpv6: wish.ipv6 === true,
      userData,
      firewallGroupId: firewall.id,
      activationEmail: false,
      dependsOn,
      provisioners: [awaitAt("${self.main_ip}")],
      lifecycle: { createBeforeDestroy: true },
    });
  }
}

/** The plan of a size, as a region calls it. */
export function planIn(region: string, size: Size): string {
  return `${planTable(PLANS).idOf(size)}${PLAN_SUFFIXES[region] ?? ""}`;
}

/** What an instance is told beside what every node is. */
export function instanceKind({ announce }: VultrWish, bgpPassword: string): MachineKind {
  return {
    provider: "vultr",
    bgp: sessionsOf(announce),
    secretFiles: { [BGP_PASSWORD_FILE]: bgpPassword },
  };
}

/** The plugin reads VULTR_API_KEY; where that is not set its schema calls the argument required, and so does our copy. */
const FROM_ENVIRONMENT = {} as VultrProviderConfig;
