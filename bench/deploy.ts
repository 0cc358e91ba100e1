/**
 * How long `polycast deploy` of the sandbox environment takes, against bare Terraform on the JSON that it synthesizes,
 * in the same run. Bare Terraform does what one would do by hand: init and apply of both fleets side by side, then of
 * edge-dns. Clouds that answer at once show what Polycast and cdktf add; with clouds that take two seconds for each
 * object they make, still quick for clouds, the goal is a ratio of at most 1.1, synthesis included.
 * Only prints. The best of the rounds counts.
 *
 *   npx ts-node bench/deploy.ts [ROUNDS=3]
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROJECT_ROOT } from "../live/state-location";
import { attachment } from "../sandbox/attachment";
import { writeFaults } from "../sandbox/fault-file";
import { sandboxDown, sandboxUp } from "../sandbox/sandbox";

const TERRAFORM = process.env["TERRAFORM_BINARY_NAME"] ?? "terraform";
const FLEETS = ["aws-fleet", "stackpath-fleet"];
const STACKS = [...FLEETS, "edge-dns"];

/** Seconds of each part. */
interface Times {
  /** What `cdktf synth` takes alone. */
  readonly synth: number;
  /** The deploy of everything. */
  readonly first: number;
  /** The same again, with nothing to change. */
  readonly again: number;
}

async function main(): Promise<void> {
  const [rounds = 3] = process.argv.slice(2).map(Number);
  for (const milliseconds of [0, 2_000]) {
    const ours: Times[] = [];
    const bare: Times[] = [];
    for (let round = 1; round <= rounds; round++) {
      ours.push(await inSandbox(milliseconds, deployOurs));
      bare.push(await inSandbox(milliseconds, deployBare));
    }
    console.log(`clouds that take ${milliseconds / 1000} s an object`);
    for (const [title, part] of [
      ["everything", "first"],
      ["no changes", "again"],
    ] as const) {
      const [own, raw, synth] = [best(ours, part), best(bare, part), best(bare, "synth")];
      console.log(
        `  ${title}: polycast deploy ${own.toFixed(1)} s, of which cdktf synth ${synth.toFixed(1)} s; ` +
          `bare Terraform ${raw.toFixed(1)} s; ratio ${(own / raw).toFixed(2)}`,
      );
    }
  }
}

function best(times: readonly Times[], part: keyof Times): number {
  return Math.min(...times.map((each) => each[part]));
}

/** Runs `work` in a sandbox of its own, whose clouds take so long to make an object. */
async function inSandbox(
  milliseconds: number,
  work: (env: NodeJS.ProcessEnv) => Promise<Times>,
): Promise<Times> {
  const home = mkdtempSync(join(tmpdir(), "polycast-bench-"));
  const env: NodeJS.ProcessEnv = { ...process.env, POLYCAST_HOME: home };
  try {
    const sandbox = await sandboxUp({ env });
    if (milliseconds > 0) {
      const effect = { kind: "delay", milliseconds } as const;
      writeFaults(sandbox.places.faults, [{ type: "*", operation: "create", effect }]);
    }
    return await work(attachment(sandbox, env, { interactive: false }));
  } finally {
    await sandboxDown(env);
    rmSync(home, { recursive: true, force: true });
  }
}

async function deployOurs(env: NodeJS.ProcessEnv): Promise<Times> {
  const deploy = () => run(env, process.execPath, ["bin/polycast.js", "deploy", ...STACKS, "--auto-approve"]);
  return { synth: NaN, first: await deploy(), again: await deploy() };
}

async function deployBare(env: NodeJS.ProcessEnv): Promise<Times> {
  const synth = await run(env, join(PROJECT_ROOT, "node_modules", ".bin", "cdktf"), ["synth"]);
  const stack = async (name: string): Promise<void> => {
    const cwd = join(env["CDKTF_OUTPUT"] ?? "", "stacks", name);
    await run(env, TERRAFORM, ["init", "-input=false"], cwd);
    await run(env, TERRAFORM, ["apply", "-input=false", "-auto-approve"], cwd);
  };
  const apply = () =>
    timed(async () => {
      await Promise.all(FLEETS.map(stack));
      await stack("edge-dns");
    });
  return { synth, first: await apply(), again: await apply() };
}

function run(env: NodeJS.ProcessEnv, program: string, args: string[], cwd = PROJECT_ROOT): Promise<number> {
  return timed(() => promisify(execFile)(program, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 }));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

void main();
