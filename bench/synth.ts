// Times synthesis: through ts-node as cdktf.json has it, against the same app compiled beforehand; and the whole
// `cdktf synth`, against that of an empty app. Ratios are of one run on one machine.
// Run: npx ts-node bench/synth.ts
import { transformFileSync } from "@swc/core";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

const ROOT = path.join(__dirname, "..");
const RUNS = 7;
const CASES = [
  { title: "2 fleets x 2 sites", fleets: 2, sites: 2 },
  { title: "5 fleets x 20 sites", fleets: 5, sites: 20 },
];

const work = mkdtempSync(path.join(ROOT, ".cache", "bench-"));
process.on("exit", () => {
  rmSync(work, { recursive: true, force: true });
});

/** The project as JavaScript, its node_modules by link. */
function compile(): string {
  const compiled = path.join(work, "compiled");
  for (const folder of ["constructs", "stacks", "live", "bench"]) {
    for (const file of readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })) {
      const target = path.join(compiled, folder, file.replace(/\.ts$/, ".js"));
      mkdirSync(path.dirname(target), { recursive: true });
      if (file.endsWith(".ts")) {
        const { code } = transformFileSync(path.join(ROOT, folder, file), {
          jsc: { parser: { syntax: "typescript" }, target: "es2022" },
          module: { type: "commonjs" },
        });
        writeFileSync(target, code);
      }
    }
  }
  cpSync(path.join(ROOT, ".gen"), path.join(compiled, ".gen"), { recursive: true });
  symlinkSync(path.join(ROOT, "node_modules"), path.join(compiled, "node_modules"));
  return path.join(compiled, "bench", "synth-app.js");
}

/** Median seconds of a command over RUNS runs, after one that warms the disk; and the peak memory it reports. */
function time(
  command: readonly string[],
  variables: Record<string, string>,
): { seconds: number; peak: string } {
  const [program = "", ...args] = command;
  let peak = "";
  const seconds = Array.from({ length: RUNS + 1 }, () => {
    const start = process.hrtime.bigint();
    const { status, stderr } = spawnSync(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...variables },
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${command.join(" ")}: exit ${status ?? "by signal"}\n${stderr}`);
    peak = /^peak (\d+)$/m.exec(stderr)?.[1] ?? "";
    return Number(process.hrtime.bigint() - start) / 1e9;
  });
  return { seconds: seconds.slice(1).sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? NaN, peak };
}

const compiled = compile();
const bin = (name: string) => path.join(ROOT, "node_modules", ".bin", name);
const empty = path.join(work, "empty.js");
writeFileSync(
  empty,
  `const { App, TerraformStack } = require("cdktf"); const app = new App(); new TerraformStack(app, "empty"); app.synth();`,
);

for (const { title, fleets, sites } of CASES) {
  const variables = {
    BENCH_FLEETS: String(fleets),
    BENCH_SITES: String(sites),
    CDKTF_OUTDIR: path.join(work, "out"),
    POLYCAST_HOME: work,
    CHECKPOINT_DISABLE: "1",
    CI: "1",
  };
  const app = path.join("bench", "synth-app.ts");
  const own = time([bin("ts-node"), app], variables);
  const fast = time([process.execPath, compiled], variables);
  const cdktf = (command: string) =>
    time([bin("cdktf"), "synth", "--app", command, "--output", path.join(work, "cdktf.out")], variables)
      .seconds;
  const whole = cdktf(`${bin("ts-node")} ${app}`);
  const nothing = cdktf(`${process.execPath} ${empty}`);
  console.log(title);
  console.log(
    `  synth          ${own.seconds.toFixed(2)} s, ${own.peak} MB; compiled ${fast.seconds.toFixed(2)} s, ${fast.peak} MB; ratio ${(own.seconds / fast.seconds).toFixed(2)}`,
  );
  console.log(
    `  cdktf synth    ${whole.toFixed(2)} s; empty app ${nothing.toFixed(2)} s; ratio ${(whole / nothing).toFixed(2)}`,
  );
}
