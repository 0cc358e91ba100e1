import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { IamAccessKey } from "@cdktf/provider-aws/lib/iam-access-key";
import { IamUser } from "@cdktf/provider-aws/lib/iam-user";
import { IamUserPolicy } from "@cdktf/provider-aws/lib/iam-user-policy";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import { Route53Zone } from "@cdktf/provider-aws/lib/route53-zone";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { mkdirSync } from "node:fs";

export const IDENTITY_STACK = "log-writer";
export const ZONE_STACK = "zone";

const SANDBOX_PROVIDER = {
  region: "us-east-1",
  accessKey: "sandbox",
  secretKey: "sandbox",
  allowedAccountIds: ["000000000000"],
  skipMetadataApiCheck: "true",
  defaultTags: [{ tags: { "polycast:environment": "sandbox", "polycast:fleet": "stackpath" } }],
};

/**
 * Writes two small stacks: the identity by which nodes outside AWS write to a log group, a user of its own that may
 * do nothing else; and a Route 53 zone with a record.
 */
export function writeSmallStacks(outdir: string): void {
  mkdirSync(outdir, { recursive: true });
  const app = new App({ outdir });
  logWriter(stack(app, IDENTITY_STACK));
  zone(stack(app, ZONE_STACK));
  app.synth();
}

function stack(app: App, id: string): TerraformStack {
  const made = new TerraformStack(app, id);
  new AwsProvider(made, "aws", SANDBOX_PROVIDER);
  new LocalBackend(made, { path: "terraform.tfstate" });
  return made;
}

function logWriter(scope: TerraformStack): void {
  const logs = new CloudwatchLogGroup(scope, "logs", {
    name: "/polycast/sandbox/stackpath",
    retentionInDays: 30,
  });
  const user = new IamUser(scope, "user", { name: "sandbox-stackpath-logs" });
  new IamUserPolicy(scope, "policy", {
    name: "write-logs",
    user: user.name,
    policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
          Resource: `${logs.arn}:*`,
        },
      ],
    }),
  });
  new IamAccessKey(scope, "key", { user: user.name });
}

function zone(scope: TerraformStack): void {
  const edge = new Route53Zone(scope, "zone", { name: "edge.example.net" });
  new Route53Record(scope, "record", {
    zoneId: edge.zoneId,
    name: "*.edge.example.net",
    type: "A",
    ttl: 60,
    records: ["192.0.2.1", "198.51.100.1"],
  });
}
