import sandbox from "../environments/sandbox";
import type { Environment } from "../constructs/fleet/environment";
import { aws } from "../constructs/providers/aws/aws";
import type { AwsWish } from "../constructs/providers/aws/aws-wish";
import type { LiveRecord } from "../live/live-record";

/** One change of the AWS fleet, and what Terraform is to do about it. */
export interface FleetStep {
  readonly name: string;
  /** Undefined: the fleet goes. */
  readonly environment: Environment | undefined;
  readonly live: LiveRecord["fleets"];
  /** How many resources of which type: `update aws_launch_template`. Everything else stays as it is. */
  readonly expected: Readonly<Record<string, number>>;
}

const R1 = { aws: { release: "r1", share: 100 } };
const R2 = { aws: { release: "r2", share: 100 } };
/** What one region of the sandbox's fleet consists of, but for its endpoint groups. */
const REGION = {
  aws_autoscaling_group: 1,
  aws_cloudwatch_log_group: 1,
  aws_iam_instance_profile: 1,
  aws_iam_role: 1,
  aws_iam_role_policy: 1,
  aws_internet_gateway: 1,
  aws_launch_template: 1,
  aws_lb: 1,
  aws_lb_listener: 2,
  aws_lb_target_group: 2,
  aws_route: 1,
  aws_route_table: 1,
  aws_route_table_association: 2,
  aws_security_group: 2,
  aws_subnet: 2,
  aws_vpc: 1,
  aws_vpc_security_group_egress_rule: 5,
  aws_vpc_security_group_ingress_rule: 7,
  terraform_data: 1,
};

/** The sandbox's AWS fleet alone, with another wish. */
function fleet(changes: Partial<AwsWish>, more: Partial<Environment> = {}): Environment {
  return { ...sandbox, ...more, fleets: [aws({ ...sandboxWish(), ...changes })] };
}

function sandboxWish(): AwsWish {
  const found = sandbox.fleets.find(({ provider }) => provider === "aws");
  if (found === undefined) throw new Error("the sandbox has no AWS fleet");
  return found.wish;
}

function each(action: string, counts: Readonly<Record<string, number>>, times = 1): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counts).map(([type, count]) => [`${action} ${type}`, count * times]),
  );
}

/** UDP beside TCP on a port: another target group, to which the port's listener moves, and a listener of its own. */
function udp(action: "create" | "delete"): Record<string, number> {
  return {
    "create aws_lb_target_group": 1,
    "delete aws_lb_target_group": 1,
    "update aws_lb_listener": 1,
    [`${action} aws_globalaccelerator_listener`]: 1,
    [`${action} aws_globalaccelerator_endpoint_group`]: 1,
    [`${action} aws_vpc_security_group_egress_rule`]: 1,
    [`${action} aws_vpc_security_group_ingress_rule`]: 2,
    // The nodes are told what they serve.
    "update aws_launch_template": 1,
    "update aws_autoscaling_group": 1,
  };
}

const { "us-east-1": us, ...otherSites } = sandboxWish().sites;
const ONE = { "us-east-1": us ?? { nodes: 2 } };
const BIG = { size: { cpu: 4, memoryGiB: 8 }, sites: ONE };
const MORE = { ...BIG, sites: { "us-east-1": { nodes: 3 } } };
const NO_UDP = { listeners: sandbox.listeners.filter(({ protocol }) => protocol !== "UDP") };
/** Endpoint groups: one a listener and region. */
const LISTENERS = sandbox.listeners.length;

/** The life of a fleet. Most of it in one region: a second one takes as long again and shows nothing more. */
export const FLEET_STEPS: readonly FleetStep[] = [
  {
    name: "create",
    environment: fleet({}),
    live: {},
    expected: {
      ...each("create", REGION, 1 + Object.keys(otherSites).length),
      "create null_resource": 1,
      "create aws_globalaccelerator_accelerator": 1,
      "create aws_globalaccelerator_listener": LISTENERS,
      "create aws_globalaccelerator_endpoint_group": LISTENERS * (1 + Object.keys(otherSites).length),
    },
  },
  {
    name: "region removed",
    environment: fleet({ sites: ONE }),
    live: R1,
    expected: { ...each("delete", REGION), "delete aws_globalaccelerator_endpoint_group": LISTENERS },
  },
  {
    name: "size",
    environment: fleet(BIG),
    live: R1,
    expected: { "update aws_launch_template": 1, "update aws_autoscaling_group": 1 },
  },
  {
    name: "release",
    environment: fleet(BIG),
    live: R2,
    expected: {
      "update aws_launch_template": 1,
      "update aws_autoscaling_group": 1,
      // Asks the live record whether the release is still the one.
      "delete+create null_resource": 1,
    },
  },
  {
    name: "node count",
    environment: fleet(MORE),
    live: R2,
    expected: { "update aws_autoscaling_group": 1 },
  },
  {
    name: "UDP removed",
    environment: fleet(MORE, NO_UDP),
    live: R2,
    expected: udp("delete"),
  },
  {
    name: "UDP added to 443",
    environment: fleet(MORE),
    live: R2,
    expected: udp("create"),
  },
  {
    name: "region added",
    environment: fleet({ ...MORE, sites: { ...MORE.sites, ...otherSites } }),
    live: R2,
    expected: { ...each("create", REGION), "create aws_globalaccelerator_endpoint_group": LISTENERS },
  },
  {
    name: "destroy",
    environment: undefined,
    live: R2,
    expected: {},
  },
];
