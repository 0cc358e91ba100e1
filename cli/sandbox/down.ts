import type { Command } from "commander";
import { sandboxDown } from "../../sandbox/sandbox";

/** `polycast sandbox down` */
export function addDown(sandbox: Command): void {
  sandbox
    .command("down")
    .description("Stop the sandbox and delete all it has written, its clouds and Terraform state included")
    .action(async () => {
      const wasThere = await sandboxDown(process.env);
      process.stdout.write(
        wasThere ? "The sandbox is gone; nothing is left of it.\n" : "There was no sandbox.\n",
      );
    });
}
