#!/usr/bin/env node
"use strict";
const { existsSync } = require("node:fs");
const { join, resolve } = require("node:path");

const root = join(__dirname, "..");
if (!existsSync(join(root, "node_modules", "ts-node"))) {
  process.stderr.write(`Polycast's packages are not installed. Install them: npm ci (in ${root})\n`);
  process.exit(1);
}
// cdktf, the ts-node of its app and our own look for their configuration in the directory they run in.
for (const name of ["POLYCAST_HOME", "POLYCAST_IMAGES"]) {
  if (process.env[name]) process.env[name] = resolve(process.env[name]);
}
process.chdir(root);
require("ts-node").register({ projectSearchDir: root });
require("../cli/polycast.ts");
