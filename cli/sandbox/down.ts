import type { Command } from "commander";
import { sandboxDown } from "../../sandbox/sandbox";

/** `polycast sandbox down` */
export function addDown(sandbox: Command): void {
  sandbox
    .command("down")
    .description("Stop the sandbox and delete all it has written, its clouds and Terraform state included")
    .action(async () => {
      await sandboxDown(process.env);
      process.stdout.write("The sandbox is gone; nothing is left of it.\n");
    });
}
