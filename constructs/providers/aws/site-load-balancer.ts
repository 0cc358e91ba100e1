import { Lb } from "@cdktf/provider-aws/lib/lb";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import type { AwsProvider } from "@cdktf/provider-aws/lib/provider";
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

  public constructor(scope: Construct, id: string, props: SiteLoadBalancerProps) {
    super(scope, id);
    const { provider, name, network, ipv6 } = props;
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
    });
    this.targetGroups = loadBalancerPorts(props.listeners).map((port) => this.listen(port, props));
  }

  private listen(
    port: PortProtocol,
    { provider, name, network, health, clientAffinity }: SiteLoadBalancerProps,
  ) {
    // A target group's protocol cannot change, a listener's can, and a port has one listener at a time. So another
    // protocol is another target group, to which the listener is moved before the old one goes.
    const targetId = `${port.protocol.toLowerCase()}-${port.port}`;
    const targetGroup = new LbTargetGroup(this, `targets-${targetId}`, {
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
    new LbListener(this, `listener-${port.port}`, {
      provider,
      loadBalancerArn: this.loadBalancer.arn,
      port: port.port,
      protocol: port.protocol,
      defaultAction: [{ type: "forward", targetGroupArn: targetGroup.arn }],
    });
    return targetGroup;
  }
}
