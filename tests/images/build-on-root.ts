/**
 * Builds the image on a machine that is there, as StackPath's builder builds it: the same code, Terraform and Packer;
 * only the cloud is simulated, and its machine is a Debian root that runs already. images/edge-node/test/real-root.sh
 * runs it in the network of that machine.
 *
 * usage: node -r ts-node/register tests/images/build-on-root.ts ROOT OUTPUT
 *
 * OUTPUT gets `build.log`, `built.json`, `packages.tsv`, `sbom.json`, `authorized-key`, and `secrets`: what may stand in no log.
 * POLYCAST_VARIABLES: values of the template's variables, JSON.
 */
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { buildTools } from "../../cli/image/build-tools";
import { billOfMaterials } from "../../constructs/image/bill-of-materials";
import type { ImageTools } from "../../constructs/image/image-source";
import { stackpathImageSource } from "../../constructs/providers/stackpath/stackpath-image-source";
import { CloudStore } from "../../sandbox/engine/cloud-store";
import { NO_FAULTS } from "../../sandbox/engine/fault";
import { servePlugins } from "../../sandbox/engine/plugin-server";
import { simulations } from "../../sandbox/simulations";
import { serveStackPathApi } from "../../sandbox/stackpath-api/server";
import { scaledClock } from "../../sandbox/world/clock";

const IMAGE = path.join(__dirname, "../../images/edge-node");
/** World seconds per real second: captures need not be waited for. */
const SCALE = 600;
const WORKLOAD = "stackpath_compute_workload";

const machineSchema = z.object({
  slug: z.string(),
  instances: z.array(z.object({ external_ip_address: z.string() })).length(1),
  virtual_machine: z.array(z.object({ user_data: z.string() })).length(1),
});
const cloudConfigSchema = z.object({
  disable_root: z.literal(false),
  ssh_authorized_keys: z.array(z.string()).length(1),
});

async function main(root: string, output: string): Promise<void> {
  mkdirSync(output, { recursive: true });
  const store = CloudStore.open(path.join(output, "clouds"));
  const clock = scaledClock({ scale: SCALE, start: 0 });
  const gateway = await serveStackPathApi({ objects: store, clock, faults: NO_FAULTS });
  const plugins = await servePlugins({ simulations, store, ...NO_FAULTS });
  const log = path.join(output, "build.log");
  const desk = buildTools({
    env: {
      ...process.env,
      ...gateway.variables,
      POLYCAST_BUILDER_CIDRS: "127.0.0.1/32",
      TF_REATTACH_PROVIDERS: JSON.stringify(plugins.reattach),
    },
    sandbox: false,
    state: (builder) => ({ local: { path: path.join(output, `${builder}.tfstate`) } }),
    log,
    progress: (what) => process.stdout.write(`${what}\n`),
    scale: () => Promise.resolve(SCALE),
    now: () => clock.now(),
  });
  try {
    const source = stackpathImageSource({
      size: { cpu: 2, memoryGiB: 4 },
      connectionsPerNode: 1,
      sites: { SEA: { nodes: 1 } },
    });
    const scope = { environment: "proof", image: "edge-node", places: [] };
    const builder = await source.builder(scope, onRoot(desk.tools, store, root, output));
    const job = { name: "proof-edge-node-0123456789ab", hash: "0".repeat(64), folder: IMAGE, ...scope };
    const given: unknown = JSON.parse(process.env["POLYCAST_VARIABLES"] ?? "{}");
    const variables = z.record(z.string(), z.string()).parse(given);
    const { packages = "", ...built } = await builder.build({
      ...job,
      settings: { baseImage: "stackpath-edge/debian-12-bookworm:proof" },
      variables: z
        .record(z.string(), z.string())
        .parse(JSON.parse(process.env["POLYCAST_VARIABLES"] ?? "{}")),
    });
    writeFileSync(path.join(output, "packages.tsv"), packages);
    const { image, environment } = scope;
    const listed = { image, provider: "stackpath", hash: job.hash, baseImage: environment, packages };
    const bill = billOfMaterials({ ...listed, variables, builtAt: new Date(), tools: built.tools });
    const problem: unknown = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(bill);
    if (problem !== null) throw new Error(`the bill of materials is none: ${JSON.stringify(problem)}`);
    writeFileSync(path.join(output, "sbom.json"), bill);
    writeFileSync(path.join(output, "built.json"), JSON.stringify(built, null, 2));
    const left = store.list().filter(({ type }) => type !== "stackpath_image");
    if (left.length > 0)
      throw new Error(`the builder is left: ${left.map(({ id, type }) => `${type} ${id}`).join()}`);
  } finally {
    const told = desk.close();
    if (told !== undefined) process.stdout.write(`${told}\n`);
    await Promise.all([gateway.close(), plugins.close()]);
    store.close();
  }
}

/** The machine that Terraform makes is the root, with its address; what cloud-init would read there is done. */
function onRoot(tools: ImageTools, store: CloudStore, root: string, output: string): ImageTools {
  const secrets: string[] = [String(tools.env["STACKPATH_CLIENT_SECRET"])];
  return {
    ...tools,
    workspace: tools.workspace,
    secret: (value) => {
      secrets.push(...value.split("\n").filter((line) => line !== "" && !line.startsWith("-----")));
      tools.secret(value);
    },
    run: async (program, args, options) => {
      if (args[0] === "init") giveCredentials(path.join(String(options?.cwd), "main.tf.json"));
      const result = await tools.run(program, args, options);
      if (args[0] === "apply" && result.code === 0) bootRoot();
      return result;
    },
  };

  /** The plugin reads them from the environment too, its simulation does not. */
  function giveCredentials(file: string): void {
    const module = JSON.parse(readFileSync(file, "utf8")) as object;
    const provider = { stackpath: { stack_id: "proof", client_id: "proof", client_secret: "proof" } };
    writeFileSync(file, JSON.stringify({ ...module, provider }));
  }

  function bootRoot(): void {
    const [workload] = store.list(WORKLOAD);
    const machine = machineSchema.parse(workload?.attributes);
    const [{ external_ip_address: address } = { external_ip_address: "" }] = machine.instances;
    spawnSync("ip", ["address", "replace", `${address}/32`, "dev", "lo"], { stdio: "inherit" });
    const text = machine.virtual_machine[0]?.user_data ?? "";
    const config = cloudConfigSchema.parse(JSON.parse(text.replace(/^#cloud-config\n/, "")));
    const home = path.join(root, "root/.ssh");
    mkdirSync(home, { recursive: true });
    chmodSync(home, 0o700);
    writeFileSync(path.join(home, "authorized_keys"), `${config.ssh_authorized_keys.join("\n")}\n`);
    writeFileSync(path.join(output, "authorized-key"), config.ssh_authorized_keys.join("\n"));
    writeFileSync(path.join(output, "secrets"), `${secrets.join("\n")}\n`, { mode: 0o600 });
  }
}

const [root = "", output = ""] = process.argv.slice(2);
main(path.resolve(root), path.resolve(output)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
