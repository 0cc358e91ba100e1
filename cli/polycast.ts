import { run } from "./program";

// A terminal that was closed, or a pipe whose reader has ended: Terraform must still be stopped gracefully.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
void run(process.argv.slice(2));
