import type { AnycastBackend, AnycastPort } from "../../fleet/cloud-life";
import type { CloudObjects, Values } from "../../fleet/simulation";
import { groupsBehind } from "./life-node-groups";
import { blocks, count, text, texts } from "./simulation-cloud";
import { targetsOf } from "./simulation-load-balancer";

/**
 * The ports of every accelerator that is enabled, on each of its addresses. With no healthy endpoint anywhere Global
 * Accelerator sends clients to unhealthy ones:
 * https://docs.aws.amazon.com/global-accelerator/latest/dg/about-endpoints-endpoint-weights.unhealthy-endpoints.html
 */
export function anycast(objects: CloudObjects): AnycastPort[] {
  const listeners = attributesOf(objects, "aws_globalaccelerator_listener");
  return attributesOf(objects, "aws_globalaccelerator_accelerator")
    .filter(({ enabled }) => enabled === true)
    .flatMap((accelerator) => {
      const addresses = blocks(accelerator["ip_sets"]).flatMap((set) => texts(set["ip_addresses"]));
      return listeners
        .filter((listener) => listener["accelerator_arn"] === accelerator["id"])
        .flatMap((listener) => portsOf(listener, objects))
        .flatMap((port) => addresses.map((address) => ({ address, ...port })));
    });
}

function portsOf(listener: Values, objects: CloudObjects): Omit<AnycastPort, "address">[] {
  const protocol = listener["protocol"] === "UDP" ? "UDP" : "TCP";
  const groups = attributesOf(objects, "aws_globalaccelerator_endpoint_group").filter(
    (group) => group["listener_arn"] === listener["id"],
  );
  return blocks(listener["port_range"])
    .flatMap((range) => span(count(range["from_port"]), count(range["to_port"])))
    .map((port) => ({
      port,
      protocol,
      backends: groups.flatMap((group) => backendsOf(group, port, protocol, objects)),
      failOpen: true,
    }));
}

function span(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/**
 * The node groups that an endpoint group leads a port to: through its load balancers. One whose weight is 0 gets
 * nothing, not even when all else is unhealthy; one whose traffic dial is 0 still does then.
 */
function backendsOf(
  group: Values,
  port: number,
  protocol: AnycastPort["protocol"],
  objects: CloudObjects,
): AnycastBackend[] {
  const override = blocks(group["port_override"]).find(({ listener_port: from }) => from === port);
  const wanted = override === undefined ? port : count(override["endpoint_port"]);
  const balancers = blocks(group["endpoint_configuration"])
    .filter(({ weight }) => count(weight) > 0)
    .map((endpoint) => text(endpoint["endpoint_id"]));
  const targetGroups = attributesOf(objects, "aws_lb_listener")
    .filter((listener) => balancers.includes(text(listener["load_balancer_arn"])))
    .filter((listener) => listener["port"] === wanted && speaks(text(listener["protocol"]), protocol))
    .flatMap(targetsOf);
  const groups = new Set(targetGroups.flatMap((arn) => groupsBehind(arn, objects)));
  return [...groups].map((id) => ({ group: id, percent: count(group["traffic_dial_percentage"]) }));
}

/** TLS is TCP to who passes it on, and so are HTTP and HTTPS. */
function speaks(listener: string, protocol: AnycastPort["protocol"]): boolean {
  return protocol === "UDP" ? ["UDP", "TCP_UDP"].includes(listener) : listener !== "UDP";
}

function attributesOf(objects: CloudObjects, type: string): Values[] {
  return objects.list(type).map(({ attributes }) => attributes);
}
