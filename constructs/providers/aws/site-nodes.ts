import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template";
import type { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { Construct } from "constructs";
import { Fn, TerraformLocal, Token, type ITerraformDependable } from "cdktf";

export interface SiteNodesProps {
  readonly provider: AwsProvider;
  readonly name: string;
  readonly nodes: number;
  readonly imageId: string;
  readonly instanceType: string;
  /** Cloud-init text, not yet base64. */
  readonly userData: string;
  readonly instanceProfileArn: string;
  readonly securityGroupId: string;
  readonly subnetIds: readonly string[];
  readonly targetGroupArns: readonly string[];
  /** Tags of the group, its instances and their volumes: a provider's default tags reach none of them. */
  readonly tags: Readonly<Record<string, string>>;
  /** What must have happened before the template names another image. */
  readonly after: readonly ITerraformDependable[];
  /** What the nodes need when they boot. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/** A region's nodes: a launch template and the auto scaling group that keeps them running in every zone. */
export class SiteNodes extends Construct {
  public readonly group: AutoscalingGroup;

  public constructor(scope: Construct, id: string, props: SiteNodesProps) {
    super(scope, id);
    const { provider, name, nodes } = props;
    const template = new LaunchTemplate(this, "launch-template", {
      provider,
      name,
      imageId: props.imageId,
      instanceType: props.instanceType,
      userData: this.base64(props.userData),
      iamInstanceProfile: { arn: props.instanceProfileArn },
      vpcSecurityGroupIds: [props.securityGroupId],
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [
        // The root device's name in Debian's AMIs, which ours are built from.
        {
          deviceName: "/dev/xvda",
          ebs: { encrypted: "true", volumeType: "gp3", deleteOnTermination: "true" },
        },
      ],
      tagSpecifications: ["instance", "volume"].map((resourceType) => ({ resourceType, tags: props.tags })),
      dependsOn: [...props.after],
    });
    this.group = new AutoscalingGroup(this, "group", {
      provider,
      name,
      minSize: nodes,
      maxSize: nodes,
      desiredCapacity: nodes,
      vpcZoneIdentifier: [...props.subnetIds],
      targetGroupArns: [...props.targetGroupArns],
      healthCheckType: "ELB",
      healthCheckGracePeriod: 180,
      // A number: with $Latest a plan would not show that the nodes are about to be replaced.
      launchTemplate: { id: template.id, version: Fn.tostring(template.latestVersion) },
      instanceRefresh: {
        strategy: "Rolling",
        preferences: {
          minHealthyPercentage: 100,
          maxHealthyPercentage: 150,
          checkpointPercentages: [50, 100],
          checkpointDelay: "300",
          instanceWarmup: "120",
          skipMatching: true,
          // Off, because the plugin moves the group to the new version before it starts the refresh, so that AWS
          // would "roll back" to the failing one: https://github.com/hashicorp/terraform-provider-aws/issues/34189
          autoRollback: false,
        },
      },
      // The provider's default tags do not reach a group either; its instances have theirs from the template.
      tag: Object.entries(props.tags).map(([key, value]) => ({ key, value, propagateAtLaunch: false })),
      dependsOn: [...props.dependsOn],
    });
  }
  /** By Terraform, where a part is known to it alone; of a local, since CDKTF lets no function have a text with quotes. */
  private base64(text: string): string {
    if (!Token.isUnresolved(text)) return Buffer.from(text).toString("base64");
    return Fn.base64encode(new TerraformLocal(this, "user-data", text).asString);
  }
}
