import { randomUUID } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { runGracefully } from "../../sandbox/graceful-child";
import { Stopped } from "../exit-code";
import { terraformBinary } from "../terraform";
import type { SynthesizedStack } from "./synthesized-stack";

/** Terraform refuses; in its own words, one text for each problem. */
export class TerraformRefusal extends Error {
  public constructor(public readonly said: readonly string[]) {
    super(said.join("\n"));
    this.name = "TerraformRefusal";
  }
}

/**
 * Runs Terraform on a stack. It outlives us where we are killed: its work comes to its end, with its state written and its
 * lock given back.
 *
 * @returns what it printed.
 * @throws TerraformRefusal where it fails, Stopped where a signal ended it.
 */
export async function terraform(
  { directory, env }: SynthesizedStack,
  args: readonly [string, ...string[]],
): Promise<string> {
  const [stdout, stderr] = [namelessFile(), namelessFile()];
  try {
    const { code, stoppedBy } = await runGracefully(terraformBinary(env), args, {
      env: { ...env, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
      cwd: directory,
      stdio: ["ignore", stdout, stderr],
    });
    if (stoppedBy !== undefined) throw new Stopped(stoppedBy);
    if (code === 0) return textOf(stdout);
    const said = args.includes("-json") ? diagnostics(textOf(stdout)) : [];
    throw new TerraformRefusal(said.length > 0 ? said : [plain(textOf(stderr)) || `exit code ${code}`]);
  } finally {
    closeSync(stdout);
    closeSync(stderr);
  }
}

/** A pipe ends with whoever reads it, and a program written in Go with its pipe. Without a name nobody else can read it. */
function namelessFile(): number {
  const path = join(tmpdir(), `polycast-${randomUUID()}`);
  const file = openSync(path, "wx+", 0o600);
  rmSync(path);
  return file;
}

/** From its start on: where it is written and where it is read is one place. */
function textOf(file: number): string {
  const bytes = Buffer.alloc(fstatSync(file).size);
  readSync(file, bytes, 0, bytes.length, 0);
  return bytes.toString();
}

const logLine = z.object({
  diagnostic: z.object({ severity: z.string(), summary: z.string(), detail: z.string() }),
});

/** The errors in what `terraform -json` prints. */
function diagnostics(stdout: string): string[] {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .flatMap((line) => logLine.safeParse(JSON.parse(line)).data?.diagnostic ?? [])
    .filter(({ severity }) => severity === "error")
    .map(({ summary, detail }) => oneLine([summary, detail].filter(Boolean).join(". ")));
}

/** What follows the warnings, without the frames that Terraform draws. */
function plain(stderr: string): string {
  return oneLine(stderr.replaceAll(/[╷│╵]/g, "").replace(/^[^]*?(?=Error: )/, ""));
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
