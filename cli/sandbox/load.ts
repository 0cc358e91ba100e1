import { InvalidArgumentError, type Command } from "commander";
import { worldClient } from "../../sandbox/world-api/client";

/** `polycast sandbox load FLEET CONNECTIONS` */
export function addLoad(sandbox: Command): void {
  sandbox
    .command("load")
    .description("Let a fleet have so many connections, spread over its healthy nodes, which report them")
    .argument("<fleet>", "name of the fleet")
    .argument("<connections>", "how many", parseConnections)
    .action(async (fleet: string, connections: number) => {
      await worldClient(process.env).load(fleet, connections);
      process.stdout.write(`${fleet} has ${connections} connections\n`);
    });
}

function parseConnections(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Allowed are whole numbers from 0 on.");
}
