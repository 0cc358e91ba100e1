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
    expect(template()).toEqual(["the root volume is left to the account's default"]);
    const instance = (attributes: object) => rule("aws-encrypted-volumes", "aws_instance", { ...attributes });
    expect(instance({ root_block_device: { encrypted: true } })).toEqual([]);
    expect(instance({})).toHaveLength(1);
    expect(
      instance({ root_block_device: { encrypted: true }, ebs_block_device: [{ encrypted: false }] }),
    ).toHaveLength(1);
    expect(rule("aws-encrypted-volumes", "aws_ebs_volume", {})).toHaveLength(1);
    expect(rule("aws-encrypted-volumes", "aws_ebs_volume", { encrypted: true })).toEqual([]);
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
    for (const type of ["aws_launch_template", "aws_instance"]) {
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

test("a key is no way for nodes that can have a role, and the only one for others", () => {
  const key = (provider: string) => rule("aws-no-static-key", "aws_iam_access_key", {}, {}, { provider });
  expect(key("aws")).toEqual(["a key is made for nodes on AWS, which can have a role"]);
  expect(key("stackpath")).toEqual([]);
});
