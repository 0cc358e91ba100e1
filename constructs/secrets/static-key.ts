import { IamAccessKey } from "@cdktf/provider-aws/lib/iam-access-key";
import { IamUser } from "@cdktf/provider-aws/lib/iam-user";
import { IamUserPolicy } from "@cdktf/provider-aws/lib/iam-user-policy";
import { Construct } from "constructs";
import { z } from "zod";
import {
  otherSlot,
  slotId,
  type LogAccess,
  type LogGrantProps,
  type NodeLogAccess,
  type SecretSlot,
} from "../fleet/log-access";
import { LOG_CREDENTIALS_FILE } from "../fleet/node-log-access";
import { awsCredential } from "./aws-credential";
import { checkFleetLogs, FleetLogs, fleetLogsForm, identityName, type FleetLogsOptions } from "./fleet-logs";
import { RETENTION_DAYS } from "./log-retention";
import { policyText, writeLogs } from "./log-policy";

/**
 * A key of an IAM user that may write to this fleet's log group and do nothing else, handed to every node in its user
 * data. The simplest way, and the only one that needs nothing else; whoever reads the state, the user data or a node has a
 * key that works until it is rotated: `polycast secrets rotate`.
 */
export function staticKey(options: FleetLogsOptions): LogAccess {
  return {
    strategy: "staticKey",
    options,
    optionsSchema: z.strictObject(fleetLogsForm),
    cost: {
      inState: "the key",
      inUserData: "the key",
      onNode: `the key, in ${LOG_CREDENTIALS_FILE}`,
      lifetime: "until it is rotated",
    },
    regionOf: () => options.region,
    retentionDays: options.retentionDays ?? RETENTION_DAYS,
    secretsInState: true,
    secretEnds: false,
    rotation: "two slots, one can be inactive",
    credentials: () => [awsCredential],
    check: (fleet, where) => checkFleetLogs(options, fleet, where),
    longest: () => given(options.region, { id: "A".repeat(20), secret: "s".repeat(40) }),
    grant: (scope, id, props) => new StaticKey(scope, id, { ...props, ...options }).access,
  };
}

/** IAM takes two keys of one user, which is what a rotation without a gap needs. */
class StaticKey extends Construct {
  public readonly access: NodeLogAccess;

  public constructor(scope: Construct, id: string, props: FleetLogsOptions & LogGrantProps) {
    super(scope, id);
    const { provider, group } = new FleetLogs(this, "logs", props);
    const user = new IamUser(this, "user", { provider, name: identityName(props) });
    const policy = new IamUserPolicy(this, "policy", {
      provider,
      name: "write-logs",
      user: user.name,
      policy: policyText(writeLogs(group.arn)),
    });
    const key = (slot: SecretSlot, status: "Active" | "Inactive") =>
      new IamAccessKey(this, slotId(slot), { provider, user: user.name, status, dependsOn: [policy] });
    const { given: slot, other } = props.slots;
    const { id: keyId, secret } = key(slot, "Active");
    if (other !== "absent") key(otherSlot(slot), other === "usable" ? "Active" : "Inactive");
    this.access = given(props.region, { id: keyId, secret });
  }
}

function given(region: string, key: { readonly id: string; readonly secret: string }): NodeLogAccess {
  return {
    settings: { strategy: "staticKey", region, secretId: key.id },
    secretFiles: {
      [LOG_CREDENTIALS_FILE]: `[default]\naws_access_key_id = ${key.id}\naws_secret_access_key = ${key.secret}\n`,
    },
  };
}
