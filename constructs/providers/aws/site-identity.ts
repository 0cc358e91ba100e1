import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { Construct } from "constructs";
import { policyText, SESSION_MANAGER, writeLogs } from "../../secrets/log-policy";

export interface SiteIdentityProps {
  readonly provider: AwsProvider;
  /** Name of the role; IAM is global, so it names the region. */
  readonly name: string;
  readonly logGroup: string;
  /** How many days its lines are kept. */
  readonly retentionDays: number;
}

/** What a region's nodes may do: write to this fleet's log group, keep an SSM session, nothing else. */
export class SiteIdentity extends Construct {
  public readonly profile: IamInstanceProfile;

  public constructor(
    scope: Construct,
    id: string,
    { provider, name, logGroup, retentionDays }: SiteIdentityProps,
  ) {
    super(scope, id);
    const logs = new CloudwatchLogGroup(this, "logs", {
      provider,
      name: logGroup,
      retentionInDays: retentionDays,
    });
    const role = new IamRole(this, "role", {
      provider,
      name,
      assumeRolePolicy: policyText({
        Effect: "Allow",
        Action: "sts:AssumeRole",
        Principal: { Service: "ec2.amazonaws.com" },
      }),
    });
    new IamRolePolicy(this, "policy", {
      provider,
      name: "node",
      role: role.name,
      policy: policyText(writeLogs(logs.arn), SESSION_MANAGER),
    });
    this.profile = new IamInstanceProfile(this, "profile", { provider, name, role: role.name });
  }
}
