/**
 * How long Terraform takes to apply many resources of the simulated providers, against as many of its own built-in
 * terraform_data of the same content, in the same run. Goal: a ratio of at most 1.2. Only prints; a slow machine fails
 * nothing. The best of the rounds counts.
 *
 *   npx ts-node bench/engine.ts [COUNT=1000] [ROUNDS=2]
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ns1 } from "../constructs/dns/ns1/simulation";
import { CloudStore } from "../sandbox/engine/cloud-store";
import { NO_FAULTS } from "../sandbox/engine/fault";
import { servePlugins, type ReattachEntry } from "../sandbox/engine/plugin-server";
import { nullProvider } from "../sandbox/null/simulation";

const GOAL = 1.2;
const BINARY = process.env["TERRAFORM_BINARY_NAME"] ?? "terraform";

interface Case {
  readonly name: string;
  readonly simulated: (count: number) => object;
  /** The same content in Terraform's own resource. */
  readonly builtIn: (count: number) => object;
}

const TRIGGERS = { index: "${count.index}" };
const RECORD = {
  domain: "n${count.index}.edge.example.net",
  type: "A",
  answers: [{ answer: "192.0.2.1", meta: { weight: "25" } }, { answer: "192.0.2.2" }],
  filters: [{ filter: "up" }, { filter: "weighted_shuffle" }],
};

const CASES: readonly Case[] = [
  {
    name: "null_resource",
    simulated: (count) => ({
      terraform: { required_providers: { null: { source: "hashicorp/null" } } },
      resource: { null_resource: { many: { count, triggers: TRIGGERS } } },
    }),
    builtIn: (count) => ({ resource: { terraform_data: { many: { count, triggers_replace: TRIGGERS } } } }),
  },
  {
    name: "ns1_record",
    simulated: (count) => ({
      terraform: { required_providers: { ns1: { source: "ns1-terraform/ns1" } } },
      provider: { ns1: { apikey: "key" } },
      resource: {
        ns1_zone: { zone: { zone: "edge.example.net" } },
        ns1_record: { many: { count, zone: "${ns1_zone.zone.zone}", ...RECORD } },
      },
    }),
    builtIn: (count) => ({
      resource: {
        terraform_data: {
          zone: { input: "edge.example.net" },
          many: { count, input: { zone: "${terraform_data.zone.output}", ...RECORD } },
        },
      },
    }),
  },
];

async function main(): Promise<void> {
  const [count = 1000, rounds = 2] = process.argv.slice(2).map(Number);
  for (const { name, simulated, builtIn } of CASES) {
    let [best, base] = [Infinity, Infinity];
    for (let round = 1; round <= rounds; round++) {
      base = Math.min(base, await apply(builtIn(count)));
      best = Math.min(best, await apply(simulated(count)));
    }
    const ratio = best / base;
    const verdict = ratio <= GOAL ? "within" : "over";
    console.log(
      `${count} x ${name}: ${best.toFixed(1)} s; terraform_data: ${base.toFixed(1)} s; ` +
        `ratio ${ratio.toFixed(2)}, ${verdict} the goal of ${GOAL}`,
    );
  }
}

/** Seconds of a `terraform apply` of the configuration from nothing. */
async function apply(configuration: object): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "polycast-bench-"));
  const store = CloudStore.open(join(directory, "clouds"));
  const servers = await servePlugins({ simulations: [nullProvider, ns1], store, ...NO_FAULTS });
  try {
    writeFileSync(join(directory, "main.tf.json"), JSON.stringify(configuration));
    await terraform(directory, servers.reattach, "init", "-input=false");
    const start = performance.now();
    await terraform(directory, servers.reattach, "apply", "-input=false", "-auto-approve");
    return (performance.now() - start) / 1000;
  } finally {
    await servers.close();
    store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function terraform(
  cwd: string,
  reattach: Record<string, ReattachEntry>,
  ...args: string[]
): Promise<void> {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    TF_REATTACH_PROVIDERS: JSON.stringify(reattach),
    CHECKPOINT_DISABLE: "1",
  };
  delete env["TF_CLI_CONFIG_FILE"]; // a developer's own settings have no say
  await promisify(execFile)(BINARY, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
}

void main();
