import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildTools, type BuildTools } from "../../../cli/image/build-tools";
import { packerBuild, rehearse } from "../../../constructs/image/packer";

/** A Packer of a few lines, in whose place each test says what its steps do. */
const FAKE = `#!/bin/sh
echo "$@" >>"$PACKER_CALLS"
case $1 in
  version) echo "Packer v\${PACKER_VERSION:-1.11.2}" ;;
  *)
    for argument; do case $argument in -var-file=*) vars=\${argument#-var-file=} ;; esac; done
    output=$(sed -n 's/.*"output":"\\([^"]*\\)".*/\\1/p' "$vars" 2>/dev/null)
    eval "$(eval "echo \\"\\$PACKER_$1\\"")"
    ;;
esac
`;
const GOOD_BUILD = `
echo '    amazon-ebs.edge-node: ok 1 - all'; echo '    amazon-ebs.edge-node: 1..1'
printf 'nginx\\t1\\n' >$output/packages.tsv
echo '{"builds":[{"artifact_id":"old","packer_run_uuid":"1"},{"artifact_id":"us-east-1:ami-1","packer_run_uuid":"2"}],"last_run_uuid":"2"}' >$output/manifest.json
`;
const TEMPLATE = { folder: "/images/edge-node/templates/aws", oldest: "1.7.0", plugins: true };

let directory: string;
let build: BuildTools;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "polycast-packer-"));
});
afterEach(() => {
  build.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(env: NodeJS.ProcessEnv, PATH = `${directory}:${process.env["PATH"] ?? ""}`): void {
  writeFileSync(path.join(directory, "packer"), FAKE);
  chmodSync(path.join(directory, "packer"), 0o755);
  build = buildTools({
    env: { PATH, PACKER_CALLS: path.join(directory, "calls"), PACKER_build: GOOD_BUILD, ...env },
    ...{ sandbox: false, state: () => ({ local: { path: "" } }), log: path.join(directory, "log") },
    ...{ progress: () => undefined, scale: () => Promise.resolve(1), now: Date.now },
  });
}
const calls = (): string[] => readFileSync(path.join(directory, "calls"), "utf8").trim().split("\n");
const run = () => packerBuild(build.tools, TEMPLATE, { image_name: "x", regions: ["us-east-1"] });

test("a build goes through every step and says what it made", async () => {
  open({});
  expect(await run()).toEqual({
    artefact: "us-east-1:ami-1",
    checks: { ran: "in-builder", lines: ["ok 1 - all"] },
    packages: "nginx\t1\n",
    version: "1.11.2",
  });
  expect(calls().map((call) => call.split(" ")[0])).toEqual(["version", "init", "validate", "build"]);
});

test.each<[string, NodeJS.ProcessEnv, RegExp, string]>([
  [
    "is too old for the template",
    { PACKER_VERSION: "1.6.6" },
    /is version 1.6.6; aws needs 1.7.0/,
    "version",
  ],
  [
    "cannot fetch its plugins",
    { PACKER_init: "exit 1" },
    /packer init ended with exit code 1[^]*plugins could not be fetched/,
    "init",
  ],
  [
    "refuses the template",
    { PACKER_validate: "exit 1" },
    /packer validate ended with exit code 1[^]*does not validate/,
    "validate",
  ],
  ["fails to build", { PACKER_build: "exit 1" }, /packer build ended with exit code 1/, "build"],
  [
    "leaves the checks red",
    {
      PACKER_build:
        "echo 'x: not ok 1 - nginx'; echo 'x: 1..1'; echo '{\"builds\":[],\"last_run_uuid\":\"\"}' >$output/manifest.json",
    },
    /checks did not pass[^]*not ok 1 - nginx/,
    "build",
  ],
])("a Packer that %s is said to, and goes no further", async (_, env, message, last) => {
  open(env);
  await expect(run()).rejects.toThrow(message);
  expect(calls().at(-1)?.split(" ")[0]).toBe(last);
});

test("no Packer is said to be none, with where to get it", async () => {
  open({}, "/nowhere");
  await expect(run()).rejects.toThrow(/There is no Packer[^]*no such program in PATH[^]*packer\/install/);
});

describe("without a cloud", () => {
  test("as much of it runs as goes", async () => {
    open({});
    expect(await rehearse(build.tools, TEMPLATE)).toEqual({
      ran: ["packer 1.11.2 fmt -check", "packer validate -syntax-only"],
      version: "1.11.2",
    });
    open({ PACKER_VERSION: "1.6.6" });
    expect((await rehearse(build.tools, TEMPLATE)).ran).toEqual(["packer 1.6.6 fmt -check"]);
    open({}, "/nowhere");
    expect(await rehearse(build.tools, TEMPLATE)).toEqual({ ran: [] });
  });

  test("a template that is refused stops it", async () => {
    open({ PACKER_fmt: "exit 3" });
    await expect(rehearse(build.tools, TEMPLATE)).rejects.toThrow(/packer fmt ended with exit code 3/);
  });
});
