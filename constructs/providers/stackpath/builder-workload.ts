import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Size } from "../../fleet/fleet-inputs";
import { PolycastError } from "../../fleet/problem";
import type { BuilderState, ImageTools } from "../../image/image-source";
import { SANDBOX_CREDENTIALS } from "./sandbox-credentials";

/** The plugin that fleets have too; see `scripts/bindings.js`. */
export const PLUGIN = { source: "stackpath/stackpath", version: "2.1.0" } as const;

/** On every object of a builder; its value is the builder's slug. */
export const BUILDER_LABEL = "polycast-builder";

/** Higher numbers yield to lower ones; a stack's own rules may well be below. */
const PRIORITY = 20_000;

const QUIET = ["-input=false", "-no-color"];
const QUIET_ENV = { TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1" };

/** The machine that one image is made on. */
export interface BuilderWorkload {
  readonly slug: string;
  /** What it starts from: `<stack>/<family>:<tag>`. */
  readonly baseImage: string;
  readonly size: Size;
  readonly city: string;
  /** Who may reach its SSH port. */
  readonly sshCidrs: readonly string[];
  /** The public half of the key that lets Packer in, as root. */
  readonly authorizedKey: string;
}

/** A root module of its own, in Terraform's JSON syntax: one machine, and who may reach its SSH port. */
export function builderModule(wanted: BuilderWorkload, state: BuilderState, sandbox: boolean): object {
  const { slug, city, size } = wanted;
  return {
    terraform: {
      required_providers: { stackpath: PLUGIN },
      backend: state,
    },
    provider: providerBlock(sandbox),
    resource: {
      stackpath_compute_network_policy: {
        builder: {
          name: slug,
          slug,
          description: "SSH to a builder",
          policy_types: ["INGRESS"],
          priority: PRIORITY,
          instance_selector: { key: BUILDER_LABEL, operator: "in", values: [slug] },
          ingress: {
            action: "ALLOW",
            description: "SSH",
            protocol: { tcp: { destination_ports: ["22"] } },
            from: { ip_block: wanted.sshCidrs.map((cidr) => ({ cidr })) },
          },
        },
      },
      stackpath_compute_workload: {
        builder: {
          name: slug,
          slug,
          labels: { [BUILDER_LABEL]: slug },
          network_interface: { network: "default" },
          virtual_machine: {
            name: "builder",
            image: wanted.baseImage,
            resources: { requests: { cpu: String(size.cpu), memory: `${size.memoryGiB}Gi` } },
            port: { name: "ssh", port: 22, protocol: "TCP" },
            user_data: userData(wanted.authorizedKey),
          },
          target: {
            name: "b",
            min_replicas: 1,
            max_replicas: 1,
            selector: { key: "cityCode", operator: "in", values: [city] },
          },
        },
      },
    },
  };
}

function providerBlock(sandbox: boolean): object {
  const { stackId, clientId, clientSecret, baseUrl } = SANDBOX_CREDENTIALS;
  const dummy = { stack_id: stackId, client_id: clientId, client_secret: clientSecret, base_url: baseUrl };
  return { stackpath: sandbox ? dummy : {} };
}

/** Root, so that no user has to be removed again; the image's last script removes the key. JSON is YAML too. */
function userData(authorizedKey: string): string {
  return `#cloud-config\n${JSON.stringify({ disable_root: false, ssh_authorized_keys: [authorizedKey] })}\n`;
}

/** Makes the machine. @throws PolycastError where Terraform fails; part of it may be there then. */
export async function createWorkload(
  name: string,
  wanted: BuilderWorkload,
  tools: ImageTools,
): Promise<void> {
  const directory = writeModule(builderModule(wanted, tools.state(name), tools.sandbox), tools);
  await terraform(directory, ["init", ...QUIET], tools);
  // Whoever builds holds the image's lock, so a lock of the state, which a killed run would leave, adds nothing.
  await terraform(directory, ["apply", "-auto-approve", "-lock=false", ...QUIET], tools);
}

/**
 * Destroys what the state knows, which is nothing where the machine was never made.
 * @throws PolycastError where Terraform fails.
 */
export async function destroyWorkload(name: string, tools: ImageTools): Promise<void> {
  const state = tools.state(name);
  const module = {
    terraform: { required_providers: { stackpath: PLUGIN }, backend: state },
    provider: providerBlock(tools.sandbox),
  };
  const directory = writeModule(module, tools);
  const cleaning = { cleaning: true };
  await terraform(directory, ["init", "-reconfigure", ...QUIET], tools, cleaning);
  await terraform(directory, ["destroy", "-auto-approve", "-lock=false", ...QUIET], tools, cleaning);
  if ("local" in state) {
    for (const file of [state.local.path, `${state.local.path}.backup`]) rmSync(file, { force: true });
  }
}

/** The version of the Terraform, or OpenTofu, that makes the machine. */
export async function terraformVersion(tools: ImageTools): Promise<string> {
  const { output } = await tools.run(programOf(tools), ["version"], { env: QUIET_ENV });
  return /^\S+ v(\S+)/.exec(output)?.[1] ?? "unknown";
}

function programOf({ env }: ImageTools): string {
  return env["TERRAFORM_BINARY_NAME"] ?? "terraform";
}

function writeModule(module: object, { workspace }: ImageTools): string {
  const directory = path.join(workspace, "builder");
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, "main.tf.json"), `${JSON.stringify(module, null, 2)}\n`);
  return directory;
}

async function terraform(
  cwd: string,
  args: readonly string[],
  tools: ImageTools,
  options: { readonly cleaning?: boolean } = {},
): Promise<void> {
  const program = programOf(tools);
  const { code, output } = await tools.run(program, args, { cwd, env: QUIET_ENV, ...options });
  if (code === 0) return;
  if (options.cleaning !== true) tools.signal.throwIfAborted();
  throw new PolycastError("Terraform cannot do what the builder needs", [
    { where: `${program} ${args[0] ?? ""}`, what: errorsIn(output) ?? `ended with status ${code}` },
  ]);
}

/** What Terraform says in its boxes: `│ Error: ...`. */
function errorsIn(output: string): string | undefined {
  const errors = output.match(/Error: .+/g);
  return errors === null
    ? undefined
    : [...new Set(errors.map((line) => line.slice("Error: ".length)))].join("; ");
}
