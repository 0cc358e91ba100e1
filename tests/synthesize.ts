import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Environment } from "../constructs/fleet/environment";
import { parseManifest, type ReleaseManifest } from "../constructs/image/release-manifest";
import { planDeployment } from "../live/deployment";
import { emptyRecord, type LiveRecord } from "../live/live-record";
import { buildApp } from "../stacks/app";
import { synth } from "../stacks/synth";

export type Values = Record<string, unknown>;
/** A stack as Terraform reads it. */
export interface StackJson {
  readonly resource: Record<string, Record<string, Values>>;
  readonly provider: Record<string, Values[]>;
  readonly output: Record<string, { value: unknown; sensitive?: boolean }>;
  readonly data?: Record<string, Record<string, { config: Values }>>;
  readonly terraform: { backend: Record<string, Values>; required_version: string };
}

export const MANIFEST: ReleaseManifest = parseManifest(
  readFileSync(path.join(__dirname, "..", "images", "edge-node", "manifests", "sandbox.json"), "utf8"),
  "sandbox.json",
  "edge-node",
);

/**
 * Every stack of an environment, synthesized into a directory that is gone afterwards. CDKTF's own validations, which run
 * Terraform again and again, are left to one test (stacks.test.ts).
 */
export function synthesize(
  environment: Environment,
  record: LiveRecord = emptyRecord(environment.name),
  manifest: ReleaseManifest = MANIFEST,
): Record<string, StackJson> {
  const home = mkdtempSync(path.join(os.tmpdir(), "polycast-"));
  const before = process.env["POLYCAST_HOME"];
  process.env["POLYCAST_HOME"] = home;
  try {
    const outdir = path.join(home, environment.name, "cdktf.out");
    mkdirSync(outdir, { recursive: true });
    const deployments = planDeployment(environment, manifest, record);
    const app = synth(() => buildApp(environment, deployments, { outdir, skipValidation: true }));
    return Object.fromEntries(
      app.node.children.map(({ node: { id } }) => [
        id,
        JSON.parse(readFileSync(path.join(outdir, "stacks", id, "cdk.tf.json"), "utf8")) as StackJson,
      ]),
    );
  } finally {
    if (before === undefined) delete process.env["POLYCAST_HOME"];
    else process.env["POLYCAST_HOME"] = before;
    rmSync(home, { recursive: true });
  }
}

/** The resources of a type. */
export function resources(stack: StackJson | undefined, type: string): readonly Values[] {
  return Object.values(stack?.resource[type] ?? {});
}

/** The only resource of a type. */
export function only(stack: StackJson | undefined, type: string): Values {
  const found = resources(stack, type);
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type}`);
  return found[0] as Values;
}

/** A stack in a few lines: what there is, not how it is configured. */
export function outline({ resource, output, terraform }: StackJson): readonly string[] {
  const counts = Object.entries(resource).map(([type, all]) => `${type} x ${Object.keys(all).length}`);
  return [
    ...counts,
    `outputs ${Object.keys(output).join(", ")}`,
    `state ${JSON.stringify(terraform.backend)}`,
  ];
}
