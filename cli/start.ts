import { createWriteStream } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { attachment, refuseOtherEnvironment } from "../sandbox/attachment";
import { signalCode } from "../sandbox/graceful-child";
import { sandboxEnvironmentOf } from "../sandbox/sandbox-environments";
import { worldClient } from "../sandbox/world-api/client";
import { sandboxStop, sandboxUp, type AttachedSandbox } from "../sandbox/sandbox";
import { EDGE_DNS, fleetStackName } from "../live/stack-names";
import { runCdktf, synthRefusal } from "./cdktf";
import { DeployProgress, describeChanges, sumChanges, type ChangeCount } from "./deploy-progress";
import { reportDns, reportFleets, type DnsReport, type FleetReport } from "./edge-report";
import { exitCodeOf } from "./exit-code";
import { inFastTime, showOutage, waitUntilWell, type Stage } from "./outage-show";
import { describeSeconds } from "./status-text";
import { listenForStop, type StopWish } from "./stop-wish";
import { requireTerraform } from "./terraform";

const QUERIES = 200;

/** What was deployed, and where DNS leads. */
interface Summary {
  readonly stacks: Readonly<Record<string, ChangeCount>>;
  readonly total: ChangeCount;
  readonly fleets: readonly FleetReport[];
  readonly dns: {
    readonly server: { address: string; port: number };
    readonly answers: readonly DnsReport[];
  };
}

/** `polycast start`: everything once, from nothing to answers. */
export function addStart(program: Command): void {
  program
    .command("start")
    .description("Deploy the sandbox environment to simulated clouds and show what its DNS answers")
    .option("--json", "print a summary as JSON instead, and end")
    .action(async (options: { json?: true }) => {
      const wish = listenForStop();
      try {
        process.exitCode = await start(options.json === true, wish);
      } finally {
        wish.release();
      }
    });
}

/** @returns the exit code. */
async function start(json: boolean, wish: StopWish): Promise<number> {
  // With --json only the summary may be on standard output.
  const say = (line: string): boolean => (json ? process.stderr : process.stdout).write(`${line}\n`);
  refuseOtherEnvironment(process.env);
  const version = await requireTerraform(process.env);
  say(`Terraform ${version}; starting the simulated clouds`);
  const sandbox = await sandboxUp({ env: process.env });
  try {
    const early = wish.signal();
    if (early !== undefined) return signalCode(early);
    const fleetNames = await sandboxFleets();
    const fleetStacks = fleetNames.map(fleetStackName);
    const { code, stacks } = await deploy(sandbox, fleetStacks, say);
    if (code !== 0) return code;
    const stage = { client: worldClient(process.env), server: sandbox.record.dns, say, wish };
    const { summary, show } = await inFastTime(stage, async () => {
      const wellAfterSeconds = await waitUntilWell(stage);
      const found = await summarize(sandbox, fleetStacks, stacks);
      say(describe(found, wellAfterSeconds));
      return { summary: found, show: { wellAfterSeconds, ...(await showEdge(stage, fleetNames, found)) } };
    });
    const late = wish.signal();
    if (late !== undefined) return signalCode(late);
    if (json) process.stdout.write(`${JSON.stringify({ ...summary, show }, null, 2)}\n`);
    if (json) return 0;
    // In a terminal it stays up; and one that was up before goes on.
    const staysUp = process.stdout.isTTY || !sandbox.started;
    say(whatToTry(summary, staysUp));
    if (process.stdout.isTTY) {
      say("\nThe clouds and their DNS stay up until Ctrl-C.");
      await wish.arrival();
    } else if (!staysUp) {
      say("\nThe clouds and their DNS end now; what they hold is kept.");
    }
    return 0;
  } finally {
    if (sandbox.started) await sandboxStop(process.env);
  }
}

/** The fleets are whatever the environment's file says; it brings CDKTF with it, so it is loaded here only. */
async function sandboxFleets(): Promise<readonly string[]> {
  const { loadEnvironment } = await import("../environments/load-environment");
  return (await loadEnvironment(sandboxEnvironmentOf(process.env))).fleets.map(({ name }) => name);
}

async function deploy(
  sandbox: AttachedSandbox,
  fleetStacks: readonly string[],
  say: (line: string) => unknown,
): Promise<{ code: number; stacks: ReadonlyMap<string, ChangeCount> }> {
  const stacks = [...fleetStacks, EDGE_DNS];
  say(`cdktf deploy ${stacks.join(" ")} --auto-approve`);
  const progress = new DeployProgress(stacks, say);
  const logPath = join(sandbox.places.directory, "deploy.log");
  const log = createWriteStream(logPath);
  // A disk that is full is no reason to leave Terraform alone.
  log.on("error", (error) => say(`deploy.log cannot be written: ${error.message}`));
  let stderr = "";
  const result = await runCdktf("deploy", stacks, ["--auto-approve"], {
    env: attachment(sandbox, process.env, { interactive: false }),
    stdio: ["ignore", "pipe", "pipe"],
    onStart: (cdktf) => {
      cdktf.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
        progress.read(chunk);
      });
      cdktf.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
        stderr += chunk;
      });
      cdktf.stdout?.pipe(log, { end: false });
      cdktf.stderr?.pipe(log, { end: false });
    },
    onStopping: (signal) => say(`${signal}: Terraform ends what is in flight; again to stop at once`),
  }).finally(() => log.end());
  if (result.stoppedBy !== undefined) say("Stopped. The next run goes on from here.");
  else if (result.code !== 0) {
    const refusal = synthRefusal(stderr);
    if (refusal !== undefined) say(refusal);
    say(`cdktf failed with exit code ${result.code}. All that it printed: ${logPath}`);
  }
  return { code: exitCodeOf(result), stacks: progress.stacks };
}

async function summarize(
  sandbox: AttachedSandbox,
  fleetStacks: readonly string[],
  stacks: ReadonlyMap<string, ChangeCount>,
): Promise<Summary> {
  const env = attachment(sandbox, process.env, { interactive: false });
  const server = sandbox.record.dns;
  return {
    stacks: Object.fromEntries(stacks),
    total: sumChanges(stacks.values()),
    fleets: await reportFleets(fleetStacks, env),
    dns: { server, answers: await reportDns(EDGE_DNS, env, server, QUERIES) },
  };
}

/** The outage is that of the environment's last fleet. */
function showEdge(
  stage: Stage,
  fleetNames: readonly string[],
  { fleets, dns: { answers } }: Summary,
): ReturnType<typeof showOutage> {
  const name = fleetNames.at(-1) ?? "";
  const address = fleets.find(({ stack }) => stack === fleetStackName(name))?.ipv4 ?? "";
  return showOutage(stage, answers[0]?.name ?? "", { name, address });
}

function describe({ total, fleets, dns: { answers } }: Summary, wellAfterSeconds: number): string {
  return [
    `All is well after ${describeSeconds(wellAfterSeconds)} of world time.`,
    "",
    `Deployed: ${describeChanges(total)}.`,
    "",
    "Real:      Terraform, CDKTF, the DNS protocol.",
    "Simulated: the clouds (AWS, StackPath), their nodes, and NS1. Nothing was bought; no account was used.",
    "",
    "Fleets",
    ...fleets.map(describeFleet),
    "",
    ...answers.flatMap((answer) => [...describeAnswer(answer, fleets), ""]),
  ].join("\n");
}

function whatToTry({ dns: { server, answers } }: Summary, staysUp: boolean): string {
  const port = staysUp ? String(server.port) : "PORT";
  return [
    "",
    "Try it",
    ...(staysUp ? [] : ["  npx polycast sandbox up    # starts them again, and says on which PORT"]),
    ...answers.map(({ name, type }) => `  dig @${server.address} -p ${port} ${name} ${type}`),
    "  npx polycast status --watch",
    "  npx polycast sandbox kill aws/us-east-1",
    "  npx polycast sandbox exec -- npx cdktf diff aws-fleet",
    "Read on: README.md, docs/; environments/sandbox.ts is what was deployed; npm test proves it.",
  ].join("\n");
}

function describeFleet({ stack, ipv4, ipv6, release }: FleetReport): string {
  return `  ${stack.padEnd(18)}${[ipv4, ipv6, release && `release ${release}`].filter(Boolean).join("  ")}`;
}

function describeAnswer(
  { name, type, answer, queries, first, present }: DnsReport,
  fleets: readonly FleetReport[],
): string[] {
  const owner = (address: string): string =>
    fleets.find(({ ipv4, ipv6 }) => address === ipv4 || address === ipv6)?.stack ?? "unknown";
  return [
    `;; ANSWER SECTION: ${name} ${type}`,
    ...answer.map((line) => `  ${line}`),
    `Over ${queries} queries:`,
    ...Object.entries(present).map(
      ([address, count]) =>
        `  ${address.padEnd(18)}${owner(address).padEnd(18)}in ${count} answers, first in ${first[address] ?? 0}`,
    ),
  ];
}
