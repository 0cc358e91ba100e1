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
 * Runs Terraform on a stack.
 *
 * @returns what it printed.
 * @throws TerraformRefusal where it fails, Stopped where a signal ended it.
 */
export async function terraform(
  { directory, env }: SynthesizedStack,
  args: readonly [string, ...string[]],
): Promise<string> {
  let [stdout, stderr] = ["", ""];
  const { code, stoppedBy } = await runGracefully(terraformBinary(env), args, {
    env: { ...env, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
    onStart: (child) => {
      child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
      child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    },
  });
  if (stoppedBy !== undefined) throw new Stopped(stoppedBy);
  if (code === 0) return stdout;
  const said = args.includes("-json") ? diagnostics(stdout) : [];
  throw new TerraformRefusal(said.length > 0 ? said : [plain(stderr) || `exit code ${code}`]);
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
