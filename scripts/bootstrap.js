// Makes a bare clone ready, once: dependencies, then the bindings of the providers that have no prebuilt ones.
// Plain JavaScript, because nothing is installed yet when it runs.
const { spawnSync } = require("node:child_process");
const { existsSync } = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const run = (args) => {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
};

if (Number(process.versions.node.split(".")[0]) < 20) {
  console.error(
    `Polycast needs Node 20 or newer; this is ${process.version}. See https://nodejs.org or "nvm use".`,
  );
  process.exit(1);
}
if (!existsSync(path.join(root, "node_modules", ".package-lock.json"))) {
  if (process.env.npm_execpath === undefined) {
    console.error('Nothing is installed yet: run "npm ci" first.');
    process.exit(1);
  }
  console.log("Installing dependencies (once, about half a minute) ...");
  // No dependency runs anything here; npm heeds allowScripts of package.json from 11 on only.
  run([process.env.npm_execpath, "ci", "--ignore-scripts"]);
}
run([path.join(__dirname, "bindings.js")]);
