import path from "node:path";
import { PolycastError, show } from "../../fleet/problem";
import type { BuildJob, BuiltImage, ImageBuilder, ImageScope, ImageTools } from "../../image/image-source";
import { packerBuild, rehearse, type PackerTemplate } from "../../image/packer";
import { withBuilder } from "../../image/with-builder";
import { parseAwsImage, type AwsImage } from "./aws-image";
import { awsImageSettings, type AwsImageSettings } from "./aws-image-settings";
import type { AwsBuilderWish } from "./aws-wish";
import { BUILDER_TAG, regionImages, type Ami, type RegionImages, type Tags } from "./ec2-images";

/** How often EC2 is asked for what takes minutes, in seconds. */
const LOOK_EVERY = 15;
/** How long EC2 may take to end an instance, in seconds. */
const ENDS_WITHIN = 600;
/** What a simulated build takes, in seconds of the world. */
const SIMULATED_BUILD = 300;
/** What nodes run on, all of it (instance-types.ts). */
const ARCHITECTURE = "x86_64";
const DEFAULT_INSTANCE_TYPE = "t3.small";

/** The builder of an environment's AMIs. */
export function awsImageBuilder(
  { environment, image, places }: ImageScope,
  tools: ImageTools,
  wish: AwsBuilderWish = {},
): ImageBuilder {
  const clients = new Map<string, RegionImages>();
  const region = (name: string): RegionImages => {
    const client = clients.get(name) ?? regionImages(name, tools.env);
    clients.set(name, client);
    return client;
  };
  const [first = ""] = places;
  const ownTags: Tags = { "polycast:environment": environment, "polycast:image": image };

  /**
   * The image's usable AMIs, by region.
   * @param recorded others do not count, though they have its name: what a killed run left is in no record.
   */
  async function usable(
    name: string,
    regions: readonly string[],
    recorded: AwsImage | undefined,
  ): Promise<AwsImage> {
    const found = await Promise.all(
      regions.map(async (place) => {
        const ami = (await region(place).named(name)).find(
          ({ id, state }) => state === "available" && (recorded === undefined || recorded[place] === id),
        );
        return ami === undefined ? [] : [[place, ami.id] as const];
      }),
    );
    return Object.fromEntries(found.flat());
  }

  async function whenAvailable(place: string, id: string): Promise<Ami> {
    for (;;) {
      const ami = await region(place).byId(id);
      if (ami?.state === "available") return ami;
      if (ami?.state !== undefined && ami.state !== "pending") {
        throw new PolycastError("EC2 could not make the image.", [
          { where: `${place} ${id}`, what: `its state is ${show(ami.state)}` },
        ]);
      }
      await tools.sleep(LOOK_EVERY, tools.signal);
    }
  }

  async function copyTo(place: string, from: readonly [string, string], name: string): Promise<string> {
    const tags = { ...ownTags, Name: name };
    // Half of a copy that was interrupted has the name already.
    await removeIn(place, name);
    tools.progress(`copying ${name} from ${from[0]} to ${place}`);
    const id = await region(place).copyFrom(from[0], from[1], name, tags, wish.kmsKeyIds?.[place]);
    await whenAvailable(place, id);
    return id;
  }

  async function removeIn(place: string, name: string): Promise<void> {
    for (const ami of await region(place).named(name)) await region(place).remove(ami);
  }

  async function destroyBuilder(name: string): Promise<void> {
    await Promise.all(
      places.map(async (place) => {
        for (let waited = 0; await region(place).destroyBuilder(name); waited += LOOK_EVERY) {
          if (waited >= ENDS_WITHIN) {
            throw new PolycastError("A builder does not end.", [
              {
                where: `${place} ${name}`,
                what: `EC2 has not ended it within ${ENDS_WITHIN} s`,
                remedy: `Look for instances with the tag ${BUILDER_TAG}=${name}; the next build tries again.`,
              },
            ]);
          }
          await tools.sleep(LOOK_EVERY);
        }
      }),
    );
  }

  return {
    find: async (name, known) => {
      const recorded = known === undefined ? undefined : parseAwsImage(known);
      const found = await usable(name, places, recorded);
      const missing = places.filter((place) => found[place] === undefined);
      const elsewhere = Object.keys(recorded ?? {}).filter((place) => !places.includes(place));
      // Where no fleet is now, nobody asks, unless it can be copied from nowhere else; prune removes it there too.
      const others =
        missing.length === places.length
          ? await usable(name, elsewhere, recorded)
          : Object.fromEntries(elsewhere.map((place) => [place, recorded?.[place] ?? ""]));
      const entry = { ...others, ...found };
      return { entry: Object.keys(entry).length === 0 ? undefined : entry, missing };
    },
    build: async (job) => {
      const settings = awsImageSettings.parse(job.settings);
      const base = await baseImage(region(first), first, settings);
      return withBuilder(
        async () => {
          const made = await (tools.sandbox ? simulated : withPacker)(job, settings, base);
          const amis = await Promise.all(
            Object.entries(made.entry).map(([place, id]) => whenAvailable(place, id)),
          );
          amis.forEach(checkArchitecture);
          return { ...made, sizeBytes: amis[0]?.sizeBytes ?? 0 };
        },
        () => destroyBuilder(job.name),
        job.name,
        tools,
      );
    },
    copy: async (name, entry) => {
      const sources = Object.entries(parseAwsImage(entry));
      const from = sources.find(([place]) => places.includes(place)) ?? sources[0];
      if (from === undefined) throw new Error("there is nothing to copy from");
      const missing = places.filter((place) => parseAwsImage(entry)[place] === undefined);
      const copies = await Promise.all(
        missing.map(async (place) => [place, await copyTo(place, from, name)] as const),
      );
      return { ...parseAwsImage(entry), ...Object.fromEntries(copies) };
    },
    remove: async (name, entry) => {
      const recorded = entry === undefined ? {} : parseAwsImage(entry);
      for (const place of new Set([...places, ...Object.keys(recorded)])) await removeIn(place, name);
    },
    builders: async () => {
      const names = await Promise.all(places.map((place) => region(place).builders(ownTags)));
      return [...new Set(names.flat())];
    },
    destroyBuilder,
  };

  async function withPacker(
    job: BuildJob,
    settings: AwsImageSettings,
    { name, id }: Ami,
  ): Promise<BuiltImage & { entry: AwsImage }> {
    tools.log(`base image ${name}, ${id} in ${first}`);
    const { artefact, checks, packages, version } = await packerBuild(tools, templateOf(job.folder), {
      ...job.variables,
      image_name: job.name,
      regions: places,
      source_ami_name: settings.baseImage,
      source_ami_owner: settings.baseOwner,
      instance_type: wish.instanceType ?? DEFAULT_INSTANCE_TYPE,
      kms_key_ids: wish.kmsKeyIds ?? {},
      ssh_cidrs: wish.sshCidrs ?? [],
      subnet_id: wish.subnetId ?? "",
      tags: { ...ownTags, Name: job.name, "polycast:hash": job.hash },
    });
    const entry = Object.fromEntries(artefact.split(",").map((pair) => pair.split(":"))) as unknown;
    return { entry: parseAwsImage(entry), checks, packages, tools: { packer: version } };
  }

  /** The steps that Packer takes at EC2, with nothing inside the builder. */
  async function simulated(
    job: BuildJob,
    _: AwsImageSettings,
    base: Ami,
  ): Promise<BuiltImage & { entry: AwsImage }> {
    const { ran, version } = await rehearse(tools, templateOf(job.folder));
    tools.progress(`ran for real: ${ran.join(", ") || "nothing of Packer, which is not in PATH"}`);
    tools.progress("simulated: the builder, the scripts and checks in it, the snapshot");
    const tags = { ...ownTags, Name: job.name };
    const ec2 = region(first);
    const instanceType = wish.instanceType ?? DEFAULT_INSTANCE_TYPE;
    const instance = await ec2.startBuilder(base.id, instanceType, { ...tags, [BUILDER_TAG]: job.name });
    await tools.sleep(SIMULATED_BUILD, tools.signal);
    const id = await ec2.capture(instance, job.name, tags);
    await whenAvailable(first, id);
    const copies = await Promise.all(
      places.slice(1).map(async (place) => [place, await copyTo(place, [first, id], job.name)] as const),
    );
    return {
      entry: { [first]: id, ...Object.fromEntries(copies) },
      checks: { ran: "simulated", lines: [] },
      tools: version === undefined ? {} : { packer: version },
    };
  }
}

function templateOf(folder: string): PackerTemplate {
  return { folder: path.join(folder, "templates", "aws"), oldest: "1.7.0", plugins: true };
}

async function baseImage(ec2: RegionImages, region: string, settings: AwsImageSettings): Promise<Ami> {
  const { baseImage: name, baseOwner: owner } = settings;
  const found = await ec2.base(name, owner);
  if (found === undefined) {
    throw new PolycastError("There is no such image to start from.", [
      {
        where: "build.json, providers.aws.baseImage",
        what: `${show(name)} of the account ${owner} is not in ${region}`,
        remedy: `List them: aws ec2 describe-images --region ${region} --owners ${owner} --filters 'Name=name,Values=debian-12-*' --query 'Images[].Name'`,
      },
    ]);
  }
  checkArchitecture(found);
  return found;
}

function checkArchitecture(ami: Ami): void {
  if (ami.architecture === ARCHITECTURE) return;
  throw new PolycastError("The image is of another architecture than wanted.", [
    {
      where: `${ami.name}, ${ami.id}`,
      what: `is ${show(ami.architecture)}; nodes run ${show(ARCHITECTURE)}`,
      remedy: "Name a base image of that architecture in build.json.",
    },
  ]);
}
