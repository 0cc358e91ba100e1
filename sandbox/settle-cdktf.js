"use strict";
// Preloaded into what runs below sandbox/graceful-child.ts, which says why.
if (/[\\/]cdktf$/.test(process.argv[1] ?? "")) {
  process.on("unhandledRejection", () => undefined);
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}
