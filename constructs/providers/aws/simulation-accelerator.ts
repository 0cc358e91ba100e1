import { randomUUID } from "node:crypto";
import { Unknown, type Cloud, type ResourceSimulation, type Values } from "../../fleet/simulation";
import {
  ACCELERATOR,
  AwsAccount,
  blocks,
  count,
  hex,
  ifLeftOut,
  refusal,
  text,
  texts,
} from "./simulation-cloud";

/** Every accelerator's, https://docs.aws.amazon.com/general/latest/gr/global_accelerator.html */
const HOSTED_ZONE = "Z2BJ6XQ5FK7U4H";

/**
 * Two addresses of a family, one in each of two network zones, that no other accelerator has.
 * Of the ranges for documentation (RFC 5737, RFC 3849), because each of Amazon's own is somebody's.
 */
const NETWORK_ZONES = {
  IPv4: ["192.0.2.", "198.51.100."],
  IPv6: ["2001:db8:a::", "2001:db8:b::"],
} as const;

/** Last octets that the IPv4 ranges have. */
const ADDRESSES = Array.from({ length: 254 }, (_, index) => index + 1);

export const accelerator: ResourceSimulation = {
  suppress: { attributes: ifLeftOut },
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const arn = account.globalArn("globalaccelerator", `accelerator/${randomUUID()}`);
    const name = `a${hex(16)}`;
    return {
      id: arn,
      arn,
      attributes: flowLogs(planned),
      dns_name: `${name}.awsglobalaccelerator.com`,
      hosted_zone_id: HOSTED_ZONE,
      ...addresses(planned, name, cloud),
    };
  },
  update(planned, prior, cloud) {
    const dualStack = text(planned["ip_address_type"]) === "DUAL_STACK";
    if (dualStack === (blocks(prior["ip_sets"]).length === 2)) return { attributes: flowLogs(planned) };
    const name = text(prior["dns_name"]).split(".")[0] ?? "";
    return { attributes: flowLogs(planned), ...addresses(planned, name, cloud, blocks(prior["ip_sets"])[0]) };
  },
  delete(prior, cloud) {
    const arn = text(prior["arn"]);
    const used = cloud
      .list("aws_globalaccelerator_listener")
      .some(({ attributes }) => attributes["accelerator_arn"] === arn);
    if (!used) return;
    const message =
      "The accelerator that you specified has a listener associated with it. Remove all dependent resources from an accelerator, and then try again.";
    const doing = `deleting Global Accelerator Accelerator (${arn})`;
    throw refusal(doing, ACCELERATOR, "DeleteAccelerator", ["AssociatedListenerFoundException", message]);
  },
};

/** The attributes are read back even where none were asked for. */
function flowLogs(planned: Values): Values[] {
  const [given] = blocks(planned["attributes"]);
  return [
    {
      flow_logs_enabled: given?.["flow_logs_enabled"] === true,
      flow_logs_s3_bucket: text(given?.["flow_logs_s3_bucket"]),
      flow_logs_s3_prefix: text(given?.["flow_logs_s3_prefix"]),
    },
  ];
}

function addresses(planned: Values, name: string, cloud: Cloud, ipv4?: Values): Values {
  const number = freeNumber(cloud);
  const own = texts(planned["ip_addresses"]);
  const family = (kind: "IPv4" | "IPv6"): Values => ({
    ip_addresses: NETWORK_ZONES[kind].map((zone, index) =>
      kind === "IPv4" ? (own[index] ?? `${zone}${String(number)}`) : `${zone}${number.toString(16)}`,
    ),
    ip_family: kind,
  });
  const dualStack = text(planned["ip_address_type"]) === "DUAL_STACK";
  return {
    dual_stack_dns_name: dualStack ? `${name}.dualstack.awsglobalaccelerator.com` : "",
    ip_sets: [ipv4 ?? family("IPv4"), ...(dualStack ? [family("IPv6")] : [])],
  };
}

function freeNumber(cloud: Cloud): number {
  const sets = cloud
    .list("aws_globalaccelerator_accelerator")
    .flatMap(({ attributes }) => blocks(attributes["ip_sets"]));
  const taken = new Set(sets.flatMap((set) => texts(set["ip_addresses"])));
  const { IPv4, IPv6 } = NETWORK_ZONES;
  const free = ADDRESSES.find(
    (number) => !taken.has(`${IPv4[0]}${String(number)}`) && !taken.has(`${IPv6[0]}${number.toString(16)}`),
  );
  if (free !== undefined) return free;
  const message = "Processing your request would cause you to exceed an AWS Global Accelerator limit.";
  const doing = "creating Global Accelerator Accelerator";
  throw refusal(doing, ACCELERATOR, "CreateAccelerator", ["LimitExceededException", message]);
}

export const acceleratorListener: ResourceSimulation = {
  create(planned, cloud) {
    const arn = text(planned["accelerator_arn"]);
    const doing = "creating Global Accelerator Listener";
    if (cloud.get("aws_globalaccelerator_accelerator", arn) === undefined) {
      const message = "The accelerator that you specified doesn't exist.";
      throw refusal(doing, ACCELERATOR, "CreateListener", ["AcceleratorNotFoundException", message]);
    }
    checkPorts(doing, "CreateListener", planned, cloud);
    const own = `${arn}/listener/${hex(8)}`;
    return { id: own, arn: own };
  },
  update(planned, prior, cloud) {
    checkPorts(
      `updating Global Accelerator Listener (${text(prior["id"])})`,
      "UpdateListener",
      planned,
      cloud,
    );
    return {};
  },
  delete(prior, cloud) {
    const arn = text(prior["id"]);
    if (groupsOf(arn, cloud).length === 0) return;
    const message =
      "The listener that you specified has an endpoint group associated with it. Remove all dependent resources from a listener, and then try again.";
    const doing = `deleting Global Accelerator Listener (${arn})`;
    throw refusal(doing, ACCELERATOR, "DeleteListener", ["AssociatedEndpointGroupFoundException", message]);
  },
};

/** An accelerator's listeners may share a port only with different protocols. */
function checkPorts(doing: string, operation: string, planned: Values, cloud: Cloud): void {
  const own = blocks(planned["port_range"]);
  const others = cloud
    .list("aws_globalaccelerator_listener")
    .filter(
      ({ id, attributes }) =>
        id !== planned["id"] &&
        attributes["accelerator_arn"] === planned["accelerator_arn"] &&
        attributes["protocol"] === planned["protocol"],
    )
    .flatMap(({ attributes }) => blocks(attributes["port_range"]));
  const meet = (one: Values, other: Values): boolean =>
    count(one["from_port"]) <= count(other["to_port"]) && count(other["from_port"]) <= count(one["to_port"]);
  const clash = own.some((range, index) =>
    [...own.slice(index + 1), ...others].some((other) => meet(range, other)),
  );
  const backwards = own.some((range) => count(range["from_port"]) > count(range["to_port"]));
  if (!clash && !backwards) return;
  const message =
    "The port numbers that you specified are not valid numbers or are not unique for this accelerator.";
  throw refusal(doing, ACCELERATOR, operation, ["InvalidPortRangeException", message]);
}

function groupsOf(listener: string, cloud: Cloud): Values[] {
  const groups = cloud.list("aws_globalaccelerator_endpoint_group").map(({ attributes }) => attributes);
  return groups.filter((group) => group["listener_arn"] === listener);
}

export const endpointGroup: ResourceSimulation = {
  create(planned, cloud) {
    const arn = text(planned["listener_arn"]);
    const doing = "creating Global Accelerator Endpoint Group";
    const listener = cloud.get("aws_globalaccelerator_listener", arn)?.attributes;
    if (listener === undefined) {
      const message = "The listener that you specified doesn't exist.";
      throw refusal(doing, ACCELERATOR, "CreateEndpointGroup", ["ListenerNotFoundException", message]);
    }
    const region = text(planned["endpoint_group_region"]) || new AwsAccount(cloud).region;
    if (groupsOf(arn, cloud).some((group) => group["endpoint_group_region"] === region)) {
      const message = "The endpoint group that you specified already exists.";
      throw refusal(doing, ACCELERATOR, "CreateEndpointGroup", [
        "EndpointGroupAlreadyExistsException",
        message,
      ]);
    }
    checkEndpoints(doing, "CreateEndpointGroup", planned, listener, region, cloud);
    const own = `${arn}/endpoint-group/${hex(12)}`;
    const port = count(blocks(listener["port_range"])[0]?.["from_port"]);
    return {
      id: own,
      arn: own,
      endpoint_group_region: region,
      health_check_path: text(planned["health_check_path"]),
      health_check_port:
        planned["health_check_port"] instanceof Unknown ? port : count(planned["health_check_port"]),
      endpoint_configuration: endpoints(planned),
    };
  },
  update(planned, prior, cloud) {
    const doing = `updating Global Accelerator Endpoint Group (${text(prior["id"])})`;
    const listener =
      cloud.get("aws_globalaccelerator_listener", text(prior["listener_arn"]))?.attributes ?? {};
    const region = text(prior["endpoint_group_region"]);
    checkEndpoints(doing, "UpdateEndpointGroup", planned, listener, region, cloud);
    return { endpoint_configuration: endpoints(planned) };
  },
};

/** The plugin sends a weight that is left out as zero, which gets no traffic. */
function endpoints(planned: Values): Values[] {
  return blocks(planned["endpoint_configuration"]).map((endpoint) => ({
    ...endpoint,
    attachment_arn: text(endpoint["attachment_arn"]),
    endpoint_id: text(endpoint["endpoint_id"]),
    client_ip_preservation_enabled: preserves(endpoint),
    weight: count(endpoint["weight"]),
  }));
}

/** Kept by default only behind application load balancers. */
function preserves(endpoint: Values): boolean {
  const given = endpoint["client_ip_preservation_enabled"];
  return typeof given === "boolean" ? given : text(endpoint["endpoint_id"]).includes(":loadbalancer/app/");
}

/** https://docs.aws.amazon.com/global-accelerator/latest/dg/preserve-client-ip-address.html */
function checkEndpoints(
  doing: string,
  operation: string,
  planned: Values,
  listener: Values,
  region: string,
  cloud: Cloud,
): void {
  const invalid = (message: string): Error =>
    refusal(doing, ACCELERATOR, operation, ["InvalidArgumentException", message]);
  const dualStack =
    cloud.get("aws_globalaccelerator_accelerator", text(listener["accelerator_arn"]))?.attributes[
      "ip_address_type"
    ] === "DUAL_STACK";
  for (const endpoint of blocks(planned["endpoint_configuration"])) {
    const id = text(endpoint["endpoint_id"]);
    if (!id.includes(":loadbalancer/")) continue;
    const balancer = cloud.get("aws_lb", id)?.attributes;
    if (balancer === undefined || id.split(":")[3] !== region) {
      throw invalid(`The endpoint ${id} does not exist in ${region}`);
    }
    const preserved = preserves(endpoint);
    const network = balancer["load_balancer_type"] === "network";
    if (preserved && network && texts(balancer["security_groups"]).length === 0) {
      throw invalid(`Client IP preservation needs a network load balancer with a security group: ${id}`);
    }
    if (preserved && network && !dualStack && balancer["ip_address_type"] === "dualstack") {
      throw invalid(
        `An IPv4 accelerator cannot preserve client IP addresses for a dual-stack load balancer: ${id}`,
      );
    }
    if (dualStack && !preserved) {
      throw invalid(`A dual-stack accelerator needs client IP preservation: ${id}`);
    }
  }
}
