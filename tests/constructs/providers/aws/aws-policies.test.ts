import { AWS_POLICIES } from "../../../../constructs/providers/aws/aws-policies";
import type { PolicyContext, PolicyObject } from "../../../../constructs/policies/policy-rule";
import { judge, policyObject } from "../../policies/policy-object";

const rule = (
  id: string,
  type: string,
  attributes: PolicyObject["attributes"],
  context: Partial<PolicyContext> = {},
  changes: Partial<PolicyObject> = {},
) => judge(AWS_POLICIES, id, policyObject(type, attributes, changes), context);

describe("SSH open to the world", () => {
  const ingress = (attributes: object, context?: Partial<PolicyContext>) =>
    rule("aws-no-open-ssh", "aws_vpc_security_group_ingress_rule", { ...attributes }, context);
  const ssh = { ip_protocol: "tcp", from_port: 22, to_port: 22 };
  const world = { cidr_ipv4: "0.0.0.0/0" };

  test("is refused, over IPv4 and IPv6, in a range, or with every protocol", () => {
    expect(ingress({ ...ssh, ...world })).toEqual(["port 22 is open to 0.0.0.0/0"]);
    expect(ingress({ ...ssh, cidr_ipv6: "::/0" })).toEqual(["port 22 is open to ::/0"]);
    expect(ingress({ ...ssh, from_port: 1, to_port: 1024, ...world })).toHaveLength(1);
    expect(ingress({ ip_protocol: "-1", ...world })).toHaveLength(1);
    expect(ingress({ ...ssh, cidr_ipv4: "128.0.0.0/1" })).toHaveLength(1);
  });

  test("is not what a private network, another group, another port or UDP is", () => {
    expect(ingress({ ...ssh, cidr_ipv4: "10.0.0.0/8" })).toEqual([]);
    expect(ingress({ ...ssh, referenced_security_group_id: "${aws_security_group.a.id}" })).toEqual([]);
    expect(ingress({ ...ssh, from_port: 443, to_port: 443, ...world })).toEqual([]);
    expect(ingress({ ...ssh, ip_protocol: "udp", ...world })).toEqual([]);
  });

  test("is a declared tunnel listener's right", () => {
    const listeners = [{ port: 22, protocol: "TCP", role: "tunnel" }] as const;
    expect(ingress({ ...ssh, ...world }, { listeners })).toEqual([]);
    expect(ingress({ ip_protocol: "-1", ...world }, { listeners })).toHaveLength(1);
  });

  test("is found in the older kinds of rules too", () => {
    const inline = { protocol: "tcp", from_port: 22, to_port: 22, cidr_blocks: ["10.0.0.0/8", "0.0.0.0/0"] };
    expect(rule("aws-no-open-ssh", "aws_security_group", { ingress: [inline] })).toHaveLength(1);
    expect(rule("aws-no-open-ssh", "aws_security_group", { egress: [inline] })).toEqual([]);
    const single = (type: string) => rule("aws-no-open-ssh", "aws_security_group_rule", { type, ...inline });
    expect(single("ingress")).toHaveLength(1);
    expect(single("egress")).toEqual([]);
  });
});

describe("the ways around a security group's rule", () => {
  const ssh = (type: string, attributes: object, context?: Partial<PolicyContext>) =>
    rule("aws-no-open-ssh", type, { ...attributes }, context);
  const tunnel = { listeners: [{ port: 22, protocol: "TCP", role: "tunnel" }] } as const;

  test("are refused: a VPC's default group, and ports that are known to Terraform only", () => {
    const ingress = { protocol: "tcp", from_port: 22, to_port: 22, cidr_blocks: ["0.0.0.0/0"] };
    expect(ssh("aws_default_security_group", { ingress })).toHaveLength(1);
    expect(
      ssh("aws_security_group", { ingress: { ...ingress, from_port: "${var.a}", to_port: "${var.a}" } }),
    ).toEqual(["port 22 is open to 0.0.0.0/0"]);
    expect(
      ssh("aws_security_group", { ingress: { ...ingress, from_port: undefined, to_port: undefined } }),
    ).toHaveLength(1);
    expect(ssh("aws_security_group", { ingress: "${var.rules}" })).toEqual([]);
  });

  test("are refused: a prefix list of the world", () => {
    const entry = [{ cidr: "198.51.100.0/24" }, { cidr: "0.0.0.0/1" }];
    expect(ssh("aws_ec2_managed_prefix_list", { entry })).toEqual([
      "a list that rules refer to holds 0.0.0.0/1",
    ]);
    expect(ssh("aws_ec2_managed_prefix_list_entry", { cidr: "::/0" })).toHaveLength(1);
    expect(ssh("aws_ec2_managed_prefix_list_entry", { cidr: "198.51.100.0/24" })).toEqual([]);
  });

  test("are refused: another port that leads to SSH, but where the tunnel server listens", () => {
    expect(ssh("aws_lb_target_group", { port: 22 })).toEqual(["clients are led to port 22 of the nodes"]);
    expect(ssh("aws_lb_target_group", { port: "22" })).toHaveLength(1);
    expect(ssh("aws_lb_target_group", { port: 443 })).toEqual([]);
    expect(ssh("aws_lb_target_group", { port: 22 }, tunnel)).toEqual([]);
    const port_override = [{ listener_port: 2022, endpoint_port: 22 }];
    expect(ssh("aws_globalaccelerator_endpoint_group", { port_override })).toHaveLength(1);
    expect(ssh("aws_globalaccelerator_endpoint_group", {})).toEqual([]);
  });
});

describe("volumes", () => {
  const template = (...devices: object[]) =>
    rule("aws-encrypted-volumes", "aws_launch_template", { block_device_mappings: devices });
  const device = (ebs: object) => ({ device_name: "/dev/xvda", ebs });

  test("are encrypted, each of them", () => {
    expect(template(device({ encrypted: "true" }))).toEqual([]);
    expect(template(device({ encrypted: "true" }), device({ encrypted: "false" }))).toEqual([
      "the volume /dev/xvda is not encrypted",
    ]);
    expect(template(device({ volume_type: "gp3" }))).toHaveLength(1);
    const left = ["the root volume is left to the account's default"];
    expect(template()).toEqual(left);
    expect(template({ device_name: "/dev/sdf", ebs: { encrypted: true } })).toEqual(left);
    expect(template({ device_name: "/dev/xvda" })).toEqual(left);
    expect(template({ device_name: "${data.aws_ami.a.root_device_name}", ebs: { encrypted: true } })).toEqual(
      [],
    );
    const instance = (attributes: object) => rule("aws-encrypted-volumes", "aws_instance", { ...attributes });
    expect(instance({ root_block_device: { encrypted: true } })).toEqual([]);
    expect(instance({})).toHaveLength(1);
    expect(
      instance({ root_block_device: { encrypted: true }, ebs_block_device: [{ encrypted: false }] }),
    ).toHaveLength(1);
    for (const type of ["aws_spot_instance_request", "aws_launch_configuration"]) {
      expect(rule("aws-encrypted-volumes", type, {})).toHaveLength(1);
    }
    for (const type of ["aws_ebs_volume", "aws_ebs_snapshot_copy", "aws_ami_copy", "aws_efs_file_system"]) {
      expect(rule("aws-encrypted-volumes", type, {})).toEqual(["it is not encrypted"]);
      expect(rule("aws-encrypted-volumes", type, { encrypted: true })).toEqual([]);
    }
    const byDefault = (enabled?: boolean) =>
      rule("aws-encrypted-volumes", "aws_ebs_encryption_by_default", { enabled });
    expect(byDefault(false)).toEqual(["it switches the account's default off"]);
    expect(byDefault()).toEqual([]);
  });
});

describe("metadata", () => {
  test.each([
    [{ metadata_options: { http_tokens: "required" } }, 0],
    [{ metadata_options: [{ http_tokens: "required" }] }, 0],
    [{ metadata_options: { http_endpoint: "disabled" } }, 0],
    [{ metadata_options: { http_tokens: "optional" } }, 1],
    [{ metadata_options: {} }, 1],
    [{}, 1],
  ])("%j breaks the rule %i times", (attributes, times) => {
    for (const type of [
      "aws_launch_template",
      "aws_instance",
      "aws_spot_instance_request",
      "aws_launch_configuration",
    ]) {
      expect(rule("aws-imdsv2", type, attributes)).toHaveLength(times);
    }
  });
});

describe("tags", () => {
  const both = { "polycast:environment": "e", "polycast:fleet": "f" };

  test("are on all that a fleet makes, and on DNS without a fleet's name", () => {
    const block = (tags: object | undefined, provider?: string) =>
      rule(
        "aws-tags",
        "provider.aws",
        tags === undefined ? {} : { default_tags: [{ tags }] },
        {},
        { provider },
      );
    expect(block(both, "aws")).toEqual([]);
    expect(block({ "polycast:environment": "e" }, "aws")).toEqual([
      "its objects get no default tag polycast:fleet",
    ]);
    expect(block({ "polycast:environment": "e" }, undefined)).toEqual([]);
    expect(block(undefined, "stackpath")).toHaveLength(2);
  });

  test("are on the nodes and their volumes, which default tags do not reach", () => {
    const specification = (resource_type: string, tags: object = both) => ({ resource_type, tags });
    const template = (...tag_specifications: object[]) =>
      rule("aws-tags", "aws_launch_template", { tag_specifications });
    expect(template(specification("instance"), specification("volume"))).toEqual([]);
    expect(template(specification("instance"))).toEqual([
      "each volume is made without the tag polycast:environment",
      "each volume is made without the tag polycast:fleet",
    ]);
    expect(template()).toHaveLength(4);
  });
});

test("tags are on a group of nodes too, which default tags do not reach, and they say something", () => {
  const group = (...tag: object[]) => rule("aws-tags", "aws_autoscaling_group", { tag });
  const [environment, fleet] = ["polycast:environment", "polycast:fleet"].map((key) => ({ key, value: "a" }));
  expect(group({ ...environment }, { ...fleet })).toEqual([]);
  expect(group({ ...environment }, { ...fleet, value: "" })).toEqual(["the group has no tag polycast:fleet"]);
  expect(group()).toHaveLength(2);
});

test("a key is no way for nodes that can have a role, and the only one for others", () => {
  const key = (provider?: string) => rule("aws-no-static-key", "aws_iam_access_key", {}, {}, { provider });
  expect(key("aws")).toEqual(["a key is made for nodes on AWS, which can have a role"]);
  expect(key("stackpath")).toEqual([]);
  expect(key()).toEqual(["a key is made where there are no nodes that could need one"]);
  for (const type of ["aws_iam_user_login_profile", "aws_iam_service_specific_credential"]) {
    expect(rule("aws-no-static-key", type, {}, {}, { provider: "stackpath" })).toHaveLength(1);
  }
});
