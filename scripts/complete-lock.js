// Adds to package-lock.json the optional platform packages that the registry in use did not serve.
//
// npm leaves such packages out of the lock file, and npm 11's `npm ci` then refuses it on the platforms concerned:
// "EUSAGE ... Missing: @swc/core-darwin-arm64@1.16.22 from lock file". Run it after every change of the lock file:
// `npm run complete-lock`. An entry without an integrity is one that npm fetches and does not compare.
const fs = require("node:fs");
const path = require("node:path");

const SYSTEMS = [
  "darwin",
  "linux",
  "win32",
  "freebsd",
  "openbsd",
  "netbsd",
  "sunos",
  "aix",
  "android",
  "openharmony",
];
const PROCESSORS = ["x64", "arm64", "ia32", "arm", "ppc64", "s390x", "riscv64", "loong64", "mips64el"];

/** Whether `name`, required by the package at `from`, resolves as Node would resolve it. */
function resolves(packages, from, name) {
  const parent = /(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/;
  for (let folder = from; folder !== ""; folder = folder.replace(parent, "")) {
    if (packages[`${folder}/node_modules/${name}`] !== undefined) return true;
  }
  return packages[`node_modules/${name}`] !== undefined;
}

/** An entry for a platform package, its platform read from its name: `@swc/core-linux-arm64-gnu`. */
function entryFor(name, version, parent) {
  const words = name.split(/[-/.]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  return {
    version,
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(parent.dev === true ? { dev: true } : {}),
    optional: true,
    ...(os === undefined ? {} : { os: [os] }),
  };
}

const file = path.join(__dirname, "..", "package-lock.json");
const lock = JSON.parse(fs.readFileSync(file, "utf8"));
const added = {};
for (const [folder, parent] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    if (!/^\d+\.\d+\.\d+/.test(version) || resolves(lock.packages, folder, name)) continue;
    added[`node_modules/${name}`] = entryFor(name, version, parent);
  }
}
lock.packages = Object.fromEntries(
  Object.entries({ ...lock.packages, ...added }).sort(([a], [b]) => (a < b ? -1 : 1)),
);
fs.writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${Object.keys(added).length} platform packages added to package-lock.json.`);
