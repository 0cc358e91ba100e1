import { Lb } from "@cdktf/provider-aws/lib/lb";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import type { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { DataResource, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { ClientAffinity, HealthCheck, Listener } from "../../fleet/fleet-inputs";
import type { SiteNetwork } from "./site-network";

export interface SiteLoadBalancerProps {
  readonly provider: AwsProvider;
  readonly name: string;
  readonly network: SiteNetwork;
  readonly securityGroupId: string;
  readonly listeners: readonly Listener[];
  readonly health: HealthCheck;
  readonly clientAffinity: ClientAffinity;
  readonly ipv6: boolean;
}

/** A port of the load balancer; one that speaks TCP and UDP is one listener, not two. */
export interface PortProtocol {
  readonly port: number;
  readonly protocol: "TCP" | "UDP" | "TCP_UDP";
}

/** The load balancer's listeners: one a port. */
export function loadBalancerPorts(listeners: readonly Listener[]): readonly PortProtocol[] {
  const ports = [...new Set(listeners.map(({ port }) => port))];
  return ports.map((port) => {
    const protocols = new Set(
      listeners.filter((listener) => listener.port === port).map(({ protocol }) => protocol),
    );
    return { port, protocol: protocols.size === 2 ? "TCP_UDP" : protocols.has("UDP") ? "UDP" : "TCP" };
  });
}

/** Name of a port's target group: target groups and load balancers share a region's limit of 32 characters. */
export function targetGroupName(name: string, { port, protocol }: PortProtocol): string {
  return `${name}-${port}-${protocol.toLowerCase().replace("_", "-")}`;
}

/** A region's network load balancer, its targets the nodes themselves, so that they see client addresses. */
export class SiteLoadBalancer extends Construct {
  public readonly loadBalancer: Lb;
  public readonly targetGroups: readonly LbTargetGroup[];
  private readonly ports: readonly PortProtocol[];

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: SiteLoadBalancerProps,
  ) {
    super(scope, id);
    const { provider, name, network, ipv6 } = props;
    // A network load balancer cannot leave a subnet, and the plugin finds that out only while it applies:
    // https://github.com/hashicorp/terraform-provider-aws/issues/41300. So other zones plan another load balancer.
    const zones = new DataResource(this, "zones", { input: { zones: network.zones.join(" ") } });
    this.loadBalancer = new Lb(this, "load-balancer", {
      provider,
      name,
      loadBalancerType: "network",
      internal: false,
      ipAddressType: ipv6 ? "dualstack" : "ipv4",
      subnets: network.subnets.map(({ id: subnetId }) => subnetId),
      securityGroups: [props.securityGroupId],
      // Global Accelerator balances over the zones; with cross-zone on, connections of one client can collide.
      // https://docs.aws.amazon.com/global-accelerator/latest/dg/about-endpoints-caveats.html
      enableCrossZoneLoadBalancing: false,
      dependsOn: [...network.wayOut],
      lifecycle: { replaceTriggeredBy: [`${zones.terraformResourceType}.${zones.friendlyUniqueId}.input`] },
    });
    this.ports = loadBalancerPorts(props.listeners);
    this.targetGroups = this.ports.map((port) => this.target(port));
  }

  /**
   * Opens the ports.
   * @param nodes what registers the nodes in the target groups. A port that moves to another group moves only then, so
   * that it does not meet an empty one.
   */
  public listen(nodes: ITerraformDependable): void {
    for (const [index, { port, protocol }] of this.ports.entries()) {
      const targetGroupArn = this.targetGroups[index]?.arn ?? "";
      new LbListener(this, `listener-${port}`, {
        provider: this.props.provider,
        loadBalancerArn: this.loadBalancer.arn,
        port,
        protocol,
        defaultAction: [{ type: "forward", targetGroupArn }],
        dependsOn: [nodes],
      });
    }
  }

  private target(port: PortProtocol): LbTargetGroup {
    const { provider, name, network, health, clientAffinity } = this.props;
    // A target group's protocol cannot change, a listener's can, and a port has one listener at a time. So another
    // protocol is another target group, to which the listener is moved before the old one goes.
    const targetId = `${port.protocol.toLowerCase()}-${port.port}`;
    return new LbTargetGroup(this, `targets-${targetId}`, {
      provider,
      name: targetGroupName(name, port),
      vpcId: network.vpc.id,
      targetType: "instance",
      port: port.port,
      protocol: port.protocol,
      preserveClientIp: "true",
      deregistrationDelay: "60",
      healthCheck: {
        protocol: "HTTP",
        port: String(health.port),
        path: health.path,
        matcher: "200",
        interval: health.intervalSeconds,
        timeout: Math.min(health.intervalSeconds, 6),
        healthyThreshold: 2,
        unhealthyThreshold: health.unhealthyThreshold,
      },
      stickiness: { type: "source_ip", enabled: clientAffinity === "source-ip" },
      lifecycle: { createBeforeDestroy: true },
    });
  }
}
