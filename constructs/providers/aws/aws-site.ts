import type { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import type { Lb } from "@cdktf/provider-aws/lib/lb";
import { Construct } from "constructs";
import type { FleetProps } from "../../fleet/fleet-provider";
import type { Size } from "../../fleet/fleet-inputs";
import { maxNodes } from "../../fleet/fleet-inputs";
import { logGroupName, nodeFile } from "../../fleet/node-file";
import { planTable } from "../../fleet/plan-table";
import { secretFilesOf, userData } from "../../fleet/user-data";
import { awsImage } from "./aws-image";
import type { AwsSiteWish } from "./aws-wish";
import { INSTANCE_TYPES } from "./instance-types";
import { ownerTags } from "./owner-tags";
import { REGION_ZONES } from "./regions";
import { SiteFirewall } from "./site-firewall";
import { SiteIdentity } from "./site-identity";
import { SiteLoadBalancer } from "./site-load-balancer";
import { SiteNetwork } from "./site-network";
import { SiteNodes } from "./site-nodes";

export interface AwsSiteProps extends FleetProps {
  readonly provider: AwsProvider;
  readonly fleet: string;
  readonly region: string;
  readonly wish: AwsSiteWish;
  readonly size: Size;
  readonly ipv6: boolean;
  /** How many days logs are kept. */
  readonly retentionDays: number;
}

/** Everything of one fleet in one region, from the network to the nodes. */
export class AwsSite extends Construct {
  /** What Global Accelerator sends traffic to. */
  public readonly loadBalancer: Lb;

  public constructor(scope: Construct, id: string, props: AwsSiteProps) {
    super(scope, id);
    const { provider, region, environment, fleet, ipv6, listeners, health, wish } = props;
    const name = siteName(environment, fleet);

    const network = new SiteNetwork(this, "network", {
      provider,
      name,
      zones: wish.locations ?? REGION_ZONES[region] ?? [],
      ipv6,
    });
    const firewall = new SiteFirewall(this, "firewall", {
      provider,
      name,
      vpcId: network.vpc.id,
      listeners,
      health,
      ipv6,
    });
    const identity = new SiteIdentity(this, "identity", {
      provider,
      name: roleName(environment, fleet, region),
      logGroup: logGroupName(environment, fleet),
      retentionDays: props.retentionDays,
    });
    const balancer = new SiteLoadBalancer(this, "balancer", {
      provider,
      name,
      network,
      securityGroupId: firewall.loadBalancer.id,
      listeners,
      health,
      clientAffinity: props.clientAffinity,
      ipv6,
    });
    const nodes = new SiteNodes(this, "nodes", {
      provider,
      name,
      nodes: maxNodes(wish),
      imageId: awsImage(props.release.image, region),
      instanceType: planTable(INSTANCE_TYPES).idOf(props.size),
      userData: siteUserData(props, fleet, region),
      instanceProfileArn: identity.profile.arn,
      securityGroupId: firewall.nodes.id,
      subnetIds: network.subnets.map((subnet) => subnet.id),
      targetGroupArns: balancer.targetGroups.map(({ arn }) => arn),
      tags: { Name: name, ...ownerTags(environment, fleet) },
      after: props.after,
      dependsOn: network.wayOut,
    });
    balancer.listen(nodes.group);
    this.loadBalancer = balancer.loadBalancer;
  }
}

/** Name of what exists once a region: load balancer, group, launch template. */
export function siteName(environment: string, fleet: string): string {
  return `${environment}-${fleet}`;
}

/** Name of a region's role; IAM is global. */
export function roleName(environment: string, fleet: string, region: string): string {
  return `${environment}-${fleet}-${region}`;
}

/** What the nodes of a region are told at boot. */
export function siteUserData(
  demand: Parameters<typeof nodeFile>[0] & { readonly release: FleetProps["release"] },
  fleet: string,
  region: string,
): string {
  const file = nodeFile(demand, { name: fleet, provider: "aws" }, demand.release.id, { name: region });
  return userData(file, secretFilesOf(demand));
}
