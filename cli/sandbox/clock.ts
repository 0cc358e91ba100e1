import type { Command } from "commander";
import { PolycastError, show } from "../../constructs/fleet/problem";
import { worldClient } from "../../sandbox/world-api/client";
import type { ClockReport } from "../../sandbox/world-api/world-report";
import { checkScale } from "../../sandbox/world/clock";

/** `polycast sandbox clock [SCALE]` */
export function addClock(sandbox: Command): void {
  sandbox
    .command("clock")
    .description("Show how fast the world's time runs, or change it")
    .argument("[scale]", "world seconds per real second, such as 1 or 600")
    .option("--json", "as JSON")
    .action(async (text: string | undefined, options: { json?: true }) => {
      const scale = text === undefined ? undefined : parseScale(text);
      const client = worldClient(process.env);
      const clock = scale === undefined ? await client.clock() : await client.setScale(scale);
      process.stdout.write(options.json ? `${JSON.stringify(clock)}\n` : describe(clock));
    });
}

/** @throws PolycastError for what is no number, or one that the world's clock cannot have. */
export function parseScale(text: string): number {
  const scale = text.trim() === "" ? NaN : Number(text);
  if (!Number.isNaN(scale)) return checkScale(scale);
  throw new PolycastError("The scale of the world's clock cannot be read", [
    { where: show(text), what: "is not a number of world seconds per real second, such as 1 or 600" },
  ]);
}

function describe({ now, scale }: ClockReport): string {
  return `${new Date(now).toISOString()} in the world; ${scale} world seconds pass in a second\n`;
}
