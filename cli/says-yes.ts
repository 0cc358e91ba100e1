import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { Stopped } from "./exit-code";

/** Where a person is asked. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks a person. Who says no has got what he wanted, so the command ends well without having done anything.
 * @param terminal by default standard output, so not where a result of --json is to be alone.
 * @returns whether the answer is "yes"; Ctrl-D is none.
 * @throws Stopped on Ctrl-C.
 */
export async function saysYes(
  question: string,
  terminal: Terminal = { input: process.stdin, output: process.stdout },
): Promise<boolean> {
  const lines = createInterface(terminal);
  try {
    const answer = await Promise.race([
      // Ctrl-D, which it rejects, is no answer.
      lines.question(question).catch(() => ""),
      once(lines, "SIGINT").then(() => {
        throw new Stopped("SIGINT");
      }),
      once(lines, "close").then(() => ""),
    ]);
    return answer.trim() === "yes";
  } finally {
    lines.close();
  }
}
