import type { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { Construct } from "constructs";
import type { HealthCheck, Listener } from "../../fleet/fleet-inputs";

export interface SiteFirewallProps {
  readonly provider: AwsProvider;
  readonly name: string;
  readonly vpcId: string;
  readonly listeners: readonly Listener[];
  readonly health: HealthCheck;
  readonly ipv6: boolean;
}

/**
 * Two security groups: the load balancer's, open to everybody on the listeners' ports, and the nodes',
 * open to the load balancer on those ports and on the health check's. Administration goes through SSM, which
 * needs no open port.
 */
export class SiteFirewall extends Construct {
  /**
   * A network load balancer keeps client addresses behind Global Accelerator only with a security group of its
   * own that it has had from its creation.
   * https://docs.aws.amazon.com/global-accelerator/latest/dg/preserve-client-ip-address.html
   */
  public readonly loadBalancer: SecurityGroup;
  public readonly nodes: SecurityGroup;

  public constructor(scope: Construct, id: string, props: SiteFirewallProps) {
    super(scope, id);
    const { provider, name, vpcId, listeners, health, ipv6 } = props;
    this.loadBalancer = new SecurityGroup(this, "load-balancer", {
      provider,
      name: `${name}-load-balancer`,
      description: "Clients to the load balancer",
      vpcId,
    });
    this.nodes = new SecurityGroup(this, "nodes", {
      provider,
      name: `${name}-nodes`,
      description: "Load balancer to the nodes",
      vpcId,
    });

    const everybody = [
      ["ipv4", { cidrIpv4: "0.0.0.0/0" }] as const,
      ...(ipv6 ? [["ipv6", { cidrIpv6: "::/0" }] as const] : []),
    ];
    const served = listeners.map(({ port, protocol }) => ({ port, protocol: protocol.toLowerCase() }));
    const checked = { port: health.port, protocol: "tcp" };

    for (const { port, protocol } of served) {
      for (const [family, source] of everybody) {
        new VpcSecurityGroupIngressRule(this, `clients-${protocol}-${port}-${family}`, {
          provider,
          securityGroupId: this.loadBalancer.id,
          description: `Clients, ${protocol} ${port}`,
          ipProtocol: protocol,
          fromPort: port,
          toPort: port,
          ...source,
        });
      }
    }
    for (const { port, protocol } of [...served, checked]) {
      const rule = { provider, ipProtocol: protocol, fromPort: port, toPort: port };
      new VpcSecurityGroupEgressRule(this, `to-nodes-${protocol}-${port}`, {
        ...rule,
        description: `To the nodes, ${protocol} ${port}`,
        securityGroupId: this.loadBalancer.id,
        referencedSecurityGroupId: this.nodes.id,
      });
      new VpcSecurityGroupIngressRule(this, `from-load-balancer-${protocol}-${port}`, {
        ...rule,
        description: `From the load balancer, ${protocol} ${port}`,
        securityGroupId: this.nodes.id,
        referencedSecurityGroupId: this.loadBalancer.id,
      });
    }
    for (const [family, destination] of everybody) {
      new VpcSecurityGroupEgressRule(this, `nodes-out-${family}`, {
        provider,
        securityGroupId: this.nodes.id,
        description: "Anywhere",
        ipProtocol: "-1",
        ...destination,
      });
    }
  }
}
