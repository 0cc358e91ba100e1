import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { Construct } from "constructs";
import { z } from "zod";
import type { LogGrantProps } from "../fleet/log-access";
import { logGroupName } from "../fleet/node-file";
import { show, type Problem } from "../fleet/problem";
import { ownerTags } from "../providers/aws/owner-tags";
import { SANDBOX_CREDENTIALS } from "../providers/aws/sandbox-credentials";
import { checkRetention, RETENTION_DAYS, type LogRetention } from "./log-retention";

/** Where the logs of a fleet outside AWS go. */
export interface FleetLogsOptions extends LogRetention {
  /** Region of the log group. */
  readonly region: string;
  /** Twelve digits; credentials of any other account are refused before anything is planned. Default: any account. */
  readonly accountId?: string;
}

export const fleetLogsForm = {
  region: z.string(),
  accountId: z.string().optional(),
  retentionDays: z.number().optional(),
};

/** IAM users and roles, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const NAME_LIMIT = 64;

/** The log group of a fleet outside AWS, and the provider block by which it and an identity for it are made. */
export class FleetLogs extends Construct {
  public readonly provider: AwsProvider;
  public readonly group: CloudwatchLogGroup;

  public constructor(
    scope: Construct,
    id: string,
    {
      environment,
      fleet,
      sandbox,
      region,
      accountId,
      retentionDays = RETENTION_DAYS,
    }: FleetLogsOptions & LogGrantProps,
  ) {
    super(scope, id);
    this.provider = new AwsProvider(this, "aws", {
      region,
      defaultTags: [{ tags: ownerTags(environment, fleet) }],
      ...(accountId === undefined ? {} : { allowedAccountIds: [accountId] }),
      ...(sandbox ? SANDBOX_CREDENTIALS : {}),
    });
    this.group = new CloudwatchLogGroup(this, "group", {
      provider: this.provider,
      name: logGroupName(environment, fleet),
      retentionInDays: retentionDays,
    });
  }
}

/** Name of the identity that writes a fleet's logs, unique in its account. */
export function identityName({ environment, fleet }: Pick<LogGrantProps, "environment" | "fleet">): string {
  return `${environment}-${fleet}-logs`;
}

/** What is wrong with where the logs are to go. */
export function checkFleetLogs(
  { region, accountId, ...retention }: FleetLogsOptions,
  fleet: Pick<LogGrantProps, "environment" | "fleet">,
  where: string,
): readonly Problem[] {
  const name = identityName(fleet);
  return [
    ...checkRetention(retention, where),
    ...(/^[a-z]{2,}(-[a-z]+)+-\d$/.test(region)
      ? []
      : [
          {
            where: `${where}.region`,
            what: `${show(region)} is not an AWS region; expected the form "us-east-1"`,
          },
        ]),
    ...(accountId === undefined || /^\d{12}$/.test(accountId)
      ? []
      : [{ where: `${where}.accountId`, what: `${show(accountId)} is not an account id of twelve digits` }]),
    ...(name.length <= NAME_LIMIT
      ? []
      : [
          {
            where,
            what: `AWS allows ${NAME_LIMIT} characters for the name "${name}", which has ${name.length}`,
            remedy: "Shorten the fleet's or the environment's name.",
          },
        ]),
  ];
}
