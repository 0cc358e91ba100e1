import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { coerce, gte } from "semver";
import { z } from "zod";
import { PolycastError } from "../fleet/problem";
import { checksIn, type ImageChecks } from "./image-checks";
import type { ImageTools, TemplateVariables } from "./image-source";
import { failureIn } from "./packer-failure";

/** Packer's own network calls, for newer versions of itself, and colours in its output are switched off. */
const QUIET = { CHECKPOINT_DISABLE: "1", PACKER_NO_COLOR: "1" };

/** One template to run. */
export interface PackerTemplate {
  /** Its folder, absolute. */
  readonly folder: string;
  /** The oldest Packer that it runs with: 1.7.0 where it names plugins. */
  readonly oldest: string;
  /** Whether it names plugins, which `packer init` then fetches. */
  readonly plugins: boolean;
}

/** What Packer made. */
export interface PackerResult {
  /** In the terms of the template's builder: `us-east-1:ami-0a1b,eu-central-1:ami-0c2d`. */
  readonly artefact: string;
  readonly checks: ImageChecks;
  /** Content of `packages.tsv`. */
  readonly packages: string;
  /** Packer's version. */
  readonly version: string;
}

/**
 * The version of the Packer in PATH.
 * @throws PolycastError where there is none.
 */
export async function packerVersion(tools: ImageTools): Promise<string> {
  const { code, output } = await tools.run("packer", ["version"], { env: QUIET }).catch((error: unknown) => {
    if (!(error instanceof PolycastError)) throw error;
    throw noPacker("there is no such program in PATH");
  });
  const version = /Packer v(\d+\.\d+\.\d+\S*)/.exec(output)?.[1];
  if (code !== 0 || version === undefined) throw noPacker(`"packer version" says: ${output.trim()}`);
  return version;
}

function noPacker(what: string): PolycastError {
  return new PolycastError("There is no Packer, which builds the images.", [
    {
      where: "packer",
      what,
      remedy:
        "Install it: https://developer.hashicorp.com/packer/install; Debian's own runs templates/ssh only.",
    },
  ]);
}

/** A template that Packer would run. */
interface Validated {
  readonly version: string;
  /** What Packer is given of variables, and of the template. */
  readonly given: readonly string[];
  /** Where the template leaves what it says. */
  readonly output: string;
}

/**
 * Goes as far as Packer does without a machine: version, plugins, validation.
 * @throws PolycastError that names the step which failed.
 */
export async function validated(
  tools: ImageTools,
  template: PackerTemplate,
  variables: TemplateVariables,
): Promise<Validated> {
  const version = await packerVersion(tools);
  if (!gte(coerce(version) ?? "0.0.0", template.oldest)) {
    throw new PolycastError("Packer is too old for the template.", [
      {
        where: "packer",
        what: `is version ${version}; ${path.basename(template.folder)} needs ${template.oldest} or newer`,
        remedy: "Install a newer one: https://developer.hashicorp.com/packer/install",
      },
    ]);
  }
  const output = path.join(tools.workspace, "packer");
  await mkdir(output, { recursive: true });
  const file = path.join(tools.workspace, "variables.pkrvars.json");
  await writeFile(file, JSON.stringify({ ...variables, output }), { mode: 0o600 });

  if (template.plugins) await packer(tools, "init", [template.folder], "the plugins could not be fetched");
  const given = [`-var-file=${file}`, template.folder];
  await packer(tools, "validate", given, "the template does not validate");
  return { version, given, output };
}

/**
 * Runs a template to its end. Packer destroys its builder itself, after a failure and when it is stopped.
 * @throws PolycastError that names the step which failed; the log has all that Packer said.
 */
export async function packerBuild(
  tools: ImageTools,
  template: PackerTemplate,
  variables: TemplateVariables,
): Promise<PackerResult> {
  const { version, given, output } = await validated(tools, template, variables);
  tools.progress("packer build");
  const said = await packer(tools, "build", given, "the build failed; its builder is destroyed");
  return {
    artefact: await artefactIn(path.join(output, "manifest.json")),
    checks: checksIn(said),
    packages: await readFile(path.join(output, "packages.tsv"), "utf8"),
    version,
  };
}

async function packer(
  tools: ImageTools,
  verb: string,
  args: readonly string[],
  failure: string,
): Promise<string> {
  const { code, output } = await tools.run("packer", [verb, ...args], { env: QUIET });
  if (code === 0) return output;
  const { what, remedy } = failureIn(output);
  throw new PolycastError(`packer ${verb} ended with exit code ${code}.`, [
    {
      where: path.basename(args.at(-1) ?? ""),
      what: `${failure}: ${what}`,
      ...(remedy !== undefined && { remedy }),
    },
  ]);
}

const manifestSchema = z.object({
  builds: z.array(z.object({ artifact_id: z.string(), packer_run_uuid: z.string() })),
  last_run_uuid: z.string(),
});

async function artefactIn(file: string): Promise<string> {
  const { builds, last_run_uuid: run } = manifestSchema.parse(JSON.parse(await readFile(file, "utf8")));
  return builds.find(({ packer_run_uuid: id }) => id === run)?.artifact_id ?? "";
}

/**
 * Runs as much of a template as goes without a cloud, with the Packer in PATH if there is one.
 * @param variables enough to validate it with; undefined: its builder would ask a cloud, so only its syntax is checked.
 * @returns what ran, for people, and Packer's version.
 * @throws PolycastError where the template is refused.
 */
export async function rehearse(
  tools: ImageTools,
  { folder, oldest }: PackerTemplate,
  variables?: TemplateVariables,
): Promise<{ readonly ran: readonly string[]; readonly version?: string }> {
  let version: string;
  try {
    version = await packerVersion(tools);
  } catch (error) {
    if (!(error instanceof PolycastError)) throw error;
    return { ran: [] };
  }
  await packer(
    tools,
    "fmt",
    ["-check", "-diff", folder],
    "is not formatted as packer fmt does, or is no HCL",
  );
  const ran = [`packer ${version} fmt -check`];
  if (!gte(coerce(version) ?? "0.0.0", oldest)) return { ran, version };
  const file = path.join(tools.workspace, "variables.pkrvars.json");
  if (variables === undefined) {
    await packer(tools, "validate", ["-syntax-only", folder], "the template does not validate");
    return { ran: [...ran, "packer validate -syntax-only"], version };
  }
  await writeFile(file, JSON.stringify(variables), { mode: 0o600 });
  await packer(tools, "validate", [`-var-file=${file}`, folder], "the template does not validate");
  return { ran: [...ran, "packer validate"], version };
}
