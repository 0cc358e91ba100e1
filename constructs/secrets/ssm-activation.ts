import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { SsmActivation } from "@cdktf/provider-aws/lib/ssm-activation";
import { Fn, Token } from "cdktf";
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
import { ACTIVATION_CODE_FILE } from "../fleet/node-log-access";
import { awsCredential } from "./aws-credential";
import { checkFleetLogs, FleetLogs, fleetLogsForm, identityName, type FleetLogsOptions } from "./fleet-logs";
import { RETENTION_DAYS } from "./log-retention";
import { policyText, SESSION_MANAGER, writeLogs } from "./log-policy";

/**
 * How long an activation is good for. AWS takes 30 days at most; an hour less, since clocks differ.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateActivation.html
 */
export const ACTIVATION_HOURS = 30 * 24 - 1;
/** The most that AWS takes; each boot of a new node is one. */
const REGISTRATIONS = 1000;

/**
 * Nodes register with AWS Systems Manager by a code in their user data, and get sessions of a role that are renewed by
 * Systems Manager's agent. The code lets a machine join for 30 days at most, so it has to be renewed
 * (`polycast secrets rotate`) before: a node that boots later gets no credentials.
 */
export function ssmActivation(options: FleetLogsOptions): LogAccess {
  return {
    strategy: "ssmActivation",
    options,
    optionsSchema: z.strictObject(fleetLogsForm),
    cost: {
      inState: "the activation's code",
      inUserData: "the activation's code",
      onNode: "a session of the role, and the key with which the agent renews it",
      lifetime: `the code 30 days, to register ${REGISTRATIONS} machines at most; a session an hour`,
    },
    regionOf: () => options.region,
    retentionDays: options.retentionDays ?? RETENTION_DAYS,
    secretsInState: true,
    secretEnds: true,
    rotation: "two slots",
    credentials: () => [awsCredential],
    check: (fleet, where) => checkFleetLogs(options, fleet, where),
    longest: () => given(options.region, { id: "a".repeat(36), activationCode: "c".repeat(20) }),
    grant: (scope, id, props) => new Activations(scope, id, { ...props, ...options }).access,
  };
}

class Activations extends Construct {
  public readonly access: NodeLogAccess;

  public constructor(scope: Construct, id: string, props: FleetLogsOptions & LogGrantProps) {
    super(scope, id);
    const { provider, group } = new FleetLogs(this, "logs", props);
    const name = identityName(props);
    const account = Token.asString(Fn.element(Fn.split(":", group.arn), 4));
    // https://docs.aws.amazon.com/systems-manager/latest/userguide/hybrid-multicloud-service-role.html
    const role = new IamRole(this, "role", {
      provider,
      name,
      assumeRolePolicy: policyText({
        Effect: "Allow",
        Action: "sts:AssumeRole",
        Principal: { Service: "ssm.amazonaws.com" },
        Condition: {
          StringEquals: { "aws:SourceAccount": account },
          ArnEquals: { "aws:SourceArn": `arn:aws:ssm:${props.region}:${account}:*` },
        },
      }),
    });
    const policy = new IamRolePolicy(this, "policy", {
      provider,
      name: "node",
      role: role.name,
      policy: policyText(writeLogs(group.arn), SESSION_MANAGER),
    });
    const activation = (slot: SecretSlot) =>
      new SsmActivation(this, slotId(slot), {
        provider,
        name,
        description: `Nodes of ${props.environment}/${props.fleet}`,
        iamRole: role.name,
        registrationLimit: REGISTRATIONS,
        // From when it is made. Later plans leave it: with another date it would be another activation.
        expirationDate: `\${timeadd(plantimestamp(), "${ACTIVATION_HOURS}h")}`,
        lifecycle: { ignoreChanges: ["expiration_date"] },
        dependsOn: [policy],
      });
    const { given: slot, other } = props.slots;
    const made = activation(slot);
    if (other !== "absent") activation(otherSlot(slot));
    // The plugin does not mark it, so plans would show it in user data.
    const activationCode = Token.asString(Fn.sensitive(made.activationCode));
    this.access = given(props.region, { id: made.id, activationCode });
  }
}

function given(
  region: string,
  { id, activationCode }: { readonly id: string; readonly activationCode: string },
): NodeLogAccess {
  return {
    settings: { strategy: "ssmActivation", region, secretId: id },
    secretFiles: { [ACTIVATION_CODE_FILE]: `${activationCode}\n` },
  };
}
