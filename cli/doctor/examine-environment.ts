import { AnnotationMetadataEntryType, TerraformProvider } from "cdktf";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../../constructs/fleet/environment";
import { planDeployment } from "../../live/deployment";
import { emptyRecord } from "../../live/live-record";
import { readManifest } from "../../live/read-manifest";
import { buildApp } from "../../stacks/app";
import { unwell, type Finding } from "./finding";

/** A provider plugin that Terraform will want. */
export interface WantedPlugin {
  /** As Terraform names it: `hashicorp/aws`. */
  readonly source: string;
  readonly version: string;
}

/**
 * Whether an environment could be deployed for the first time, by its manifest alone: no store is asked, nothing is kept.
 * @returns the plugins that its stacks want, where it could.
 */
export function examineEnvironment(environment: Environment): {
  readonly findings: readonly Finding[];
  readonly plugins: readonly WantedPlugin[];
} {
  const topic = `environment ${environment.name}`;
  const outdir = mkdtempSync(join(tmpdir(), "polycast-doctor-"));
  try {
    const manifest = readManifest(environment);
    const app = buildApp(environment, planDeployment(environment, manifest, emptyRecord(environment.name)), {
      outdir,
    });
    const stacks = app.node.children.map(({ node: { id } }) => id);
    const plugins = app.node
      .findAll()
      .filter((each) => TerraformProvider.isTerraformProvider(each))
      .map(({ terraformProviderSource = "", terraformGeneratorMetadata }) => ({
        source: sourceOf(terraformProviderSource),
        version:
          terraformGeneratorMetadata?.providerVersion ??
          terraformGeneratorMetadata?.providerVersionConstraint ??
          "",
      }));
    const warnings = app.node
      .findAll()
      .flatMap(({ node }) => node.metadata.map((entry) => ({ ...entry, stack: node.id })))
      .filter(({ type }) => type === (AnnotationMetadataEntryType.WARN as string))
      .map(({ stack, data }): Finding => ({ topic, verdict: "warn", says: `${stack}: ${String(data)}` }));
    return {
      findings: [
        { topic, verdict: "ok", says: `stacks ${stacks.join(", ")}; no policy is broken` },
        ...warnings,
      ],
      plugins: [...new Map(plugins.map((plugin) => [plugin.source, plugin])).values()],
    };
  } catch (error) {
    return { findings: unwell(topic, error), plugins: [] };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Terraform's own providers need no namespace. */
function sourceOf(source: string): string {
  const path = source.replace(/^registry\.terraform\.io\//, "");
  return path.includes("/") ? path : `hashicorp/${path}`;
}
