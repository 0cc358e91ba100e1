import { GlobalacceleratorAccelerator } from "@cdktf/provider-aws/lib/globalaccelerator-accelerator";
import { GlobalacceleratorEndpointGroup } from "@cdktf/provider-aws/lib/globalaccelerator-endpoint-group";
import { GlobalacceleratorListener } from "@cdktf/provider-aws/lib/globalaccelerator-listener";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { DataResource, TerraformLocal, type TerraformResource } from "cdktf";
import { Construct } from "constructs";
import type { AnycastAddresses, DataPlaneFleet, FleetCapacity } from "../../fleet/data-plane-fleet";
import { capacityOf } from "../../fleet/fleet-inputs";
import type { FleetProps } from "../../fleet/fleet-provider";
import { releaseAt } from "../../fleet/fleet-releases";
import { REGION_ZONES } from "./regions";
import { AwsSite, siteName } from "./aws-site";
import { DEFAULT_ENDPOINT_WEIGHT, DEFAULT_TRAFFIC_DIAL, type AwsWish } from "./aws-wish";
import { ownerTags } from "./owner-tags";
import { SANDBOX_CREDENTIALS } from "./sandbox-credentials";

export interface AwsFleetProps extends FleetProps {
  readonly name: string;
  readonly wish: AwsWish;
  /** How many days logs are kept. */
  readonly retentionDays: number;
}

/** Where Terraform has nothing else to say: the API of Global Accelerator is global. */
const MANY_MINUTES = "30m";

/** One accelerator in front of a load balancer and a group of nodes in each region. */
export class AwsFleet extends Construct implements DataPlaneFleet {
  public readonly name: string;
  public readonly anycast: AnycastAddresses;
  public readonly capacity: FleetCapacity;
  /** Escape hatch: the resource that holds the addresses. */
  public readonly accelerator: GlobalacceleratorAccelerator;
  /** Escape hatch: region -> its site. */
  public readonly sites: ReadonlyMap<string, AwsSite>;
  private readonly providers: ReadonlyMap<string, AwsProvider>;

  public constructor(scope: Construct, id: string, props: AwsFleetProps) {
    super(scope, id);
    const { wish } = props;
    const ipv6 = wish.ipv6 ?? false;
    const regions = Object.keys(wish.sites);
    this.name = props.name;
    this.capacity = capacityOf(wish);
    // Every region, used or not: to destroy what a removed site leaves behind, Terraform needs that region's alias.
    // It starts a provider only for the aliases that some resource uses.
    this.providers = new Map(
      Object.keys(REGION_ZONES).map((region) => [region, this.regionProvider(region, props)]),
    );
    this.sites = new Map(
      Object.entries(wish.sites).map(([region, site]) => [
        region,
        new AwsSite(this, region, {
          ...props,
          release: releaseAt(props.release, region),
          provider: this.provider(region),
          fleet: props.name,
          region,
          wish: site,
          size: wish.size,
          ipv6,
        }),
      ]),
    );

    this.accelerator = new GlobalacceleratorAccelerator(this, "accelerator", {
      provider: this.provider(regions[0]),
      name: siteName(props.environment, props.name),
      enabled: true,
      ipAddressType: ipv6 ? "DUAL_STACK" : "IPV4",
      timeouts: { create: MANY_MINUTES, update: MANY_MINUTES },
      // Deleting an accelerator gives its addresses back for good.
      lifecycle: { preventDestroy: props.protect },
    });
    for (const listener of props.listeners) this.listen(listener, props);

    this.anycast = {
      ipv4: addressOf(this.accelerator, "ipv4"),
      ...(ipv6 ? { ipv6: addressOf(this.accelerator, "ipv6") } : {}),
    };
  }

  /** One Terraform provider alias a region: provider 5.x binds the region to the provider, not to the resource. */
  private regionProvider(region: string, { environment, name, sandbox, wish }: AwsFleetProps): AwsProvider {
    return new AwsProvider(this, `aws-${region}`, {
      alias: region,
      region,
      defaultTags: [{ tags: ownerTags(environment, name) }],
      ...(wish.accountId === undefined ? {} : { allowedAccountIds: [wish.accountId] }),
      ...(sandbox ? SANDBOX_CREDENTIALS : {}),
    });
  }

  private provider(region: string | undefined): AwsProvider {
    const provider = this.providers.get(region ?? "");
    if (provider === undefined) throw new Error("an AWS fleet needs a site");
    return provider;
  }

  /** TCP and UDP on one port are two listeners here, though one at the load balancer. */
  private listen({ port, protocol }: FleetProps["listeners"][number], props: AwsFleetProps): void {
    const { health, clientAffinity, wish } = props;
    const id = `${protocol.toLowerCase()}-${port}`;
    const listener = new GlobalacceleratorListener(this, `listener-${id}`, {
      provider: this.provider(Object.keys(wish.sites)[0]),
      acceleratorArn: this.accelerator.id,
      protocol,
      clientAffinity: clientAffinity === "source-ip" ? "SOURCE_IP" : "NONE",
      portRange: [{ fromPort: port, toPort: port }],
      timeouts: { create: MANY_MINUTES, update: MANY_MINUTES, delete: MANY_MINUTES },
    });
    for (const [region, site] of this.sites) {
      const { trafficDial, endpointWeight } = wish.sites[region] ?? {};
      new GlobalacceleratorEndpointGroup(this, `endpoints-${id}-${region}`, {
        provider: this.provider(region),
        listenerArn: listener.id,
        endpointGroupRegion: region,
        trafficDialPercentage: trafficDial ?? DEFAULT_TRAFFIC_DIAL,
        healthCheckProtocol: "HTTP",
        healthCheckPort: health.port,
        healthCheckPath: health.path,
        // The service knows these two only.
        healthCheckIntervalSeconds: health.intervalSeconds <= 10 ? 10 : 30,
        thresholdCount: health.unhealthyThreshold,
        endpointConfiguration: [
          {
            endpointId: site.loadBalancer.arn,
            weight: endpointWeight ?? DEFAULT_ENDPOINT_WEIGHT,
            clientIpPreservationEnabled: true,
          },
        ],
        timeouts: { create: MANY_MINUTES, update: MANY_MINUTES, delete: MANY_MINUTES },
      });
    }
  }
}

/**
 * The first address of a family. Global Accelerator gives two of each, one a network zone; clients get one, so that
 * every fleet has the same number of addresses in an answer and shares stay what the policy says.
 */
function addressOf(accelerator: GlobalacceleratorAccelerator, family: "ipv4" | "ipv6"): string {
  const sets = `${addressIn(accelerator)}.ip_sets`;
  const addresses = `flatten([for set in ${sets} : set.ip_addresses if lower(set.ip_family) == "${family}"])`;
  return new TerraformLocal(accelerator, `anycast-${family}`, `\${${known(accelerator, family, addresses)}}`)
    .asString;
}

/**
 * The plan that switches IPv6 on shows the address sets of before, as known: no address there, and an empty one in DNS.
 * An object that the same plan makes has an unknown id, which makes the whole expression unknown until after the apply.
 */
function known(
  accelerator: GlobalacceleratorAccelerator,
  family: "ipv4" | "ipv6",
  addresses: string,
): string {
  if (family === "ipv4") return `${addresses}[0]`;
  const switchedOn = new DataResource(accelerator, "ipv6", { input: { family } });
  return `${addressIn(switchedOn)}.id == "" ? "" : try(${addresses}[0], "")`;
}

function addressIn({ terraformResourceType, friendlyUniqueId }: TerraformResource): string {
  return `${terraformResourceType}.${friendlyUniqueId}`;
}
