import path from "node:path";
import { awsImageBuilder } from "../../../../constructs/providers/aws/aws-image-builder";
import { BUILDER_TAG, regionImages } from "../../../../constructs/providers/aws/ec2-images";
import { images } from "../../../../constructs/providers/aws/life-images";
import type { BuildJob } from "../../../../constructs/image/image-source";
import { serveEc2Api } from "../../../../sandbox/ec2-api/server";
import { openImageCloud, type ImageCloud } from "../image-cloud";

const NAME = "test-edge-node-aaaaaaaaaaaa";
const [FIRST, SECOND, THIRD] = ["eu-central-1", "us-east-1", "us-west-2"] as const;
const JOB: BuildJob = {
  name: NAME,
  hash: "a".repeat(64),
  folder: path.join(__dirname, "../../../../images/edge-node"),
  settings: { baseImage: "debian-12-amd64-20251006-2257" },
  variables: {},
};

let cloud: ImageCloud;
beforeEach(async () => {
  cloud = await openImageCloud(serveEc2Api);
});
afterEach(() => cloud.close());

const builder = (places: readonly string[] = [FIRST, SECOND]) =>
  awsImageBuilder({ environment: "test", image: "edge-node", places }, cloud.tools);
const held = (type: string) => cloud.store.list(type);
const built = async () => (await builder().build(JOB)).entry as Record<string, string>;

test("a build leaves an AMI in each region, which can boot, and no builder", async () => {
  const { entry, checks, sizeBytes, tools } = await builder().build(JOB);
  expect(Object.keys(entry as object)).toEqual([FIRST, SECOND]);
  expect(held("aws_ami").map(({ id, place }) => [place, id])).toEqual(Object.entries(entry as object));
  expect(images(cloud.store).map(({ id }) => id)).toEqual(Object.values(entry as object));
  expect(held("aws_instance")).toEqual([]);
  expect({ checks, sizeBytes, tools }).toEqual({
    checks: { ran: "simulated", lines: [] },
    sizeBytes: 8 * 1024 ** 3,
    tools: {},
  });
});

test("every AMI is encrypted and says whose it is", async () => {
  await built();
  for (const { attributes } of held("aws_ami")) {
    expect(attributes).toMatchObject({
      ...{ encrypted: true, name: NAME },
      tags: { "polycast:environment": "test", "polycast:image": "edge-node", Name: NAME },
    });
  }
});

describe("what is there", () => {
  test("is found by name in every region", async () => {
    expect(await builder().find(NAME, undefined)).toEqual({ entry: undefined, missing: [FIRST, SECOND] });
    const entry = await built();
    expect(await builder().find(NAME, entry)).toEqual({ entry, missing: [] });
    expect(await builder([FIRST, THIRD]).find(NAME, entry)).toEqual({ entry, missing: [THIRD] });
  });

  test("is not found while it is still being made", async () => {
    const region = regionImages(FIRST, cloud.tools.env);
    await region.capture(await region.startBuilder("ami-1", "t3.small", {}), NAME, {});
    expect((await builder([FIRST]).find(NAME, undefined)).entry).toBeUndefined();
  });

  test("is copied to a region that lacks it, and the entry keeps the others", async () => {
    const entry = await built();
    const more = (await builder([FIRST, SECOND, THIRD]).copy(NAME, entry)) as Record<string, string>;
    expect(more).toEqual({ ...entry, [THIRD]: expect.stringMatching(/^ami-/) as string });
    expect(await builder([FIRST, SECOND, THIRD]).find(NAME, more)).toEqual({ entry: more, missing: [] });
  });

  test("is copied from where no fleet is any more, when all have moved", async () => {
    const entry = await built();
    expect(await builder([THIRD]).find(NAME, entry)).toEqual({ entry, missing: [THIRD] });
    const more = await builder([THIRD]).copy(NAME, entry);
    expect(more).toEqual({ ...entry, [THIRD]: expect.stringMatching(/^ami-/) as string });
    expect(await builder([THIRD]).find(NAME, more)).toEqual({ entry: more, missing: [] });
  });

  test("is not what a killed run copied and did not record, nor what somebody made under its name", async () => {
    const entry = await built();
    const copied = (await builder([FIRST, THIRD]).copy(NAME, entry)) as Record<string, string>;
    expect((await builder([FIRST, THIRD]).find(NAME, entry)).missing).toEqual([THIRD]);
    const other = { ...copied, [THIRD]: "ami-0123456789abcdef0" };
    expect((await builder([FIRST, THIRD]).find(NAME, other)).missing).toEqual([THIRD]);
  });

  test("is copied where half a copy has the name already", async () => {
    const entry = await built();
    await regionImages(THIRD, cloud.tools.env).copyFrom(FIRST, entry[FIRST] ?? "", NAME, {});
    const more = await builder([FIRST, THIRD]).copy(NAME, entry);
    expect((await builder([FIRST, THIRD]).find(NAME, more)).missing).toEqual([]);
  });

  test("is removed everywhere, also where no fleet is any more; twice is no error", async () => {
    const entry = await built();
    await builder([FIRST]).remove(NAME, entry);
    expect(held("aws_ami")).toEqual([]);
    await builder([FIRST]).remove(NAME, entry);
  });
});

describe("a builder that a killed run left", () => {
  const leave = async (environment: string, name: string) => {
    const tags = { "polycast:environment": environment, "polycast:image": "edge-node", [BUILDER_TAG]: name };
    await regionImages(SECOND, cloud.tools.env).startBuilder("ami-1", "t3.small", tags);
  };

  test("is found by its tags, whatever region it is in, and destroyed", async () => {
    await leave("test", NAME);
    await leave("other", "other-edge-node-aaaaaaaaaaaa");
    expect(await builder().builders()).toEqual([NAME]);
    await builder().destroyBuilder(NAME);
    expect(await builder().builders()).toEqual([]);
    expect(held("aws_instance")).toHaveLength(1);
  });
});

describe("a build that goes wrong leaves no builder", () => {
  test("when it is told to stop", async () => {
    const tools = {
      ...cloud.tools,
      sleep: (seconds: number, signal?: AbortSignal) => {
        if (!cloud.tools.signal.aborted) expect(held("aws_instance")).toHaveLength(1);
        cloud.stop(new Error("stopped"));
        return cloud.tools.sleep(seconds, signal);
      },
    };
    const stopped = awsImageBuilder(
      { environment: "test", image: "edge-node", places: [FIRST] },
      tools,
    ).build(JOB);
    await expect(stopped).rejects.toThrow("stopped");
    expect(held("aws_instance")).toEqual([]);
    expect(held("aws_ami")).toEqual([]);
  });

  test("when EC2 refuses the image's name", async () => {
    await built();
    await expect(builder().build(JOB)).rejects.toThrow(/InvalidAMIName.Duplicate: AMI name test-edge-node/);
    expect(held("aws_instance")).toEqual([]);
  });
});

describe("is refused before a builder is started:", () => {
  test.each([
    [
      "a base image of another architecture",
      "debian-12-arm64-20251006-2257",
      /is "arm64"; nodes run "x86_64"/,
    ],
    [
      "a base image that is not there",
      "debian-12-nothing",
      /"debian-12-nothing" of the account 136693071363 is not in eu-central-1/,
    ],
  ])("%s", async (_, baseImage, message) => {
    await expect(builder().build({ ...JOB, settings: { baseImage } })).rejects.toThrow(message);
    expect(held("aws_instance")).toEqual([]);
  });

  test("credentials that EC2 does not take, with what to check", async () => {
    const tools = { ...cloud.tools, env: { ...cloud.tools.env, AWS_ACCESS_KEY_ID: "other" } };
    const other = awsImageBuilder({ environment: "test", image: "edge-node", places: [FIRST] }, tools);
    await expect(other.find(NAME, undefined)).rejects.toThrow(
      /EC2 in eu-central-1[^]*AuthFailure[^]*AWS_PROFILE/,
    );
  });
});

test("what was built outlives the process", async () => {
  const entry = await built();
  cloud.reopen();
  expect(images(cloud.store).map(({ id }) => id)).toEqual(Object.values(entry));
});
