import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { Construct } from "constructs";

export interface SiteIdentityProps {
  readonly provider: AwsProvider;
  /** Name of the role; IAM is global, so it names the region. */
  readonly name: string;
  readonly logGroup: string;
}

/**
 * The least that Session Manager needs. The channel actions know no resource level.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
 */
const SESSION_MANAGER = {
  Effect: "Allow",
  Action: [
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
  ],
  Resource: "*",
};

/** What a region's nodes may do: write to this fleet's log group, keep an SSM session, nothing else. */
export class SiteIdentity extends Construct {
  public readonly profile: IamInstanceProfile;

  public constructor(scope: Construct, id: string, { provider, name, logGroup }: SiteIdentityProps) {
    super(scope, id);
    const logs = new CloudwatchLogGroup(this, "logs", { provider, name: logGroup, retentionInDays: 30 });
    const role = new IamRole(this, "role", {
      provider,
      name,
      assumeRolePolicy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } },
        ],
      }),
    });
    new IamRolePolicy(this, "policy", {
      provider,
      name: "node",
      role: role.name,
      policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            Resource: `${logs.arn}:*`,
          },
          SESSION_MANAGER,
        ],
      }),
    });
    this.profile = new IamInstanceProfile(this, "profile", { provider, name, role: role.name });
  }
}
