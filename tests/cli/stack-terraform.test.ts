import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { terraform, type TerraformRefusal } from "../../cli/adopt/stack-terraform";

const ERROR = { severity: "error", summary: "No such thing", detail: "It is\ngone." };
/** Stands in for Terraform: says what it was asked for, and what kind of thing it prints to. */
const TERRAFORM = `#!${process.execPath}
const { fstatSync } = require("node:fs");
const [verb] = process.argv.slice(2);
const kinds = [1, 2].map((fd) => [fstatSync(fd).isFile(), fstatSync(fd).nlink, fstatSync(fd).mode & 0o777]);
console.log(JSON.stringify(verb === "fail" ? { diagnostic: ${JSON.stringify(ERROR)} } : { verb, kinds }));
console.error("Warning: old\\n╷\\n│ Error: no good\\n╵");
process.exitCode = verb === "show" ? 0 : 1;
`;

const directory = mkdtempSync(join(tmpdir(), "stack-terraform-"));
const program = join(directory, "terraform");
writeFileSync(program, TERRAFORM, { mode: 0o755 });
afterAll(() => {
  rmSync(directory, { recursive: true });
});
const run = (...args: [string, ...string[]]) =>
  terraform({ name: "x", directory, env: { ...process.env, TERRAFORM_BINARY_NAME: program } }, args);
const refusalOf = async (run: Promise<string>) =>
  run.then(
    () => undefined,
    (error: unknown) => (error as TerraformRefusal).said,
  );

test("Terraform prints to what outlives whoever reads it, and nobody else can read", async () => {
  const { verb, kinds } = JSON.parse(await run("show")) as { verb: string; kinds: unknown };
  expect(verb).toBe("show");
  expect(kinds).toEqual([
    [true, 0, 0o600],
    [true, 0, 0o600],
  ]);
});

test("what it refuses comes in its own words, from the log or from what it prints for people", async () => {
  expect(await refusalOf(run("fail", "-json"))).toEqual(["No such thing. It is gone."]);
  expect(await refusalOf(run("fail"))).toEqual(["Error: no good"]);
});
