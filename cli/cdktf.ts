import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import { PolycastError, show, suggest } from "../constructs/fleet/problem";
import { attachment, refuseOtherEnvironment } from "../sandbox/attachment";
import { runGracefully, type GracefulOptions, type GracefulResult } from "../sandbox/graceful-child";
import { PROJECT_ROOT } from "../live/state-location";
import { attachedSandbox } from "../sandbox/sandbox";
import { DEFAULT_SANDBOX_ENVIRONMENT, isSandboxEnvironment } from "../sandbox/sandbox-environments";
import { Stopped } from "./exit-code";

/** The environment for a command on the environment that POLYCAST_ENV names: attached where that is a sandbox's. */
export function commandEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const interactive = process.stdout.isTTY;
  if (!isSandboxEnvironment(env["POLYCAST_ENV"] ?? DEFAULT_SANDBOX_ENVIRONMENT)) {
    return interactive ? env : { ...env, CI: "1" };
  }
  refuseOtherEnvironment(env);
  return attachment(attachedSandbox(env), env, { interactive });
}

/** Terraform under cdktf colours what it says, whatever reads it: not where nobody sees colours, or wants them. */
export function withoutColours(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (process.stdout.isTTY && !env["NO_COLOR"]) return env;
  const verbs = ["init", "plan", "apply", "destroy"].map((verb) => `TF_CLI_ARGS_${verb}`);
  const plain = verbs.map((name) => [name, `${env[name] ?? ""} -no-color`.trim()] as const);
  return { ...env, FORCE_COLOR: "0", ...Object.fromEntries(plain) };
}

/** Where cdktf puts, or has put, what it synthesizes. */
export function synthesizedIn(env: NodeJS.ProcessEnv): string {
  return resolve(PROJECT_ROOT, env["CDKTF_OUTPUT"] ?? "cdktf.out");
}

/** Where Terraform runs a stack. */
export function stackDirectory(stack: string, env: NodeJS.ProcessEnv): string {
  return join(synthesizedIn(env), "stacks", stack);
}

/**
 * Runs the real cdktf command in the project, so that Ctrl-C stops Terraform gracefully.
 *
 * @param stacks the names it is given, to say which exist where one does not.
 * @throws PolycastError where a named stack does not exist.
 */
export async function runCdktf(
  verb: "deploy" | "destroy" | "synth",
  stacks: readonly string[],
  flags: readonly string[],
  options: GracefulOptions,
): Promise<GracefulResult> {
  const begun = Date.now();
  const command = join(PROJECT_ROOT, "node_modules", ".bin", "cdktf");
  const result = await runGracefully(command, [verb, ...stacks, ...flags], { ...options, cwd: PROJECT_ROOT });
  if (result.code !== 0 && result.stoppedBy === undefined) {
    const existing = synthesizedStacks(options.env, begun);
    // Where there is none, synth itself failed.
    if (existing !== undefined) refuseUnknownStacks(stacks, existing);
  }
  return result;
}

/**
 * Synthesizes every stack of the environment.
 *
 * @returns their names.
 * @throws PolycastError with what the app said where it refuses.
 */
export async function synthesize(env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const begun = Date.now();
  let stderr = "";
  const { code, stoppedBy } = await runCdktf("synth", [], [], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
    onStart: (cdktf) => {
      cdktf.stderr?.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    },
  });
  if (stoppedBy !== undefined) throw new Stopped(stoppedBy);
  const stacks = code === 0 ? synthesizedStacks(env, begun) : undefined;
  if (stacks === undefined)
    throw new PolycastError(synthRefusal(stderr) ?? `cdktf synth failed:\n${stderr.trim()}`);
  return stacks;
}

/** cdktf says only that it found no such stack. @throws PolycastError that says which there are. */
export function refuseUnknownStacks(stacks: readonly string[], existing: readonly string[]): void {
  const unknown = stacks.filter((stack) => stack !== ALL_STACKS && !existing.includes(stack));
  if (unknown.length === 0) return;
  throw new PolycastError(
    "There is no such stack; nothing was changed",
    unknown.map((stack) => ({ where: show(stack), what: suggest(stack, existing) })),
  );
}

/** cdktf takes patterns. */
export const ALL_STACKS = "*";

const manifestSchema = z.object({ stacks: z.record(z.string(), z.unknown()) });

/** The stacks of the manifest that cdktf has just written. */
function synthesizedStacks(env: NodeJS.ProcessEnv, since: number): string[] | undefined {
  const path = join(synthesizedIn(env), "manifest.json");
  try {
    if (statSync(path).mtimeMs < since) return undefined;
    return Object.keys(manifestSchema.parse(JSON.parse(readFileSync(path, "utf8"))).stacks);
  } catch {
    return undefined;
  }
}

/** What the app said when it refused to synthesize, out of what cdktf printed about it; undefined where it did not. */
export function synthRefusal(stderr: string): string | undefined {
  const [, said] =
    /Command output on stderr:\s*\n([^]*?)(?:\n\s*Command output on stdout:|$)/.exec(
      stripVTControlCharacters(stderr),
    ) ?? [];
  return said?.trimEnd().replace(/^ {4}/gm, "");
}
