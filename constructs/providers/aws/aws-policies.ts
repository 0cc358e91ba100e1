import { isWorld, openAdministrativePorts } from "../../policies/open-to-the-world";
import type { PolicyContext, PolicyRule } from "../../policies/policy-rule";
import { ownerTags } from "./owner-tags";

type Attributes = Readonly<Record<string, unknown>>;

/** A block that Terraform takes once or several times. */
function blocks(value: unknown): readonly Attributes[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]) as readonly Attributes[];
}

/** Terraform takes a flag as a text too. */
function isTrue(value: unknown): boolean {
  return value === true || value === "true";
}

const openSsh: PolicyRule = {
  id: "aws-no-open-ssh",
  severity: "high",
  demand: "No security group opens SSH to the world",
  reason: "Administration goes through Session Manager, which needs no open port.",
  types: ["aws_security_group", "aws_security_group_rule", "aws_vpc_security_group_ingress_rule"],
  violations({ type, attributes }, context) {
    if (type === "aws_security_group") {
      return blocks(attributes["ingress"]).flatMap((rule) => openIn(rule, context));
    }
    return attributes["type"] === "egress" ? [] : openIn(attributes, context);
  },
};

/** The old rules and the new ones name the same things differently. */
function openIn(rule: Attributes, context: PolicyContext): readonly string[] {
  const protocol = String(rule["ip_protocol"] ?? rule["protocol"]).toLowerCase();
  if (!["tcp", "6", "-1", "all"].includes(protocol)) return [];
  const everyPort = protocol === "-1" || protocol === "all";
  const from = everyPort ? 0 : Number(rule["from_port"]);
  const to = everyPort ? 65_535 : Number(rule["to_port"]);
  const networks = ["cidr_ipv4", "cidr_ipv6", "cidr_blocks", "ipv6_cidr_blocks"].flatMap((name) =>
    [rule[name] ?? []].flat().map(String),
  );
  const open = networks.filter(isWorld);
  if (open.length === 0) return [];
  return openAdministrativePorts(from, to, context).map(
    (port) => `port ${port} is open to ${open.join(", ")}`,
  );
}

const encryptedVolumes: PolicyRule = {
  id: "aws-encrypted-volumes",
  severity: "high",
  demand: "Every volume is encrypted",
  reason: "A node's disk holds its logs and its keys, and a snapshot of it outlives the node.",
  types: ["aws_launch_template", "aws_instance", "aws_ebs_volume"],
  violations({ type, attributes }) {
    if (type === "aws_ebs_volume") {
      return isTrue(attributes["encrypted"]) ? [] : ["the volume is not encrypted"];
    }
    if (type === "aws_instance") {
      const roots = blocks(attributes["root_block_device"]);
      const all = [...roots, ...blocks(attributes["ebs_block_device"])];
      return roots.length > 0 && all.every(({ encrypted }) => isTrue(encrypted))
        ? []
        : ["a volume is not said to be encrypted"];
    }
    const mappings = blocks(attributes["block_device_mappings"]);
    if (mappings.length === 0) return ["the root volume is left to the account's default"];
    return mappings
      .filter((mapping) => !blocks(mapping["ebs"]).every(({ encrypted }) => isTrue(encrypted)))
      .map(({ device_name: device }) => `the volume ${String(device)} is not encrypted`);
  },
};

const imdsv2: PolicyRule = {
  id: "aws-imdsv2",
  severity: "high",
  demand: "Nodes answer for their metadata by IMDSv2 only",
  reason: "With IMDSv1 a proxy that is tricked into one request gives its role's credentials away.",
  types: ["aws_launch_template", "aws_instance"],
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
  types: ["aws_iam_access_key"],
  violations: ({ provider }) =>
    provider === "aws" ? ["a key is made for nodes on AWS, which can have a role"] : [],
};

/** Tags of a fleet's objects; those of a zone are its environment's alone. */
const OWNER_TAGS = Object.keys(ownerTags("", ""));
const [ENVIRONMENT_TAG = ""] = OWNER_TAGS;

const tags: PolicyRule = {
  id: "aws-tags",
  severity: "medium",
  demand: `Everything is tagged with ${OWNER_TAGS.join(" and ")}`,
  reason: "Costs, clean-up and access rules go by these tags.",
  types: ["provider.aws", "aws_launch_template"],
  violations({ type, provider, attributes }) {
    if (type === "provider.aws") {
      const owners = provider === undefined ? [ENVIRONMENT_TAG] : OWNER_TAGS;
      return missing(owners, blocks(attributes["default_tags"])[0]?.["tags"]).map(
        (tag) => `its objects get no default tag ${tag}`,
      );
    }
    // Default tags reach neither the instances nor the volumes that a template makes.
    const specifications = blocks(attributes["tag_specifications"]);
    return ["instance", "volume"].flatMap((made) =>
      missing(OWNER_TAGS, specifications.find((each) => each["resource_type"] === made)?.["tags"]).map(
        (tag) => `each ${made} is made without the tag ${tag}`,
      ),
    );
  },
};

function missing(wanted: readonly string[], given: unknown): readonly string[] {
  return wanted.filter((tag) => (given as Attributes | undefined)?.[tag] === undefined);
}

/** What must hold for every fleet on AWS. */
export const AWS_POLICIES: readonly PolicyRule[] = [openSsh, encryptedVolumes, imdsv2, tags, noStaticKey];
