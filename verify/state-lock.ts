import {
  CreateBucketCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { App, TerraformStack } from "cdktf";
import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import path from "node:path";
import type { Environment } from "../constructs/fleet/environment";
import production from "../environments/production";
import { emptyRecord } from "../live/live-record";
import { takeLease } from "../live/lease";
import { updateLiveRecord, type LiveStore } from "../live/live-store";
import { s3LiveStore } from "../live/s3-live-store";
import { stateKey } from "../live/state-location";
import type { StateLock } from "../live/state-lock";
import { stackDirectory, useState } from "../stacks/state-backend";
import type { EmulatedAws } from "./emulated-aws";
import type { Check, Report } from "./report";
import { rolloutState } from "./rollout-state";
import { killGroup, Terraform } from "./terraform";

const STACK = "aws-fleet";
/** What the second of two applies is told. */
const REFUSED = "Error acquiring the state lock";
/** Long enough for a second Terraform to come in between. */
const SLOW = "sleep 6";
const KEYS = { AWS_ACCESS_KEY_ID: "sandbox", AWS_SECRET_ACCESS_KEY: "sandbox" };

/** The S3 back end and the live record's S3 store, as `production` has them, on the emulated S3. */
export async function stateInS3(report: Report, home: string, aws: EmulatedAws): Promise<void> {
  const { state } = production;
  if (state.kind !== "s3") throw new Error("production keeps its state elsewhere");
  const env = { ...aws.env, ...KEYS, AWS_ENDPOINT_URL_S3: aws.url };
  const bucket = await createBucket(aws, state);
  await report.step("state: lock", (check) => locking(check, home, env, bucket));
  await report.step("state: live record", (check) => liveRecord(check, aws, state));
  await report.step("state: rollout", (check) =>
    withVariables({ ...KEYS, AWS_ENDPOINT_URL_S3: aws.url }, () => {
      const [one, other] = [s3LiveStore(production.name, state), s3LiveStore(production.name, state)];
      return rolloutState(check, one.objects, other.objects);
    }),
  );
}

type S3State = Extract<Environment["state"], { kind: "s3" }>;

/** Names of the objects in the bucket. */
type Bucket = () => Promise<string[]>;

async function createBucket(aws: EmulatedAws, { bucket, region }: S3State): Promise<Bucket> {
  const credentials = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };
  const client = new S3Client({ endpoint: aws.url, region, forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  await client.send(
    new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }),
  );
  return async () => {
    const { Contents: objects = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    return objects.map(({ Key: key = "" }) => key);
  };
}

/** Two people, each with a checkout of their own, and one state. */
async function locking(check: Check, home: string, env: NodeJS.ProcessEnv, bucket: Bucket): Promise<void> {
  const [ann, ben] = await Promise.all(
    ["ann", "ben"].map(async (name) => {
      const terraform = new Terraform(writeSlowStack(path.join(home, name)), env);
      await terraform.init();
      return terraform;
    }),
  );
  if (ann === undefined || ben === undefined) return;

  const first = ann.start(["apply", "-input=false", "-auto-approve"]);
  await locked(bucket);
  const second = await ben.run("apply", "-input=false", "-auto-approve");
  check.equal("the second apply is refused", second.stderr.includes(REFUSED), true);
  check.equal("the first apply succeeds", (await first.ended).status, 0);
  check.equal("the state after both", await addresses(ben), ["terraform_data.slow"]);
  check.equal("the next apply", (await ben.run("apply", "-input=false", "-auto-approve")).status, 0);

  const killed = ann.start(["destroy", "-input=false", "-auto-approve"]);
  await locked(bucket);
  killGroup(killed.child);
  await killed.ended;
  const after = await ben.run("plan", "-input=false", "-no-color");
  // On a line of its own: S3's refusal in front of it has a RequestID.
  const lock = /^\W*ID:\s+(\S+)$/m.exec(after.stderr)?.[1] ?? "";
  check.equal("a killed apply leaves its lock", after.stderr.includes(REFUSED) && lock !== "", true);
  check.equal("polycast deploy reads the same lock", await lockId(env), lock);
  check.equal("force-unlock", (await ben.run("force-unlock", "-force", lock)).status, 0);
  check.equal("the state that it leaves", await addresses(ben), ["terraform_data.slow"]);
  check.equal("destroy", (await ben.run("destroy", "-input=false", "-auto-approve")).status, 0);
  check.equal("the state in the end", await addresses(ann), []);
}

/** A stack with production's back end, whose one resource takes its time, both ways. */
function writeSlowStack(outdir: string): string {
  mkdirSync(outdir, { recursive: true });
  const app = new App({ outdir });
  const stack = new TerraformStack(app, STACK);
  useState(app, stack, production);
  stack.addOverride("resource.terraform_data.slow", {
    provisioner: [{ "local-exec": { command: SLOW } }, { "local-exec": { command: SLOW, when: "destroy" } }],
  });
  // The emulator's address; every other setting is the environment's.
  stack.addOverride("terraform.backend.s3.use_path_style", true);
  stack.addOverride("terraform.backend.s3.skip_credentials_validation", true);
  app.synth();
  return stackDirectory(app, STACK);
}

/** Waits until a Terraform holds the lock: it asks for it before it does anything else. */
async function locked(bucket: Bucket): Promise<void> {
  const file = `${stateKey(production.name, STACK)}.tflock`;
  for (let look = 0; look < 200; look += 1) {
    if ((await bucket()).includes(file)) return;
    await sleep(50);
  }
  throw new Error("no Terraform took the lock");
}

/** What `polycast deploy` tells a person to clear, after Terraform has met the lock. */
async function lockId(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { name, state } = production;
  if (state.kind !== "s3") return undefined;
  let found: StateLock | undefined;
  await withVariables(env, async () => {
    found = await s3LiveStore(name, state).readLock(STACK);
  });
  return found?.ID;
}

async function addresses(terraform: Terraform): Promise<string[]> {
  const { stdout } = await terraform.run("state", "list");
  return stdout.split("\n").filter(Boolean);
}

/** Two writers that have read the same version: one wins, and the other starts from what the first one wrote. */
async function liveRecord(check: Check, aws: EmulatedAws, state: S3State): Promise<void> {
  await withVariables({ ...KEYS, AWS_ENDPOINT_URL_S3: aws.url }, async () => {
    const [one, other] = [s3LiveStore(production.name, state), s3LiveStore(production.name, state)];
    const nothing = await one.read();
    check.equal("at first", nothing, { record: emptyRecord(production.name) });

    // One after the other: moto's check and its write are two steps, between which another request fits.
    const record = (fleet: string) => ({
      ...nothing.record,
      fleets: { [fleet]: { release: "r1", share: 100 } },
    });
    check.equal("the first write", await one.write(record("a"), undefined), true);
    check.equal("another first write", await other.write(record("b"), undefined), false);
    const { version } = await one.read();
    check.equal("the next write", await one.write(record("b"), version), true);
    check.equal("another from the same version", await other.write(record("c"), version), false);

    const add = (fleet: string) => (before: typeof nothing.record) => ({
      ...before,
      fleets: { ...before.fleets, [fleet]: { release: "r2", share: 50 } },
    });
    let overtaken = false;
    const slow: LiveStore = {
      ...one,
      async write(next, after) {
        if (!overtaken) await updateLiveRecord(other, add("d"));
        overtaken = true;
        return one.write(next, after);
      },
    };
    await updateLiveRecord(slow, add("e"));
    const { fleets } = (await one.read()).record;
    check.equal("nothing is lost", Object.keys(fleets).sort(), ["b", "d", "e"]);

    const { objects } = one;
    check.equal("a text beside it", await objects.write("images/builds/a", "{}", undefined), true);
    check.equal("listed", await objects.list("images/"), ["images/builds/a"]);
    check.equal("not removed as another version", await objects.remove("images/builds/a", '"0"'), false);
    const text = await objects.read("images/builds/a");
    check.equal("removed", await objects.remove("images/builds/a", text?.version ?? ""), true);
    check.equal("gone", await objects.read("images/builds/a"), undefined);

    const taken = await takeLease(objects, "lock", "one", 30);
    const refused = await takeLease(other.objects, "lock", "other", 30);
    check.equal("a lock is taken once", ["token" in taken, "token" in refused], [true, false]);
  });
}

/** Runs something with variables in this process's environment, where the AWS SDK looks. */
async function withVariables(variables: NodeJS.ProcessEnv, run: () => Promise<void>): Promise<void> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    await run();
  } finally {
    process.env = before;
  }
}
