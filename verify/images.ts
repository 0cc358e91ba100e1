import {
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  EC2Client,
  type ResourceType,
} from "@aws-sdk/client-ec2";
import path from "node:path";
import { ensureImage } from "../builds/ensure-image";
import { imageName } from "../builds/build-store";
import type { WantedImage } from "../builds/wanted-images";
import { buildTools, type BuildTools } from "../cli/image/build-tools";
import { awsImageBuilder } from "../constructs/providers/aws/aws-image-builder";
import { awsImageSettings } from "../constructs/providers/aws/aws-image-settings";
import { BUILDER_TAG, regionImages } from "../constructs/providers/aws/ec2-images";
import { fileObjectStore } from "../live/file-object-store";
import { PROJECT_ROOT } from "../live/state-location";
import type { EmulatedAws } from "./emulated-aws";
import type { Report } from "./report";

const [FIRST, SECOND, THIRD] = ["eu-central-1", "us-east-1", "us-west-2"] as const;
const KEYS = { AWS_ACCESS_KEY_ID: "sandbox", AWS_SECRET_ACCESS_KEY: "sandbox" };
const OWN = { "polycast:environment": "verify", "polycast:image": "edge-node" };
/** One of the AMIs that moto has, in place of Debian's. */
const BASE = { name: "amzn-ami-hvm-2017.09.1.20171103-x86_64-gp2", owner: "137112412989" };

/**
 * What Polycast itself asks of EC2 about images, by the real SDK, at moto's EC2: to find, make, copy and remove them, and
 * to destroy the builders that a killed run left. In place of Packer, whose plugin is not there, the steps that it takes.
 */
export async function imagesAtEc2(report: Report, home: string, aws: EmulatedAws): Promise<void> {
  const env = { ...aws.env, ...KEYS };
  const objects = fileObjectStore(path.join(home, "objects"));
  const client = (region: string): EC2Client =>
    new EC2Client({
      region,
      endpoint: aws.url,
      credentials: { accessKeyId: "sandbox", secretAccessKey: "sandbox" },
    });
  const build = (): BuildTools => {
    const tools = buildTools({
      ...{ env, sandbox: true, state: () => ({ local: { path: "" } }), log: path.join(home, "build.log") },
      ...{ progress: () => undefined, now: Date.now },
      // moto makes an image at once.
      scale: () => Promise.resolve(10_000),
    });
    return tools;
  };
  const wanted = (places: readonly string[]): WantedImage => ({
    ...{ environment: "verify", image: "edge-node", provider: "aws", places, variables: {} },
    ...{ hash: "a".repeat(64), shared: "b".repeat(64) },
    folder: path.join(PROJECT_ROOT, "images", "edge-node"),
    settings: awsImageSettings.parse({ baseImage: BASE.name, baseOwner: BASE.owner }),
    source: {
      ...{ template: "aws", settingsSchema: awsImageSettings, places },
      builder: (scope, tools) => awsImageBuilder(scope, tools),
    },
  });
  const name = imageName("verify", wanted([]));
  const ensure = async (places: readonly string[]) => {
    const { tools, stop, close } = build();
    try {
      const source = () => Promise.resolve({ dirty: true });
      return await ensureImage(wanted(places), {
        objects,
        tools,
        stop,
        limitMinutes: 5,
        log: "build.log",
        source,
      });
    } finally {
      close();
    }
  };
  const amis = async (region: string) =>
    (
      await client(region).send(
        new DescribeImagesCommand({ Owners: ["self"], Filters: [{ Name: "name", Values: [name] }] }),
      )
    ).Images ?? [];
  /** What of builders is in a region: running instances, keys, security groups. */
  const ofBuilders = async (region: string): Promise<number> => {
    const filters = { Filters: [{ Name: "tag-key", Values: [BUILDER_TAG] }] };
    const { Reservations = [] } = await client(region).send(new DescribeInstancesCommand(filters));
    const running = Reservations.flatMap(({ Instances = [] }) => Instances).filter(
      ({ State }) => State?.Name !== "terminated",
    );
    const { KeyPairs = [] } = await client(region).send(new DescribeKeyPairsCommand(filters));
    const { SecurityGroups = [] } = await client(region).send(new DescribeSecurityGroupsCommand(filters));
    return running.length + KeyPairs.length + SecurityGroups.length;
  };

  await report.step("images: a killed run's builder is destroyed, and the image built", async (check) => {
    await leaveBuilder(client(FIRST), env);
    check.equal("left before", await ofBuilders(FIRST), 3);
    const { did, record } = await ensure([FIRST, SECOND]);
    check.equal("what was done", did, "built");
    check.equal("regions", Object.keys(record.entry as object), [FIRST, SECOND]);
    for (const region of [FIRST, SECOND]) {
      const found = await amis(region);
      check.equal(
        `AMI in ${region}`,
        found.map(({ ImageId, State }) => [ImageId, State]),
        [[(record.entry as Record<string, string>)[region], "available"]],
      );
      check.equal(`builders left in ${region}`, await ofBuilders(region), 0);
    }
  });

  await report.step("images: nothing to do, a new region, one deleted, all removed", async (check) => {
    check.equal("a second run", (await ensure([FIRST, SECOND])).did, "there");
    check.equal("a new region", (await ensure([FIRST, SECOND, THIRD])).did, "copied");
    // moto copies no tags.
    const [copy] = await amis(THIRD);
    const [gone] = await amis(SECOND);
    const region = regionImages(SECOND, env);
    const ami = await region.byId(gone?.ImageId ?? "");
    if (ami !== undefined) await region.remove(ami);
    const { did, record } = await ensure([FIRST, SECOND, THIRD]);
    check.equal("one deleted", did, "copied");

    const { tools, close } = build();
    await awsImageBuilder({ environment: "verify", image: "edge-node", places: [FIRST] }, tools).remove(
      name,
      record.entry,
    );
    close();
    for (const place of [FIRST, SECOND, THIRD]) {
      check.equal(`AMIs left in ${place}`, (await amis(place)).length, 0);
      const ids = [gone, copy]
        .flatMap((each) => each?.BlockDeviceMappings ?? [])
        .flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
      const { Snapshots = [] } = await client(place).send(
        new DescribeSnapshotsCommand({ OwnerIds: ["self"] }),
      );
      check.equal(
        `snapshots left in ${place}`,
        Snapshots.filter(({ SnapshotId = "" }) => ids.includes(SnapshotId)).length,
        0,
      );
    }
    check.equal("built anew", (await ensure([FIRST])).did, "built");
  });
}

/** As Packer makes them, with the tags of `run_tags`. */
async function leaveBuilder(ec2: EC2Client, env: NodeJS.ProcessEnv): Promise<void> {
  const left = "verify-edge-node-cccccccccccc";
  const tags = { ...OWN, [BUILDER_TAG]: left };
  const specified = (type: ResourceType) => ({
    TagSpecifications: [
      { ResourceType: type, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
    ],
  });
  const base = await regionImages(FIRST, env).base(BASE.name, BASE.owner);
  await regionImages(FIRST, env).startBuilder(base?.id ?? "", "t3.small", tags);
  await ec2.send(new CreateKeyPairCommand({ KeyName: "packer_1", ...specified("key-pair") }));
  const group = { GroupName: "packer_1", Description: "Packer's", ...specified("security-group") };
  await ec2.send(new CreateSecurityGroupCommand(group));
}
