import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Environment } from "../../constructs/fleet/environment";
import type { LiveStore } from "../../live/live-store";
import { readDeployment } from "../../live/read-deployment";
import { EDGE_DNS } from "../../live/stack-names";
import { buildApp } from "../../stacks/app";
import { synth } from "../../stacks/synth";
import type { DnsStack } from "./dns-objects";

const stackSchema = z.object({
  resource: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))),
});

/** What the code says at this moment about DNS, and about the fleets that it leads to. */
export interface CodeDns {
  readonly stack: DnsStack;
  /** Fleet name -> percent of what the policy gives it, of the live record. */
  readonly live: Readonly<Record<string, number>>;
}

/**
 * Synthesizes the DNS stack as a deploy would that is not held back, into a directory that is gone afterwards: nothing
 * else, such as a deploy that is under way, notices.
 * @throws PolycastError that names every problem of the environment.
 */
export async function synthesizedDns(environment: Environment, store: LiveStore): Promise<CodeDns> {
  const deployments = await readDeployment(environment, store);
  const outdir = mkdtempSync(join(tmpdir(), "polycast-dns-"));
  try {
    // Nothing is deployed from it, so CDKTF need not ask Terraform's version, again and again.
    synth(() => buildApp(environment, deployments, { outdir, skipValidation: true }));
    const text = readFileSync(join(outdir, "stacks", EDGE_DNS, "cdk.tf.json"), "utf8");
    return {
      stack: stackSchema.parse(JSON.parse(text)),
      live: Object.fromEntries(deployments.map(({ fleet, share }) => [fleet.name, share])),
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
