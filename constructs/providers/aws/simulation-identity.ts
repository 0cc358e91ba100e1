import { randomBytes } from "node:crypto";
import type { Cloud, ResourceSimulation, Values } from "../../fleet/simulation";
import {
  apart,
  AwsAccount,
  blocks,
  IAM,
  iamId,
  isWhollyKnown,
  LOGS,
  nameOf,
  now,
  refusal,
  regionOf,
  text,
  together,
  uniqueName,
} from "./simulation-cloud";
import { meaningOf, POLICY_FIRST, samePolicy, sortedJson } from "./simulation-json";

/** Refuses a second object of one name, as IAM does: names are unique in the account. */
function refuseNamesake(
  type: string,
  kind: string,
  name: string,
  operation: string,
  account: AwsAccount,
): void {
  const sameName = account
    .all(type)
    .some(({ attributes }) => text(attributes["name"]).toLowerCase() === name.toLowerCase());
  if (!sameName) return;
  const message = `${kind} with name ${name} already exists.`;
  throw refusal(`creating IAM ${kind} (${name})`, IAM, operation, ["EntityAlreadyExists", message], 409);
}

function needs(
  doing: string,
  operation: string,
  type: "aws_iam_role" | "aws_iam_user",
  name: string,
  cloud: Cloud,
) {
  if (cloud.get(type, name) !== undefined) return;
  const message = `The ${type === "aws_iam_role" ? "role" : "user"} with name ${name} cannot be found.`;
  throw refusal(doing, IAM, operation, ["NoSuchEntity", message], 404);
}

/** A role's own policies by name; the order does not count. */
function inlinePolicies(role: Values): string {
  const policies = blocks(role["inline_policy"]).map(({ name, policy }) => [
    text(name),
    meaningOf(text(policy)),
  ]);
  return JSON.stringify(policies.map((policy) => JSON.stringify(policy)).toSorted());
}

export const role: ResourceSimulation = {
  suppress: {
    assume_role_policy: samePolicy,
    inline_policy: (_, { config, prior }) =>
      prior !== null &&
      isWhollyKnown(config["inline_policy"]) &&
      inlinePolicies(config) === inlinePolicies(prior),
    "inline_policy.policy": samePolicy,
  },
  normalise: {
    assume_role_policy: (given) => sortedJson(given),
    "inline_policy.policy": (given) => sortedJson(given, POLICY_FIRST),
  },
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const names = nameOf(planned);
    refuseNamesake("aws_iam_role", "Role", names.name, "CreateRole", account);
    return {
      ...names,
      id: names.name,
      arn: account.globalArn("iam", `role${text(planned["path"])}${names.name}`),
      create_date: now(),
      unique_id: iamId("AROA"),
    };
  },
  update: (planned, _, cloud) => ({
    inline_policy: apart(planned["inline_policy"], addedPolicies(planned, cloud)),
    managed_policy_arns: apart(planned["managed_policy_arns"], attachedPolicies(planned, cloud)),
  }),
  delete(prior, cloud) {
    const name = text(prior["name"]);
    const doing = `deleting IAM Role (${name})`;
    const conflict = (message: string): Error =>
      refusal(doing, IAM, "DeleteRole", ["DeleteConflict", `Cannot delete entity, must ${message}`], 409);
    const ofRole = (type: string): boolean =>
      cloud.list(type).some(({ attributes }) => attributes["role"] === name);
    if (ofRole("aws_iam_instance_profile")) throw conflict("remove roles from instance profile first.");
    if (prior["force_detach_policies"] === true) return;
    if (ofRole("aws_iam_role_policy_attachment")) throw conflict("detach all policies first.");
    if (ofRole("aws_iam_role_policy")) throw conflict("delete policies first.");
  },
  /** Policies that resources of their own add show here too. */
  read: (stored, cloud) => ({
    ...stored,
    inline_policy: together(stored["inline_policy"], addedPolicies(stored, cloud)),
    managed_policy_arns: together(stored["managed_policy_arns"], attachedPolicies(stored, cloud)),
  }),
};

function addedPolicies({ name }: Values, cloud: Cloud): Values[] {
  const policies = cloud.list("aws_iam_role_policy").filter(({ attributes }) => attributes["role"] === name);
  return policies.map(({ attributes: added }) => ({
    name: text(added["name"]),
    policy: text(added["policy"]),
  }));
}

function attachedPolicies({ name }: Values, cloud: Cloud): string[] {
  const attached = cloud
    .list("aws_iam_role_policy_attachment")
    .filter(({ attributes }) => attributes["role"] === name);
  return attached.map(({ attributes }) => text(attributes["policy_arn"]));
}

export const rolePolicy: ResourceSimulation = {
  suppress: { policy: samePolicy },
  normalise: { policy: (given) => sortedJson(given, POLICY_FIRST) },
  create(planned, cloud) {
    const names = nameOf(planned);
    const owner = text(planned["role"]);
    needs(
      `putting IAM Role (${owner}) Policy (${names.name})`,
      "PutRolePolicy",
      "aws_iam_role",
      owner,
      cloud,
    );
    return { ...names, id: `${owner}:${names.name}` };
  },
  update: () => ({}),
};

export const policy: ResourceSimulation = {
  suppress: { policy: samePolicy },
  normalise: { policy: (given) => sortedJson(given) },
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const names = nameOf(planned);
    const arn = account.globalArn("iam", `policy${text(planned["path"])}${names.name}`);
    if (cloud.get("aws_iam_policy", arn) !== undefined) {
      const message = `A policy called ${names.name} already exists. Duplicate names are not allowed.`;
      const error = ["EntityAlreadyExists", message] as const;
      throw refusal(`creating IAM Policy (${names.name})`, IAM, "CreatePolicy", error, 409);
    }
    return { ...names, id: arn, arn, attachment_count: 0, policy_id: iamId("ANPA") };
  },
  update: () => ({}),
  delete(prior, cloud) {
    const arn = text(prior["arn"]);
    if (attachments(arn, cloud) === 0) return;
    const error = ["DeleteConflict", "Cannot delete a policy attached to entities."] as const;
    throw refusal(`deleting IAM Policy (${arn})`, IAM, "DeletePolicy", error, 409);
  },
  read: (stored, cloud) => ({ ...stored, attachment_count: attachments(text(stored["arn"]), cloud) }),
};

function attachments(arn: string, cloud: Cloud): number {
  return cloud
    .list("aws_iam_role_policy_attachment")
    .filter(({ attributes }) => attributes["policy_arn"] === arn).length;
}

export const rolePolicyAttachment: ResourceSimulation = {
  create(planned, cloud) {
    const [owner, arn] = [text(planned["role"]), text(planned["policy_arn"])];
    const doing = `attaching IAM Policy (${arn}) to IAM Role (${owner})`;
    needs(doing, "AttachRolePolicy", "aws_iam_role", owner, cloud);
    // AWS's own policies (arn:aws:iam::aws:policy/...) are there in every account.
    if (arn.split(":")[4] !== "aws" && cloud.get("aws_iam_policy", arn) === undefined) {
      const message = `Policy ${arn} does not exist or is not attachable.`;
      throw refusal(doing, IAM, "AttachRolePolicy", ["NoSuchEntity", message], 404);
    }
    return { id: uniqueName(`${owner}-`) };
  },
  find(importId, cloud) {
    const [owner, ...arn] = importId.split("/");
    return cloud
      .list("aws_iam_role_policy_attachment")
      .find(({ attributes }) => attributes["role"] === owner && attributes["policy_arn"] === arn.join("/"));
  },
};

export const instanceProfile: ResourceSimulation = {
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const names = nameOf(planned);
    const owner = text(planned["role"]);
    refuseNamesake(
      "aws_iam_instance_profile",
      "Instance Profile",
      names.name,
      "CreateInstanceProfile",
      account,
    );
    const doing = `adding role (${owner}) to IAM Instance Profile (${names.name})`;
    if (owner !== "") needs(doing, "AddRoleToInstanceProfile", "aws_iam_role", owner, cloud);
    return {
      ...names,
      id: names.name,
      arn: account.globalArn("iam", `instance-profile${text(planned["path"])}${names.name}`),
      create_date: now(),
      unique_id: iamId("AIPA"),
    };
  },
  update: () => ({}),
};

export const user: ResourceSimulation = {
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const name = text(planned["name"]);
    refuseNamesake("aws_iam_user", "User", name, "CreateUser", account);
    const arn = account.globalArn("iam", `user${text(planned["path"])}${name}`);
    return { id: name, arn, unique_id: iamId("AIDA") };
  },
  update: () => ({}),
  delete(prior, cloud) {
    const name = text(prior["name"]);
    const ofUser = (type: string): boolean =>
      cloud.list(type).some(({ attributes }) => attributes["user"] === name);
    if (prior["force_destroy"] === true || !(ofUser("aws_iam_access_key") || ofUser("aws_iam_user_policy")))
      return;
    const what = ofUser("aws_iam_access_key") ? "delete access keys" : "delete policies";
    const error = ["DeleteConflict", `Cannot delete entity, must ${what} first.`] as const;
    throw refusal(`deleting IAM User (${name})`, IAM, "DeleteUser", error, 409);
  },
};

export const userPolicy: ResourceSimulation = {
  suppress: { policy: samePolicy },
  normalise: { policy: (given) => sortedJson(given, POLICY_FIRST) },
  create(planned, cloud) {
    const names = nameOf(planned);
    const owner = text(planned["user"]);
    needs(
      `putting IAM User (${owner}) Policy (${names.name})`,
      "PutUserPolicy",
      "aws_iam_user",
      owner,
      cloud,
    );
    return { ...names, id: `${owner}:${names.name}` };
  },
  update: () => ({}),
};

/** IAM gives a user two keys at most. */
const KEYS_PER_USER = 2;

export const accessKey: ResourceSimulation = {
  create(planned, cloud) {
    const owner = text(planned["user"]);
    const doing = `creating IAM Access Key (${owner})`;
    needs(doing, "CreateAccessKey", "aws_iam_user", owner, cloud);
    const keys = cloud.list("aws_iam_access_key").filter(({ attributes }) => attributes["user"] === owner);
    if (keys.length >= KEYS_PER_USER) {
      const message = `Cannot exceed quota for AccessKeysPerUser: ${String(KEYS_PER_USER)}`;
      throw refusal(doing, IAM, "CreateAccessKey", ["LimitExceeded", message], 409);
    }
    // No check of format finds a usable key here: the real ones begin with AKIA.
    return {
      id: iamId("SIMK"),
      create_date: now(),
      secret: randomBytes(30).toString("base64"),
      ses_smtp_password_v4: randomBytes(33).toString("base64"),
      status: text(planned["status"]) || "Active",
    };
  },
  update: () => ({}),
};

export const logGroup: ResourceSimulation = {
  place: regionOf,
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const names = nameOf(planned);
    const namesake = account
      .list("aws_cloudwatch_log_group")
      .some(({ attributes }) => attributes["name"] === names.name);
    if (namesake) {
      const error = ["ResourceAlreadyExistsException", "The specified log group already exists"] as const;
      throw refusal(`creating CloudWatch Logs Log Group (${names.name})`, LOGS, "CreateLogGroup", error);
    }
    return {
      ...names,
      id: names.name,
      arn: account.arn("logs", `log-group:${names.name}`),
      log_group_class: text(planned["log_group_class"]) || "STANDARD",
    };
  },
  update: () => ({}),
};
