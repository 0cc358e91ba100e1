import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogAccess } from "../../constructs/fleet/log-access";
import { rolesAnywhere } from "../../constructs/secrets/roles-anywhere";
import { ssmActivation } from "../../constructs/secrets/ssm-activation";
import { staticKey } from "../../constructs/secrets/static-key";
import { planDeployment } from "../../live/deployment";
import { emptyRecord } from "../../live/live-record";
import { buildApp } from "../../stacks/app";
import { synth } from "../../stacks/synth";
import { AUTHORITY } from "../constructs/secrets/certificates";
import { stackpathFleet, testEnvironment } from "../environment-for-tests";
import { MANIFEST } from "../synthesize";

const region = "us-east-1";
const anchor = { certificates: AUTHORITY };
const enrol = { url: "https://ca.example.net/.well-known/est" };

/** User data of a plan that leaves out the identity. */
function keptUserData(logs: LogAccess): string {
  const home = mkdtempSync(join(tmpdir(), "kept-"));
  try {
    const environment = testEnvironment({ fleets: [stackpathFleet({ logs })] });
    const planned = planDeployment(environment, MANIFEST, emptyRecord(environment.name));
    const outdir = join(home, "cdktf.out");
    const deployments = planned.map((each) => ({ ...each, keepsIdentity: true }));
    synth(() => buildApp(environment, deployments, { outdir, skipValidation: true }));
    const { resource } = JSON.parse(
      readFileSync(join(outdir, "stacks", "stackpath-fleet", "cdk.tf.json"), "utf8"),
    ) as { resource: Record<string, object> };
    return JSON.stringify(resource["stackpath_compute_workload"]);
  } finally {
    rmSync(home, { recursive: true });
  }
}

test.each([
  [staticKey({ region }), ["aws_iam_access_key", "secret"]],
  [ssmActivation({ region }), ["aws_ssm_activation", "activation_code"]],
  [rolesAnywhere({ region, anchor, enrol }), ["aws_rolesanywhere_profile", "arn"]],
])(
  "$strategy: nodes keep what they have, by a variable and by no resource of AWS",
  (logs, [type, attribute]) => {
    const text = keptUserData(logs);
    const references = text.match(/aws_\w+\.[\w-]+\.\w+/g) ?? [];
    expect(references.join()).toMatch(new RegExp(`${type ?? ""}\\.[\\w-]+\\.${attribute ?? ""}`));
    const kept = text.match(/var\.kept_identity_stackpath\[[^\]]*\]/g) ?? [];
    expect(kept).toHaveLength(references.length);
  },
);
