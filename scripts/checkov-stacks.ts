// Writes what Checkov is to look at: stacks with every kind of AWS object that Polycast makes, as production has them; the
// releases are the sandbox's, whose images do not exist.
// Run: npx ts-node scripts/checkov-stacks.ts DIRECTORY
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { route53 } from "../constructs/dns/route53/route53";
import { roundRobin } from "../constructs/dns/traffic-policy";
import { environment } from "../constructs/fleet/environment";
import sandbox from "../environments/sandbox";
import { planDeployment } from "../live/deployment";
import { emptyRecord } from "../live/live-record";
import { readManifest } from "../live/read-manifest";
import { buildApp } from "../stacks/app";
import { synth } from "../stacks/synth";

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error("Give a directory to write into.");
const outdir = path.join(directory, "cdktf.out");
mkdirSync(outdir, { recursive: true });

const scanned = environment({
  ...sandbox,
  sandbox: false,
  dns: route53({ policy: roundRobin() }),
  state: { kind: "s3", bucket: "example-polycast-state", region: "us-east-1" },
});
const deployments = planDeployment(scanned, readManifest(sandbox), emptyRecord(scanned.name));
let names: readonly string[] = [];
synth(() => {
  const app = buildApp(scanned, deployments, { outdir });
  names = app.node.children.map(({ node: { id } }) => id);
  return app;
});

for (const name of names) {
  const text = readFileSync(path.join(outdir, "stacks", name, "cdk.tf.json"), "utf8");
  // Checkov 3.3.30 cannot read a required_version: "this method receives only dicts" (terraform_json/parser.py).
  const stack = { ...(JSON.parse(text) as Record<string, unknown>), terraform: undefined };
  writeFileSync(path.join(directory, `${name}.tf.json`), JSON.stringify(stack, null, 2));
}
