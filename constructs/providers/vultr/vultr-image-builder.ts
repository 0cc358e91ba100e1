import path from "node:path";
import { PolycastError, show } from "../../fleet/problem";
import type { BuildJob, BuiltImage, ImageBuilder, ImageScope, ImageTools } from "../../image/image-source";
import { packerBuild, rehearse, type PackerTemplate } from "../../image/packer";
import { withBuilder } from "../../image/with-builder";
import { vultrApi, type VultrApi, type VultrSnapshot } from "./vultr-api";
import { vultrImageSettings } from "./vultr-image-settings";

/** How often Vultr is asked for what takes minutes, and how long that may take, in seconds. */
const LOOK_EVERY = 10;
const COMPLETE_WITHIN = 3_600;
/** What a simulated build takes, in seconds of the world. */
const SIMULATED_BUILD = 300;
/** As the template labels the machine. */
const BUILDER = "-builder";

/**
 * The builder of an environment's snapshots. A snapshot's description is the image's name.
 * @param region where the machine stands.
 * @throws PolycastError where Vultr's key is missing.
 */
export function vultrImageBuilder(scope: ImageScope, tools: ImageTools, region: string): ImageBuilder {
  const { env: variables, fetch, signal } = tools;
  const sleep: ImageTools["sleep"] = (seconds, until) => tools.sleep(seconds, until);
  const api = vultrApi({ variables, fetch, sleep, signal });
  // Cleaning up goes on when the run is told to end.
  const cleaningApi = vultrApi({ variables, fetch, sleep });

  async function destroyBuilder(name: string): Promise<void> {
    const left = (await cleaningApi.instances()).filter(({ label }) => label === `${name}${BUILDER}`);
    for (const { id } of left) await cleaningApi.deleteInstance(id);
  }

  return {
    async find(name, known) {
      const complete = (await api.snapshots()).filter(({ status }) => status === "complete");
      const found = complete.find(({ id, description }) =>
        known === undefined ? description === name : id === known,
      );
      return { entry: found?.id, missing: [] };
    },
    async build(job) {
      const { osId } = vultrImageSettings.parse(job.settings);
      return withBuilder(
        async () => {
          const { snapshot, ...made } = await (tools.sandbox ? simulated : withPacker)(job, osId);
          const { id, size } = await whenComplete(snapshot, api, tools);
          return { ...made, entry: id, sizeBytes: size };
        },
        // The plugin forgets a machine that it is stopped at before that runs:
        // https://github.com/vultr/packer-plugin-vultr/blob/main/builder/vultr/step_create_server.go
        () => destroyBuilder(job.name),
        `${job.name}${BUILDER}`,
        tools,
      );
    },
    copy: (_, entry) => Promise.resolve(entry),
    async remove(name, entry) {
      const found = (await cleaningApi.snapshots()).filter(
        ({ id, description }) => description === name || id === entry,
      );
      for (const { id } of found) await cleaningApi.deleteSnapshot(id);
    },
    async builders() {
      const prefix = `${scope.environment}-${scope.image}-`;
      const labels = (await api.instances()).map(({ label }) => label);
      const own = labels.filter(
        (label) => label.startsWith(prefix) && /^[0-9a-f]{12}-builder$/.test(label.slice(prefix.length)),
      );
      return [...new Set(own.map((label) => label.slice(0, -BUILDER.length)))].sort();
    },
    destroyBuilder,
  };

  async function withPacker(job: BuildJob, osId: number): Promise<Made> {
    const { artefact, checks, packages, version } = await packerBuild(tools, templateOf(job.folder), {
      ...job.variables,
      image_name: job.name,
      region,
      os_id: String(osId),
    });
    return { snapshot: artefact, checks, packages, tools: { packer: version } };
  }

  /** The steps that Packer takes at Vultr, with nothing inside the builder. */
  async function simulated(job: BuildJob, osId: number): Promise<Made> {
    const { ran, version } = await rehearse(tools, templateOf(job.folder));
    tools.progress(`ran for real: ${ran.join(", ") || "nothing of Packer, which is not in PATH"}`);
    tools.progress("simulated: the builder, the scripts and checks in it, the snapshot");
    const { id } = await api.startBuilder({ label: `${job.name}${BUILDER}`, region, osId });
    await tools.sleep(SIMULATED_BUILD, signal);
    const snapshot = await api.capture(id, job.name);
    return {
      snapshot: snapshot.id,
      checks: { ran: "simulated", lines: [] },
      tools: version === undefined ? {} : { packer: version },
    };
  }
}

/** What was built, before its snapshot is complete. */
type Made = Omit<BuiltImage, "entry" | "sizeBytes"> & { readonly snapshot: string };

function templateOf(folder: string): PackerTemplate {
  return { folder: path.join(folder, "templates", "vultr"), oldest: "1.7.0", plugins: true };
}

async function whenComplete(id: string, api: VultrApi, tools: ImageTools): Promise<VultrSnapshot> {
  const until = tools.now() + COMPLETE_WITHIN * 1000;
  for (;;) {
    const snapshot = (await api.snapshots()).find((each) => each.id === id);
    if (snapshot?.status === "complete") return snapshot;
    const status = snapshot === undefined ? "gone" : snapshot.status;
    if (status !== "pending" || tools.now() > until) {
      throw new PolycastError("Vultr could not take the snapshot.", [
        { where: id, what: `is ${show(status)}`, remedy: "Build again." },
      ]);
    }
    await tools.sleep(LOOK_EVERY, tools.signal);
  }
}
