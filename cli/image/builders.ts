import type { Command } from "commander";
import { wantedImages } from "../../builds/wanted-images";
import { plainTable } from "../plain-table";
import { tellManagement } from "../tell-management";
import { openDesk, type ImageDesk } from "./desk";
import { openTools } from "./open-tools";

/** What `polycast image builders --json` prints. */
export interface BuildersReport {
  readonly environment: string;
  readonly builders: readonly { readonly provider: string; readonly name: string }[];
  /** Why whoever watches the environment does not know of it. */
  readonly untold?: string;
}

/** `polycast image builders`: for a schedule too, since only this can tell that one was left running. */
export function addBuilders(image: Command): void {
  image
    .command("builders")
    .description("List machines that build an image at this moment, or were left doing so; tells who watches")
    .option("--environment <name>", "the environment (default: what POLYCAST_ENV names)")
    .option("--json", "as JSON")
    .action(async ({ environment, json }: { environment?: string; json?: true }) => {
      const report = await reportBuilders(await openDesk(environment));
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : describe(report));
      if (report.untold !== undefined) process.stderr.write(`${report.untold}\n`);
    });
}

/** @throws PolycastError where a provider cannot be asked; nobody is told then, so that not knowing is no zero. */
export async function reportBuilders(desk: ImageDesk): Promise<BuildersReport> {
  const { environment } = desk;
  const builders: { provider: string; name: string }[] = [];
  for (const wanted of wantedImages(environment)) {
    const { provider, source, image, places } = wanted;
    const opened = await openTools(desk, wanted, (line) => process.stderr.write(`${line}\n`));
    try {
      const builder = await source.builder({ environment: environment.name, image, places }, opened.tools);
      builders.push(...(await builder.builders()).map((name) => ({ provider, name })));
    } finally {
      opened.close();
    }
  }
  const untold = await tellManagement(environment, "builders-running", builders.length, process.env);
  return { environment: environment.name, builders, ...(untold !== undefined && { untold }) };
}

function describe({ builders }: BuildersReport): string {
  if (builders.length === 0) return "No machine builds an image.\n";
  return `${plainTable(
    ["provider", "builds"],
    builders.map(({ provider, name }) => [provider, name]),
  )}\n`;
}
