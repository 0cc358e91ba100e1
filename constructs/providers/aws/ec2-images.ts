import {
  CopyImageCommand,
  CreateImageCommand,
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  type DescribeImagesCommandInput,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  EC2ServiceException,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type Filter,
  type Image,
  type _InstanceType,
} from "@aws-sdk/client-ec2";
import { PolycastError } from "../../fleet/problem";
import { awsClientSettings } from "../../image/aws-client";

/** In milliseconds, with the SDK's own repetitions. */
const ANSWER_WITHIN = 20_000;

/** On all that belongs to the builder of an image: the image's name. */
export const BUILDER_TAG = "polycast:image-builder";

/** An AMI, as far as it is read here. */
export interface Ami {
  readonly id: string;
  readonly name: string;
  /** `x86_64`, `arm64`. */
  readonly architecture: string;
  readonly state: string;
  readonly sizeBytes: number;
  readonly snapshots: readonly string[];
}

export type Tags = Readonly<Record<string, string>>;

/** What is asked of EC2 in one region about images and their builders. */
export interface RegionImages {
  /** Own AMIs of that name, whatever their state. */
  named(name: string): Promise<readonly Ami[]>;
  /** The AMI of that name and owner that a builder starts from. */
  base(name: string, owner: string): Promise<Ami | undefined>;
  byId(id: string): Promise<Ami | undefined>;
  /** Begins to copy an AMI of another region here, encrypted. @returns its id. */
  copyFrom(region: string, ami: string, name: string, tags: Tags, kmsKeyId?: string): Promise<string>;
  /** Removes an AMI and its snapshots; what is gone already is no error. */
  remove(ami: Ami): Promise<void>;
  /** Values of {@link BUILDER_TAG} on instances, keys and security groups whose other tags are these. */
  builders(tags: Tags): Promise<readonly string[]>;
  /** Ends what has that value: instances first. @returns whether an instance is still on its way out. */
  destroyBuilder(name: string): Promise<boolean>;
  /** Starts an instance; only where the cloud is simulated, since Packer does it elsewhere. */
  startBuilder(base: string, instanceType: string, tags: Tags): Promise<string>;
  /** Begins to make an AMI of an instance. @returns its id. */
  capture(instance: string, name: string, tags: Tags): Promise<string>;
}

/**
 * EC2 in one region, with the credentials of the AWS SDK's default chain or those in `variables`, at AWS_ENDPOINT_URL_EC2
 * or AWS_ENDPOINT_URL where one is set. All methods reject with a PolycastError where AWS refuses.
 */
export function regionImages(region: string, variables: NodeJS.ProcessEnv): RegionImages {
  const client = new EC2Client(awsClientSettings("EC2", region, variables));
  /** Runs what asks EC2, and says of what it refuses where and what it was. */
  const asking = async <T>(
    what: string,
    ask: (abort: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> => {
    try {
      return await ask({ abortSignal: AbortSignal.timeout(ANSWER_WITHIN) });
    } catch (error) {
      throw refused(region, what, error as Error);
    }
  };
  const images = (what: string, query: DescribeImagesCommandInput) =>
    asking(what, async (abort) => {
      const { Images = [] } = await client.send(new DescribeImagesCommand(query), abort);
      return Images.map(amiOf);
    });
  const tagged = (name: string): Filter[] => [{ Name: `tag:${BUILDER_TAG}`, Values: [name] }];
  const withTags = (tags: Tags): Filter[] => [
    { Name: "tag-key", Values: [BUILDER_TAG] },
    ...Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] })),
  ];
  const instances = async (filters: Filter[], abort: object) => {
    const { Reservations = [] } = await client.send(
      new DescribeInstancesCommand({ Filters: filters }),
      abort,
    );
    return Reservations.flatMap(({ Instances = [] }) => Instances).filter(
      ({ State }) => State?.Name !== "terminated",
    );
  };
  const keys = async (filters: Filter[], abort: object) =>
    (await client.send(new DescribeKeyPairsCommand({ Filters: filters }), abort)).KeyPairs ?? [];
  const groups = async (filters: Filter[], abort: object) =>
    (await client.send(new DescribeSecurityGroupsCommand({ Filters: filters }), abort)).SecurityGroups ?? [];

  return {
    named: (name) =>
      images(`find ${name}`, { Owners: ["self"], Filters: [{ Name: "name", Values: [name] }] }),
    base: async (name, owner) => {
      const found = await images(`find ${name}`, {
        Owners: [owner],
        Filters: [{ Name: "name", Values: [name] }],
      });
      return found[0];
    },
    byId: async (id) => (await images(`find ${id}`, { Filters: [{ Name: "image-id", Values: [id] }] }))[0],
    copyFrom: (from, ami, name, tags, kmsKeyId) =>
      asking(`copy ${ami} from ${from}`, async (abort) => {
        const { ImageId } = await client.send(
          new CopyImageCommand({
            ...{ SourceRegion: from, SourceImageId: ami, Name: name, Encrypted: true },
            ...(kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId }),
            TagSpecifications: (["image", "snapshot"] as const).map((type) => ({
              ResourceType: type,
              Tags: tagList(tags),
            })),
          }),
          abort,
        );
        return ImageId ?? missing("ImageId");
      }),
    remove: (ami) =>
      asking(`remove ${ami.id}`, async (abort) => {
        await unlessGone(client.send(new DeregisterImageCommand({ ImageId: ami.id }), abort));
        for (const snapshot of ami.snapshots) {
          await unlessGone(client.send(new DeleteSnapshotCommand({ SnapshotId: snapshot }), abort));
        }
      }),
    builders: (tags) =>
      asking("find builders", async (abort) => {
        const found = await Promise.all([
          instances(withTags(tags), abort),
          keys(withTags(tags), abort),
          groups(withTags(tags), abort),
        ]);
        const names = found
          .flat()
          .flatMap(({ Tags: own = [] }) => own.find(({ Key }) => Key === BUILDER_TAG)?.Value ?? []);
        return [...new Set(names)];
      }),
    destroyBuilder: (name) =>
      asking(`destroy the builder of ${name}`, async (abort) => {
        const running = await instances(tagged(name), abort);
        const ids = running.flatMap(({ InstanceId }) => InstanceId ?? []);
        if (ids.length > 0) await client.send(new TerminateInstancesCommand({ InstanceIds: ids }), abort);
        for (const { KeyName } of await keys(tagged(name), abort)) {
          await unlessGone(client.send(new DeleteKeyPairCommand({ KeyName }), abort));
        }
        // A group cannot go before the last instance in it has.
        if (ids.length > 0) return true;
        for (const { GroupId } of await groups(tagged(name), abort)) {
          await unlessGone(client.send(new DeleteSecurityGroupCommand({ GroupId }), abort));
        }
        return false;
      }),
    startBuilder: (base, instanceType, tags) =>
      asking("start a builder", async (abort) => {
        const { Instances = [] } = await client.send(
          new RunInstancesCommand({
            ...{ ImageId: base, InstanceType: instanceType as _InstanceType, MinCount: 1, MaxCount: 1 },
            TagSpecifications: [{ ResourceType: "instance", Tags: tagList(tags) }],
          }),
          abort,
        );
        return Instances[0]?.InstanceId ?? missing("InstanceId");
      }),
    capture: (instance, name, tags) =>
      asking(`make an image of ${instance}`, async (abort) => {
        const { ImageId } = await client.send(
          new CreateImageCommand({
            ...{ InstanceId: instance, Name: name },
            TagSpecifications: [{ ResourceType: "image", Tags: tagList(tags) }],
          }),
          abort,
        );
        return ImageId ?? missing("ImageId");
      }),
  };
}

function amiOf({ ImageId, Name, Architecture, State, BlockDeviceMappings = [] }: Image): Ami {
  const volumes = BlockDeviceMappings.flatMap(({ Ebs }) => Ebs ?? []);
  return {
    id: ImageId ?? missing("ImageId"),
    name: Name ?? "",
    architecture: Architecture ?? "",
    state: State ?? "",
    sizeBytes: volumes.reduce((sum, { VolumeSize = 0 }) => sum + VolumeSize, 0) * 1024 ** 3,
    snapshots: volumes.flatMap(({ SnapshotId }) => SnapshotId ?? []),
  };
}

function tagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
async function unlessGone(sending: Promise<unknown>): Promise<void> {
  try {
    await sending;
  } catch (error) {
    const code = (error as Error).name;
    if (!/\.NotFound$|\.Unavailable$/.test(code)) throw error;
  }
}

function missing(what: string): never {
  throw new PolycastError("EC2's answer cannot be understood", [{ where: what, what: "is missing in it" }]);
}

function refused(region: string, what: string, error: Error): Error {
  if (error instanceof PolycastError) return error;
  const known =
    error instanceof EC2ServiceException || /Credentials|TimeoutError|AbortError/.test(error.name);
  const text = `${error.name}: ${error.message}`;
  return new PolycastError(`EC2 in ${region} could not ${what}.`, [
    {
      where: region,
      what: text,
      remedy: known
        ? "Check AWS_PROFILE or the other AWS credentials, and the rights in docs/images.md."
        : "Check the network and AWS_ENDPOINT_URL, if it is set.",
    },
  ]);
}
