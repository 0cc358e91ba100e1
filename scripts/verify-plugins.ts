/**
 * `npm run verify:plugins`: compares every simulated provider with its real plugin, as far as that can be had.
 *
 *   npx ts-node scripts/verify-plugins.ts [--json]
 *
 * Of every plugin that a mirror of this machine or the registry has: that our cut-down schema is a subset of its own,
 * and that it accepts, refuses and plans the same configurations as the simulation, with dummy credentials: those of
 * the sandbox environment and of the plugin fixtures, and for AWS random ones besides (POLYCAST_LIKENESS_CASES,
 * POLYCAST_LIKENESS_SEED). Says which plugins could not be had. Exit code 1 when anything differs.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ProviderSimulation, Values } from "../constructs/fleet/simulation";
import { parseManifest } from "../constructs/image/release-manifest";
import { loadEnvironment } from "../environments/load-environment";
import { planDeployment } from "../live/deployment";
import { emptyRecord } from "../live/live-record";
import { PluginClient } from "../sandbox/engine/plugin-client";
import { simulations } from "../sandbox/simulations";
import { buildApp } from "../stacks/app";
import { providerBlock, samplesOf } from "./ask-plugin";
import { judge, lines, readAcceptedDifferences, summary } from "./likeness/accepted-differences";
import { AWS_ANSWERS, AWS_PROVIDER } from "./likeness/aws-questions";
import { compareProvider, type ProviderComparison } from "./likeness/compare-provider";
import { fetchPlugin } from "./likeness/fetch-plugin";
import { fuzz } from "./likeness/fuzz";
import {
  configurationsOf,
  type StackConfiguration,
  type StackResources,
} from "./likeness/stack-configurations";

/** The plugins that the simulations stand in for. */
const VERSIONS: { readonly [source: string]: string } = {
  "equinix/equinix": "4.16.1",
  "hashicorp/aws": "5.100.0",
  "hashicorp/null": "3.2.4",
  "ns1-terraform/ns1": "2.9.0",
  "stackpath/stackpath": "2.1.0",
  "vultr/vultr": "2.32.0",
};

/** Plugins that are asked nothing: we speak version 5 of Terraform's plugin protocol, as all others do. */
const PROTOCOL_6: readonly string[] = ["equinix/equinix"];

const ROOT = path.join(__dirname, "..");
const FIXTURES = path.join(ROOT, "tests", "fixtures", "plugins");
const ACCEPTED = path.join(ROOT, "tests", "e2e", "aws-accepted-differences.json");
const CASES = Number(process.env["POLYCAST_LIKENESS_CASES"] ?? 5000);
const SEED = Number(process.env["POLYCAST_LIKENESS_SEED"] ?? Date.now() % 1_000_000);

/** What came of one provider. */
export interface PluginVerdict {
  readonly source: string;
  readonly version: string;
  /** Why there is no plugin to compare with; then nothing was compared. */
  readonly missing?: string;
  readonly compared?: ProviderComparison;
  /** What was compared at random, a line each. */
  readonly random?: readonly string[];
  /** What differs, a line each; empty when all is alike. */
  readonly differences: readonly string[];
}

/** Everything that a verdict says against the simulation. */
export function differencesOf({ schema, refused, differences }: ProviderComparison): string[] {
  return [
    ...schema.map((line) => `schema: ${line}`),
    ...refused.map((line) => `the plugin refuses the dummy provider block: ${line}`),
    ...lines(differences),
  ];
}

/** The verdicts for a terminal. */
export function report(verdicts: readonly PluginVerdict[]): string {
  const missing = verdicts.filter((verdict) => verdict.missing !== undefined);
  const how = [
    "",
    `Not compared: ${missing.map(({ source, version }) => `${source} ${version}`).join(", ")}.`,
    "Give POLYCAST_PLUGIN_MIRROR a directory that holds",
    "HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/terraform-provider-TYPE, as Terraform's plugin cache does, or run this where",
    "Terraform can reach the registry.",
  ];
  return [...verdicts.flatMap(verdictLines), ...(missing.length > 0 ? how : [])].join("\n");
}

function verdictLines({ source, version, missing, compared, random, differences }: PluginVerdict): string[] {
  const title = `${source} ${version}`;
  if (compared === undefined)
    return [`- ${title}: not compared, its plugin could not be had (${missing ?? ""})`];
  const { configurations, leaves } = compared;
  const asked = `${String(configurations)} configurations, ${String(leaves)} leaves`;
  return [
    `${differences.length === 0 ? "✓" : "✗"} ${title}: schema and ${asked}`,
    ...[...(random ?? []), ...differences].map((line) => `    ${line}`),
  ];
}

/** The configurations that a provider is asked about: of the sandbox environment and of the fixtures. */
export async function configurationsFor({
  source,
  schema,
}: ProviderSimulation): Promise<StackConfiguration[]> {
  const stacks = [...(await sandboxStacks()), ...fixtureStacks(source)];
  return stacks.flatMap((stack) => configurationsOf(stack, schema));
}

/** What the fixtures of a provider have been planned with; what the plugin cannot be asked without Terraform is not. */
export function fixtureStacks(source: string): StackResources[] {
  return readdirSync(FIXTURES).flatMap((file) => {
    const { provider, resources, plan, changes } = JSON.parse(
      readFileSync(path.join(FIXTURES, file), "utf8"),
    ) as {
      provider: string;
      resources: StackResources["resource"];
      plan: { errors?: unknown };
      changes?: { resources: StackResources["resource"] }[];
    };
    // Terraform itself refuses some of these before a plugin sees them.
    if (provider !== source || plan.errors !== undefined) return [];
    return [{ resources }, ...(changes ?? [])].map((each) => ({ resource: each.resources ?? {} }));
  });
}

async function sandboxStacks(): Promise<StackResources[]> {
  const environment = await loadEnvironment("sandbox");
  const file = path.join("images", environment.image, "manifests", `${environment.name}.json`);
  const manifest = parseManifest(readFileSync(path.join(ROOT, file), "utf8"), file, environment.image);
  const deployments = planDeployment(environment, manifest, emptyRecord(environment.name));
  const outdir = mkdtempSync(path.join(tmpdir(), "polycast-synth-"));
  try {
    mkdirSync(outdir, { recursive: true });
    const app = buildApp(environment, deployments, { outdir });
    app.synth();
    return app.node.children.map(
      ({ node: { id } }) =>
        JSON.parse(readFileSync(path.join(outdir, "stacks", id, "cdk.tf.json"), "utf8")) as StackResources,
    );
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

async function verify(simulation: ProviderSimulation): Promise<PluginVerdict> {
  const { source } = simulation;
  const version = VERSIONS[source] ?? "";
  if (PROTOCOL_6.includes(source)) {
    return { source, version, missing: "it speaks version 6 of the plugin protocol only", differences: [] };
  }
  const found = fetchPlugin(source, version);
  if ("missing" in found) return { source, version, missing: found.missing, differences: [] };
  const plugin = await PluginClient.start(found.binary);
  try {
    const isAws = source === "hashicorp/aws";
    const provider: Values = isAws ? AWS_PROVIDER : providerBlock(plugin.schema);
    const compared = await compareProvider(plugin, simulation, provider, await configurationsFor(simulation));
    const differences = differencesOf(compared);
    if (!isAws || compared.schema.length > 0) return { source, version, compared, differences };
    const random = await compareAtRandom(plugin, simulation);
    return { source, version, compared, ...random, differences: [...differences, ...random.differences] };
  } finally {
    await plugin.close();
  }
}

async function compareAtRandom(
  plugin: PluginClient,
  simulation: ProviderSimulation,
): Promise<Required<Pick<PluginVerdict, "random" | "differences">>> {
  const run = await fuzz({
    plugin,
    simulation,
    provider: AWS_PROVIDER,
    samples: samplesOf(simulation.source),
    answers: AWS_ANSWERS,
    cases: CASES,
    seed: SEED,
  });
  const { unlisted } = judge(run.differences, readAcceptedDifferences(ACCEPTED));
  return { random: [`at random, seed ${String(SEED)}:`, ...summary(run)], differences: lines(unlisted) };
}

async function main(args: readonly string[]): Promise<void> {
  const verdicts: PluginVerdict[] = [];
  for (const simulation of simulations) verdicts.push(await verify(simulation));
  console.log(
    args.includes("--json") ? JSON.stringify({ plugins: verdicts }, withoutValues, 1) : report(verdicts),
  );
  if (verdicts.some(({ differences }) => differences.length > 0)) process.exitCode = 1;
}

/** Differences are told by their lines; the configurations that show them are long. */
function withoutValues(key: string, value: unknown): unknown {
  return key === "config" || key === "prior" ? undefined : value;
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
