import type { Command } from "commander";
import { setTimeout as sleep } from "node:timers/promises";
import { describeApplied } from "../../constructs/dns/applied-traffic";
import { PolycastError } from "../../constructs/fleet/problem";
import { EDGE_DNS } from "../../live/stack-names";
import { parsePoints, TRAFFIC_LIMIT, TRAFFIC_STEPS } from "../../live/traffic-valve";
import { walkTraffic, type WalkProgress } from "../../live/traffic-walk";
import { worldClient } from "../../sandbox/world-api/client";
import { commandEnvironment } from "../cdktf";
import { changeStacks, requireApproval } from "../deploy";
import { Stopped } from "../exit-code";
import { preflight } from "../preflight";
import { listenForStop, type StopWish } from "../stop-wish";
import { requireTerraform } from "../terraform";
import { currentTraffic } from "./current-traffic";

/** How often a walk looks at the clock while it waits, in milliseconds. */
const LOOK_EVERY = 250;

interface ApplyOptions {
  readonly autoApprove?: true;
  readonly allow?: string;
  readonly inSteps?: true;
}

/** `polycast dns apply`: the DNS stack alone, with the fleets' addresses as their states hold them. */
export function addApply(dns: Command): void {
  dns
    .command("apply")
    .description("Deploy the DNS stack alone; the fleets stay as they are")
    .option("--auto-approve", "do not ask before changing anything")
    .option("--allow <points>", "move so much traffic at once, whatever the environment's limit")
    .option("--in-steps", "walk there within the limit, waiting two TTLs after each step")
    .action(async (options: ApplyOptions, command: Command) => {
      requireApproval(command, options);
      const variables = variablesOf(options);
      if (options.inSteps) await walk(command, options, variables);
      else await deployDns(command, options, variables);
    });
}

/** What tells the synth the same. */
function variablesOf({ allow, inSteps }: ApplyOptions): NodeJS.ProcessEnv {
  return {
    ...(allow !== undefined && { [TRAFFIC_LIMIT]: String(parsePoints(allow, "--allow")) }),
    ...(inSteps && { [TRAFFIC_STEPS]: "1" }),
  };
}

function deployDns(command: Command, options: ApplyOptions, variables: NodeJS.ProcessEnv) {
  const flags = ["--ignore-missing-stack-dependencies"];
  return changeStacks(command, "deploy", [EDGE_DNS], flags, options, variables);
}

async function walk(command: Command, options: ApplyOptions, variables: NodeJS.ProcessEnv): Promise<void> {
  await requireTerraform(process.env);
  commandEnvironment(process.env); // refuses where no sandbox runs
  await preflight([EDGE_DNS], process.env);
  const { environment, plan } = await currentTraffic();
  const wish = listenForStop();
  const clock = environment.sandbox === true ? () => worldClient(process.env).clock() : realClock;
  try {
    await walkTraffic({
      plan: () => plan({ ...process.env, ...variables }),
      apply: async () => {
        const { code, stoppedBy } = await deployDns(command, options, variables);
        if (stoppedBy !== undefined) throw new Stopped(stoppedBy);
        if (code !== 0) throw new PolycastError("The step failed. The same command goes on from here.");
      },
      wait: (seconds) => waitFor(seconds, clock, wish),
      tell: (progress) => process.stdout.write(`${describeProgress(progress, environment.sandbox)}\n`),
    });
  } finally {
    wish.release();
  }
}

function realClock(): Promise<{ now: number; scale: number }> {
  return Promise.resolve({ now: Date.now(), scale: 1 });
}

/** @param clock its scale may change meanwhile. @throws Stopped on Ctrl-C. */
async function waitFor(seconds: number, clock: typeof realClock, wish: StopWish): Promise<void> {
  const { now: begun } = await clock();
  for (let passed = 0; passed < seconds;) {
    const signal = wish.signal();
    if (signal !== undefined) throw new Stopped(signal);
    await sleep(LOOK_EVERY);
    passed = ((await clock()).now - begun) / 1000;
  }
}

function describeProgress(progress: WalkProgress, sandbox = false): string {
  if (progress.kind === "waiting") {
    return `Waiting ${progress.seconds} s${sandbox ? " of world time" : ""}, until all resolvers have asked again`;
  }
  const { next, number, of } = progress;
  const six = next.fleets.AAAA.length === 0 ? "" : `; IPv6 users: ${describeApplied(next, "AAAA")}`;
  return `Step ${number} of ${of}: IPv4 users: ${describeApplied(next, "A")}${six}`;
}
