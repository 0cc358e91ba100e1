import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import type { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { Route } from "@cdktf/provider-aws/lib/route";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { Vpc } from "@cdktf/provider-aws/lib/vpc";
import { Fn, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

export interface SiteNetworkProps {
  readonly provider: AwsProvider;
  /** Name shown in the console. */
  readonly name: string;
  /** Zone ids, all distinct. */
  readonly zones: readonly string[];
  readonly ipv6: boolean;
}

/** A network of its own for one region: a public subnet per zone, each with a route to the internet. */
export class SiteNetwork extends Construct {
  public readonly vpc: Vpc;
  /** Zone ids. */
  public readonly zones: readonly string[];
  public readonly subnets: readonly Subnet[];
  /** What a node or a load balancer needs before it can reach the internet. */
  public readonly wayOut: readonly ITerraformDependable[];

  public constructor(scope: Construct, id: string, { provider, name, zones, ipv6 }: SiteNetworkProps) {
    super(scope, id);
    this.zones = zones;
    const tags = { Name: name };
    this.vpc = new Vpc(this, "vpc", {
      provider,
      // Never peered with another region's, so every region can have the same range.
      cidrBlock: "10.0.0.0/16",
      enableDnsHostnames: true,
      ...(ipv6 ? { assignGeneratedIpv6CidrBlock: true } : {}),
      tags,
    });
    const gateway = new InternetGateway(this, "internet-gateway", { provider, vpcId: this.vpc.id, tags });
    const table = new RouteTable(this, "routes", { provider, vpcId: this.vpc.id, tags });
    const toInternet = { provider, routeTableId: table.id, gatewayId: gateway.id };
    const routes = [new Route(this, "default-ipv4", { ...toInternet, destinationCidrBlock: "0.0.0.0/0" })];
    if (ipv6) {
      routes.push(new Route(this, "default-ipv6", { ...toInternet, destinationIpv6CidrBlock: "::/0" }));
    }

    this.subnets = zones.map(
      (zone) =>
        new Subnet(this, `subnet-${zone}`, {
          provider,
          vpcId: this.vpc.id,
          availabilityZoneId: zone,
          cidrBlock: `10.0.${zoneNumber(zone) * 16}.0/20`,
          mapPublicIpOnLaunch: true,
          ...(ipv6
            ? {
                ipv6CidrBlock: Fn.cidrsubnet(this.vpc.ipv6CidrBlock, 8, zoneNumber(zone)),
                assignIpv6AddressOnCreation: true,
              }
            : {}),
          tags: { Name: `${name}-${zone}` },
          lifecycle: { createBeforeDestroy: true },
        }),
    );
    const associations = this.subnets.map(
      (subnet, index) =>
        new RouteTableAssociation(this, `routes-${zones[index]}`, {
          provider,
          subnetId: subnet.id,
          routeTableId: table.id,
          lifecycle: { createBeforeDestroy: true },
        }),
    );
    this.wayOut = [...routes, ...associations];
  }
}

/** A zone's own number, `use1-az4` -> 4: its subnet has the same range whichever zones stand beside it. */
function zoneNumber(zone: string): number {
  return Number(zone.at(-1));
}
