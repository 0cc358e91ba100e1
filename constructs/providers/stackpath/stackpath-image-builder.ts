import type { Size } from "../../fleet/fleet-inputs";
import { PolycastError, show } from "../../fleet/problem";
import { builderCidrs } from "../../image/builder-access";
import { makeBuilderKey } from "../../image/builder-key";
import type { BuildJob, FoundImage, ImageBuilder, ImageScope, ImageTools } from "../../image/image-source";
import { checkTemplate, packerOverSsh, type SshAddress } from "../../image/packer-over-ssh";
import { withBuilder } from "../../image/with-builder";
import { createWorkload, destroyWorkload, terraformVersion } from "./builder-workload";
import { stackpathApi, type CaptureSource, type StackPathApi, type StackPathImage } from "./stackpath-api";
import { stackpathImageSettings } from "./stackpath-image-settings";

/** SP-2: what the scripts need, and no more. */
const SIZE: Size = { cpu: 2, memoryGiB: 4 };

/** In seconds. */
const LOOK_EVERY = 5;
const ADDRESS_WITHIN = 600;
const CAPTURE_WITHIN = 3_600;

/** A host name's label has 63 characters at most (RFC 1035), and the machine's is `<slug>-b-xxx-0`. */
const LONGEST_SLUG = 63 - "-b-xxx-0".length;
const BUILDER = "-builder";

/**
 * The builder of an environment's images. Packer has none for StackPath: Terraform makes a machine in a root module and
 * state of its own, Packer provisions it over SSH, the Images API takes its volume, and it is destroyed.
 * @param city where the machine stands.
 * @throws PolycastError where StackPath's credentials cannot be used.
 */
export async function stackpathImageBuilder(
  scope: ImageScope,
  tools: ImageTools,
  city: string,
): Promise<ImageBuilder> {
  const { env: variables, fetch, signal } = tools;
  const pause = (milliseconds: number): Promise<void> => tools.sleep(milliseconds / 1000, signal);
  const api = await stackpathApi({ variables, fetch, signal, pause });
  // Cleaning up goes on when the run is told to end.
  const cleaningApi = await stackpathApi({ variables, fetch });
  const slugOf = (name: string): string => `${name}${BUILDER}`;

  async function destroyBuilder(name: string): Promise<void> {
    const slug = slugOf(name);
    // What a killed Terraform left is in no state; what a state knows may be gone.
    const failure = await destroyWorkload(name, tools).catch((error: unknown) => error);
    const workloads = (await cleaningApi.workloads()).filter((each) => each.slug === slug);
    const policies = (await cleaningApi.networkPolicies()).filter((each) => each.slug === slug);
    for (const { id } of workloads) await cleaningApi.deleteWorkload(id);
    for (const { id } of policies) await cleaningApi.deleteNetworkPolicy(id);
    // Deleted by its name, it is gone, whatever Terraform said; where nothing was found, Terraform's word counts.
    if (failure !== undefined && workloads.length + policies.length === 0)
      tools.log((failure as Error).message);
  }

  return {
    async find(name, known) {
      const stack = await api.stackSlug();
      const { family, tag } = known === undefined ? imageOf(name) : parseEntry(known);
      const image = await api.image(family, tag);
      return found(image?.status === "READY" ? `${stack}/${family}:${tag}` : undefined);
    },

    async build(job) {
      const settings = stackpathImageSettings.parse(job.settings);
      const slug = slugOf(job.name);
      checkSlug(slug);
      const sshCidrs = tools.sandbox ? ["127.0.0.1/32"] : builderCidrs(tools.env);
      const { family, tag } = imageOf(job.name);
      const stack = await api.stackSlug();
      // The half of an earlier run, or one that failed: its tag is taken.
      await api.deleteImage(family, tag);
      const terraform = await terraformVersion(tools);
      const key = makeBuilderKey(tools);
      if (!tools.sandbox) await checkTemplate(key, job, tools);
      return withBuilder(
        async () => {
          tools.progress(`Terraform makes the builder ${slug} in ${city}`);
          const { baseImage } = settings;
          const wanted = { slug, baseImage, city, size: SIZE, sshCidrs, authorizedKey: key.authorized };
          await createWorkload(job.name, wanted, tools).catch(async (error: unknown) => {
            // The Terraform of a run that was killed goes on for a while: its machine may have come after all was cleared away.
            if (!(await api.workloads()).some((each) => each.slug === slug)) throw error;
            tools.progress(`destroying ${slug}, which came from elsewhere meanwhile`);
            await destroyBuilder(job.name);
            await createWorkload(job.name, wanted, tools);
          });
          const { address, source } = await machine(slug, api, tools);
          const provisioned = await packerOverSsh(address, key, job, tools);
          tools.progress("StackPath captures the image");
          const image = await capture(family, tag, source, job, api, tools).catch(async (error: unknown) => {
            await cleaningApi.deleteImage(family, tag);
            throw error;
          });
          const size = Number(image.imageSize ?? NaN);
          return {
            entry: `${stack}/${family}:${tag}`,
            ...(Number.isFinite(size) && { sizeBytes: size }),
            ...provisioned,
            tools: { ...provisioned.tools, terraform },
          };
        },
        () => destroyBuilder(job.name),
        slug,
        tools,
      );
    },

    copy: (_, entry) => Promise.resolve(entry),

    async remove(name, entry) {
      const { family, tag } = entry === undefined ? imageOf(name) : parseEntry(entry);
      await cleaningApi.deleteImage(family, tag);
    },

    async builders() {
      const objects = [...(await api.workloads()), ...(await api.networkPolicies())];
      const prefix = `${scope.environment}-${scope.image}-`;
      const names = objects
        .filter(
          ({ slug }) => slug.startsWith(prefix) && /^[0-9a-f]{12}-builder$/.test(slug.slice(prefix.length)),
        )
        .map(({ slug }) => slug.slice(0, -BUILDER.length));
      return [...new Set(names)].sort();
    },

    destroyBuilder,
  };
}

/** Waits until the workload's machine runs and has an address. */
async function machine(
  slug: string,
  api: StackPathApi,
  tools: ImageTools,
): Promise<{ readonly address: SshAddress; readonly source: CaptureSource }> {
  const workload = (await api.workloads()).find((each) => each.slug === slug);
  if (workload === undefined) throw unfit(slug, "is not there, though Terraform has made it");
  const until = tools.now() + ADDRESS_WITHIN * 1000;
  for (;;) {
    const [instance] = await api.instances(workload.id);
    const host = instance?.externalIpAddress ?? "";
    if (instance?.phase === "RUNNING" && host !== "") {
      return {
        address: { host, port: 22, user: "root" },
        source: { workload: workload.id, instance: instance.name },
      };
    }
    if (instance?.phase === "FAILED" || tools.now() > until) {
      throw unfit(slug, `its machine ${instance === undefined ? "was not started" : `is ${instance.phase}`}`);
    }
    await tools.sleep(LOOK_EVERY, tools.signal);
  }
}

/** Takes the image and waits until it is ready. */
async function capture(
  family: string,
  tag: string,
  source: CaptureSource,
  job: BuildJob,
  api: StackPathApi,
  tools: ImageTools,
): Promise<StackPathImage> {
  const until = tools.now() + CAPTURE_WITHIN * 1000;
  let image = await api.capture(family, tag, source, `Polycast ${job.name}, ${job.hash}`);
  let said = "";
  for (;;) {
    if (image.status === "READY") return image;
    if (image.status === "FAILED") throw captureFailed(`${family}:${tag}`, `FAILED${whyOf(image)}`);
    if (image.status !== said) tools.log(`StackPath says that ${family}:${tag} is ${image.status}`);
    said = image.status;
    if (tools.now() > until) {
      throw captureFailed(
        `${family}:${tag}`,
        `still ${image.status} after ${CAPTURE_WITHIN} s${whyOf(image)}`,
      );
    }
    await tools.sleep(LOOK_EVERY, tools.signal);
    const next = await api.image(family, tag);
    if (next === undefined) throw captureFailed(`${family}:${tag}`, "gone before it was ready");
    image = next;
  }
}

function whyOf({ conditions }: StackPathImage): string {
  const reasons = conditions
    .flatMap(({ reason, message }) => message ?? reason ?? [])
    .filter((text) => text !== "");
  return reasons.length === 0 ? "" : `: ${reasons.join("; ")}`;
}

function captureFailed(where: string, what: string): PolycastError {
  return new PolycastError("StackPath could not capture the image", [
    { where, what, remedy: "Build again. If it stays so, it is for StackPath to say why." },
  ]);
}

function unfit(slug: string, what: string): PolycastError {
  return new PolycastError("StackPath gives no machine to build on", [{ where: slug, what }]);
}

function checkSlug(slug: string): void {
  if (slug.length <= LONGEST_SLUG) return;
  throw new PolycastError("The builder cannot be named", [
    {
      where: slug,
      what: `has ${slug.length} characters; ${LONGEST_SLUG} fit into its machine's host name`,
      remedy: "Shorten the name of the environment or of the image.",
    },
  ]);
}

/** Family and tag of an image by its name, `<environment>-<image>-<digits of the hash>`. */
function imageOf(name: string): { readonly family: string; readonly tag: string } {
  const dash = name.lastIndexOf("-");
  return { family: name.slice(0, dash), tag: name.slice(dash + 1) };
}

function parseEntry(entry: unknown): { readonly family: string; readonly tag: string } {
  const [, family, tag] = typeof entry === "string" ? (/^[^/]+\/([^:]+):(.+)$/.exec(entry) ?? []) : [];
  if (family !== undefined && tag !== undefined) return { family, tag };
  throw new PolycastError("The image's record cannot be used", [
    { where: "entry", what: `${show(entry)} is not "<stack>/<family>:<tag>"` },
  ]);
}

function found(entry: string | undefined): FoundImage {
  return { entry, missing: [] };
}
