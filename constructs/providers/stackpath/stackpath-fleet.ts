import { TerraformLocal } from "cdktf";
import { Construct } from "constructs";
import { ComputeNetworkPolicy } from "../../../.gen/providers/stackpath/compute-network-policy";
import {
  ComputeWorkload,
  type ComputeWorkloadTarget,
} from "../../../.gen/providers/stackpath/compute-workload";
import { StackpathProvider } from "../../../.gen/providers/stackpath/provider";
import type { AnycastAddresses, DataPlaneFleet, FleetCapacity } from "../../fleet/data-plane-fleet";
import { capacityOf, maxNodes, minNodes, type SiteWish } from "../../fleet/fleet-inputs";
import type { FleetDemand, FleetProps } from "../../fleet/fleet-provider";
import { nodeFile } from "../../fleet/node-file";
import { secretFilesOf, userData } from "../../fleet/user-data";
import { SANDBOX_CREDENTIALS } from "./sandbox-credentials";
import type { StackPathWish } from "./stackpath-wish";

export interface StackPathFleetProps extends FleetProps {
  readonly name: string;
  readonly wish: StackPathWish;
}

/** Asks for an anycast address; the service heeds it only when the workload is created. */
const ANYCAST_REQUEST = "anycast.platform.stackpath.net";
/** Where the service then writes the address, as `185.85.196.41/32`. */
export const ANYCAST_RESULT = "anycast.platform.stackpath.net/subnets";
const LOG_VOLUME = "logs";

/**
 * One workload: a virtual machine image, run in many cities, behind one anycast address.
 *
 * The address lives as long as the workload. Of all changes only these end it: another slug (by default, another name
 * of the fleet or the environment) and the removal of the fleet; `protect` refuses the plans of both. Images, sizes, user
 * data, ports and targets change in place.
 */
export class StackPathFleet extends Construct implements DataPlaneFleet {
  public readonly name: string;
  public readonly anycast: AnycastAddresses;
  public readonly capacity: FleetCapacity;
  /** Escape hatch: the resource that holds the address. */
  public readonly workload: ComputeWorkload;

  public constructor(scope: Construct, id: string, props: StackPathFleetProps) {
    super(scope, id);
    const { wish, listeners, protect } = props;
    const slug = workloadSlug(props.environment, props.name);
    this.name = props.name;
    this.capacity = capacityOf(wish);
    new StackpathProvider(this, "stackpath", props.sandbox ? SANDBOX_CREDENTIALS : {});

    const labels = { "polycast-fleet": slug };
    this.workload = new ComputeWorkload(this, "workload", {
      name: slug,
      slug: wish.slug ?? slug,
      labels,
      annotations: { [ANYCAST_REQUEST]: "true" },
      networkInterface: [{ network: "default" }],
      virtualMachine: {
        name: "edge",
        image: String(props.release.image),
        resources: {
          requests: { cpu: String(wish.size.cpu), memory: `${wish.size.memoryGiB}Gi` },
        },
        // Upper case: the plugin sends it so, and would plan a change for ever otherwise.
        port: listeners.map(({ port, protocol }) => ({
          name: `${protocol.toLowerCase()}-${port}`,
          port,
          protocol,
        })),
        readinessProbe: { ...probe(props), httpGet: httpCheck(props) },
        livenessProbe: { ...probe(props), ...livenessCheck(props), initialDelaySeconds: 120 },
        userData: fleetUserData(props, props.name, wish),
        ...(wish.logVolumeGiB === undefined
          ? {}
          : { volumeMount: [{ slug: LOG_VOLUME, mountPath: "/var/log" }] }),
      },
      ...(wish.logVolumeGiB === undefined
        ? {}
        : {
            volumeClaim: [
              {
                name: LOG_VOLUME,
                slug: LOG_VOLUME,
                resources: { requests: { storage: `${wish.logVolumeGiB}Gi` } },
              },
            ],
          }),
      target: Object.entries(wish.sites).map(([site, siteWish]) => target(site, siteWish)),
      dependsOn: [...props.after],
      lifecycle: {
        preventDestroy: protect,
        postcondition: [
          {
            // The id is unknown until the workload exists, which keeps Terraform from judging the first plan.
            condition: `\${self.id == "" || contains(keys(self.annotations), "${ANYCAST_RESULT}")}`,
            errorMessage: `StackPath gave the workload "${wish.slug ?? slug}" no anycast address. Deploy again: it may be late. If it stays so, it never will, since the service gives one at creation only: set protect to false in the environment, destroy the stack, and deploy it anew.`,
          },
        ],
      },
    });
    new ComputeNetworkPolicy(this, "firewall", {
      name: slug,
      slug,
      labels,
      description: "Clients to the listeners",
      policyTypes: ["INGRESS"],
      priority: 20_000,
      instanceSelector: [{ key: "polycast-fleet", operator: "in", values: [slug] }],
      ingress: listeners.map(({ port, protocol }) => ({
        action: "ALLOW",
        description: `${protocol} ${port}`,
        protocol: { [protocol.toLowerCase()]: { destinationPorts: [String(port)] } },
        from: { ipBlock: [{ cidr: "0.0.0.0/0" }] },
      })),
    });
    this.anycast = { ipv4: anycastAddress(this.workload) };
  }
}

/** What the fleet's objects are called; by default the workload's slug, with which its nodes' host names begin. */
export function workloadSlug(environment: string, fleet: string): string {
  return `${environment}-${fleet}`;
}

/** Cities of a site. */
export function citiesOf(site: string, { locations }: SiteWish): readonly string[] {
  return locations ?? [site];
}

/**
 * What the fleet's nodes are told at boot. One text serves all, so a node finds its city in its host's name:
 * `<slug>-<target>-<city>-<number>`.
 */
export function fleetUserData(
  demand: FleetDemand & Pick<FleetProps, "release" | "logAccess">,
  fleet: string,
  wish: StackPathWish,
): string {
  const { release, logAccess } = demand;
  const byLocation = Object.fromEntries(
    Object.entries(wish.sites).flatMap(([site, siteWish]) =>
      citiesOf(site, siteWish).map((city) => [city.toLowerCase(), site]),
    ),
  );
  const site = { hostnamePattern: "-([a-z]+)-[0-9]+$", byLocation };
  const file = nodeFile(
    demand,
    { name: fleet, provider: "stackpath" },
    release.id,
    site,
    logAccess?.settings,
  );
  return userData(file, secretFilesOf(demand));
}

/** The target of a site; part of its nodes' host names. */
export function targetName(site: string): string {
  return site.toLowerCase();
}

function target(site: string, wish: SiteWish): ComputeWorkloadTarget {
  const cities = citiesOf(site, wish);
  return {
    name: targetName(site),
    // Replicas are counted per city.
    minReplicas: minNodes(wish) / cities.length,
    maxReplicas: maxNodes(wish) / cities.length,
    ...(typeof wish.nodes === "number"
      ? {}
      : { scaleSettings: { metrics: [{ metric: "cpu", averageUtilization: wish.nodes.cpuPercent }] } }),
    selector: [{ key: "cityCode", operator: "in", values: [...cities] }],
  };
}

function probe({ health }: FleetProps) {
  return {
    periodSeconds: health.intervalSeconds,
    timeoutSeconds: Math.min(health.intervalSeconds, 10),
    successThreshold: 1,
    failureThreshold: health.unhealthyThreshold,
  };
}

function httpCheck({ health }: FleetProps) {
  return { path: health.path, port: health.port, scheme: "HTTP" };
}

/** A node lives while its proxy accepts connections; where it serves no TCP, while it answers its health check. */
function livenessCheck(props: FleetProps) {
  const tcp = props.listeners.find(({ protocol }) => protocol === "TCP");
  return tcp === undefined ? { httpGet: httpCheck(props) } : { tcpSocket: { port: tcp.port } };
}

/**
 * The address without its `/32`.
 *
 * The plugin plans the annotations as they were asked for and suppresses what the server adds, so that at the first
 * plan the lookup would be a known "" and turn into an address under Terraform's feet. The id is unknown then, and
 * makes the whole expression so.
 */
function anycastAddress(workload: ComputeWorkload): string {
  const self = `${workload.terraformResourceType}.${workload.friendlyUniqueId}`;
  const annotated = `lookup(${self}.annotations, "${ANYCAST_RESULT}", "")`;
  return new TerraformLocal(
    workload,
    "anycast-ipv4",
    `\${${self}.id == "" ? "" : split("/", ${annotated})[0]}`,
  ).asString;
}
