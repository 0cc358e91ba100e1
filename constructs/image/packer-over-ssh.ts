import path from "node:path";
import type { BuilderKey } from "./builder-key";
import type { BuildJob, BuiltImage, ImageTools, TemplateVariables } from "./image-source";
import { packerBuild, rehearse, validated, type PackerTemplate } from "./packer";

/** How long Packer tries to reach the machine. */
const SSH_WITHIN = "10m";

/** Packer's null builder, which needs no plugin: Debian's own Packer runs it. */
const OLDEST = "1.6.0";

/** Where a machine's sshd answers. */
export interface SshAddress {
  readonly host: string;
  readonly port: number;
  /** Root, or who may sudo without a password. */
  readonly user: string;
}

/** What provisioning gives; the rest of a {@link BuiltImage} is the capture's. */
export type Provisioned = Pick<BuiltImage, "checks" | "packages" | "tools">;

/** Of documentation (RFC 5737): nobody is asked there. */
const NOWHERE: SshAddress = { host: "192.0.2.1", port: 22, user: "root" };

/**
 * Whether Packer would begin at all: asked before there is a machine, which takes minutes and costs money.
 * @throws PolycastError where there is no Packer, it is too old, or the template is invalid.
 */
export async function checkTemplate(
  key: BuilderKey,
  { folder, variables }: Pick<BuildJob, "folder" | "variables">,
  tools: ImageTools,
): Promise<void> {
  await validated(tools, templateIn(folder), valuesOf(NOWHERE, key, variables));
}

/**
 * Makes a machine that is reached by SSH what the image's template `ssh` says, and has the image's checks run in it.
 *
 * In the sandbox the template is validated with the very values, and nothing is provisioned: a simulated machine has no
 * sshd.
 *
 * @throws PolycastError where there is no Packer, the template is invalid, the machine's sshd does not answer in time, a
 * script fails or a check is red.
 */
export async function packerOverSsh(
  { host, port, user }: SshAddress,
  key: BuilderKey,
  { folder, variables }: Pick<BuildJob, "folder" | "variables">,
  tools: ImageTools,
): Promise<Provisioned> {
  const template = templateIn(folder);
  const values = valuesOf({ host, port, user }, key, variables);
  if (tools.sandbox) {
    const { ran, version } = await rehearse(tools, template, { ...values, output: tools.workspace });
    tools.progress(
      `${ran.length === 0 ? "no Packer in PATH" : `ran ${ran.join(", ")}`}; the provisioning of ${host} is simulated`,
    );
    return {
      checks: { ran: "simulated", lines: [] },
      tools: version === undefined ? {} : { packer: version },
    };
  }
  tools.progress(`Packer provisions ${host} over SSH`);
  const { checks, packages, version } = await packerBuild(tools, template, values);
  return { checks, packages, tools: { packer: version } };
}

function templateIn(folder: string): PackerTemplate {
  return { folder: path.join(folder, "templates", "ssh"), oldest: OLDEST, plugins: false };
}

function valuesOf(
  { host, port, user }: SshAddress,
  key: BuilderKey,
  variables: TemplateVariables,
): TemplateVariables {
  return {
    ...variables,
    ssh_host: host,
    ssh_port: String(port),
    ssh_username: user,
    ssh_private_key_file: key.file,
    ssh_timeout: SSH_WITHIN,
  };
}
