import { isWorld, openAdministrativePorts } from "../../policies/open-to-the-world";
import { blocks, isEmpty, isTrue, texts } from "../../policies/blocks";
import type { PolicyContext, PolicyObject, PolicyRule } from "../../policies/policy-rule";
import { ownerTags } from "./owner-tags";

type Attributes = PolicyObject["attributes"];

const openSsh: PolicyRule = {
  id: "aws-no-open-ssh",
  severity: "high",
  demand: "No security group and no load balancer opens SSH to the world",
  reason: "Administration goes through Session Manager, which needs no open port.",
  types: [
    "aws_security_group",
    "aws_default_security_group",
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_ec2_managed_prefix_list",
    "aws_ec2_managed_prefix_list_entry",
    "aws_lb_target_group",
    "aws_globalaccelerator_endpoint_group",
  ],
  violations({ type, attributes }, context) {
    switch (type) {
      case "aws_security_group":
      case "aws_default_security_group":
        return blocks(attributes["ingress"]).flatMap((rule) => openIn(rule, context));
      // Rules name a list and not what it holds, so none may hold the world.
      case "aws_ec2_managed_prefix_list":
        return blocks(attributes["entry"]).flatMap(worldInList);
      case "aws_ec2_managed_prefix_list_entry":
        return worldInList(attributes);
      // Clients reach the nodes through these, whatever port they ask for.
      case "aws_lb_target_group":
        return forwarded(attributes["port"], context);
      case "aws_globalaccelerator_endpoint_group":
        return blocks(attributes["port_override"]).flatMap(({ endpoint_port: port }) =>
          forwarded(port, context),
        );
      default:
        return attributes["type"] === "egress" ? [] : openIn(attributes, context);
    }
  },
};

/** The old rules and the new ones name the same things differently. */
function openIn(rule: Attributes, context: PolicyContext): readonly string[] {
  const protocol = String(rule["ip_protocol"] ?? rule["protocol"]).toLowerCase();
  if (!["tcp", "6", "-1", "all"].includes(protocol)) return [];
  const everyPort = protocol === "-1" || protocol === "all";
  // A port that is not known yet may be any.
  const port = (name: string, otherwise: number) =>
    everyPort || !/^\d+$/.test(String(rule[name])) ? otherwise : Number(rule[name]);
  const networks = ["cidr_ipv4", "cidr_ipv6", "cidr_blocks", "ipv6_cidr_blocks"].flatMap((name) =>
    texts(rule[name]),
  );
  const open = networks.filter(isWorld);
  if (open.length === 0) return [];
  return openAdministrativePorts(port("from_port", 0), port("to_port", 65_535), context).map(
    (each) => `port ${each} is open to ${open.join(", ")}`,
  );
}

function worldInList({ cidr }: Attributes): readonly string[] {
  return isWorld(String(cidr)) ? [`a list that rules refer to holds ${String(cidr)}`] : [];
}

function forwarded(port: unknown, context: PolicyContext): readonly string[] {
  return openAdministrativePorts(Number(port), Number(port), context).map(
    (each) => `clients are led to port ${each} of the nodes`,
  );
}

/** What the images' root volume is called; a device of another name is one more. */
const ROOT_DEVICES = ["/dev/xvda", "/dev/sda1"];

/** Objects that are a volume, a snapshot or an image's copy, encrypted or not. */
const STORAGE = ["aws_ebs_volume", "aws_ebs_snapshot_copy", "aws_ami_copy", "aws_efs_file_system"];

/** Machines, and templates of one. */
const MACHINES = ["aws_instance", "aws_spot_instance_request", "aws_launch_configuration"];

const encryptedVolumes: PolicyRule = {
  id: "aws-encrypted-volumes",
  severity: "high",
  demand: "Every volume is encrypted",
  reason: "A node's disk holds its logs and its keys, and a snapshot of it outlives the node.",
  types: ["aws_launch_template", "aws_ebs_encryption_by_default", ...MACHINES, ...STORAGE],
  violations({ type, attributes }) {
    if (STORAGE.includes(type)) {
      return isTrue(attributes["encrypted"]) ? [] : ["it is not encrypted"];
    }
    if (type === "aws_ebs_encryption_by_default") {
      return isTrue(attributes["enabled"] ?? true) ? [] : ["it switches the account's default off"];
    }
    if (MACHINES.includes(type)) {
      const roots = blocks(attributes["root_block_device"]);
      const all = [...roots, ...blocks(attributes["ebs_block_device"])];
      return roots.length > 0 && all.every(({ encrypted }) => isTrue(encrypted))
        ? []
        : ["a volume is not said to be encrypted"];
    }
    const mappings = blocks(attributes["block_device_mappings"]);
    const root = mappings.some(
      ({ device_name: device, ebs }) =>
        (ROOT_DEVICES.includes(String(device)) || String(device).startsWith("${")) && blocks(ebs).length > 0,
    );
    return [
      ...(root ? [] : ["the root volume is left to the account's default"]),
      ...mappings
        .filter(({ ebs }) => !blocks(ebs).every(({ encrypted }) => isTrue(encrypted)))
        .map(({ device_name: device }) => `the volume ${String(device)} is not encrypted`),
    ];
  },
};

const imdsv2: PolicyRule = {
  id: "aws-imdsv2",
  severity: "high",
  demand: "Nodes answer for their metadata by IMDSv2 only",
  reason: "With IMDSv1 a proxy that is tricked into one request gives its role's credentials away.",
  types: ["aws_launch_template", ...MACHINES],
  violations({ attributes }) {
    const options = blocks(attributes["metadata_options"]);
    const safe = options.some(
      ({ http_tokens: tokens, http_endpoint: endpoint }) => tokens === "required" || endpoint === "disabled",
    );
    return safe ? [] : ['metadata_options.http_tokens is not "required"'];
  },
};

const noStaticKey: PolicyRule = {
  id: "aws-no-static-key",
  severity: "high",
  demand: "No user has a key where a role can be had",
  reason:
    "A role's credentials end by themselves; a key lies in the state and works until somebody deletes it.",
  types: ["aws_iam_access_key", "aws_iam_user_login_profile", "aws_iam_service_specific_credential"],
  violations({ type, provider }) {
    if (type !== "aws_iam_access_key") return ["a user gets a password, which nothing of Polycast needs"];
    if (provider === "aws") return ["a key is made for nodes on AWS, which can have a role"];
    return provider === undefined ? ["a key is made where there are no nodes that could need one"] : [];
  },
};

/** Tags of a fleet's objects; those of a zone are its environment's alone. */
const OWNER_TAGS = Object.keys(ownerTags("", ""));
const [ENVIRONMENT_TAG = ""] = OWNER_TAGS;

const tags: PolicyRule = {
  id: "aws-tags",
  severity: "medium",
  demand: `Everything is tagged with ${OWNER_TAGS.join(" and ")}`,
  reason: "Costs, clean-up and access rules go by these tags.",
  types: ["provider.aws", "aws_launch_template", "aws_autoscaling_group"],
  violations({ type, provider, attributes }) {
    if (type === "provider.aws") {
      const owners = provider === undefined ? [ENVIRONMENT_TAG] : OWNER_TAGS;
      return missing(owners, blocks(attributes["default_tags"])[0]?.["tags"]).map(
        (tag) => `its objects get no default tag ${tag}`,
      );
    }
    // Default tags reach neither a group, nor the instances and the volumes that a template makes.
    if (type === "aws_autoscaling_group") {
      const given = blocks(attributes["tag"]).map(({ key, value }) => [String(key), value]);
      return missing(OWNER_TAGS, Object.fromEntries(given)).map((tag) => `the group has no tag ${tag}`);
    }
    const specifications = blocks(attributes["tag_specifications"]);
    return ["instance", "volume"].flatMap((made) =>
      missing(OWNER_TAGS, specifications.find((each) => each["resource_type"] === made)?.["tags"]).map(
        (tag) => `each ${made} is made without the tag ${tag}`,
      ),
    );
  },
};

function missing(wanted: readonly string[], given: unknown): readonly string[] {
  return wanted.filter((tag) => isEmpty((given as Attributes | undefined)?.[tag]));
}

/** What must hold for every fleet on AWS. */
export const AWS_POLICIES: readonly PolicyRule[] = [openSsh, encryptedVolumes, imdsv2, tags, noStaticKey];
