import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { makeRunDirectory } from "../../cli/run-directory";

const home = mkdtempSync(path.join(tmpdir(), "polycast-run-"));
afterAll(() => {
  rmSync(home, { recursive: true });
});
const parent = path.join(home, "plans");
const HOUR = 3_600;

/** What a run has left there, some hours ago. */
function leave(name: string, hours = 0): string {
  const directory = path.join(parent, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, "plan.bin"), "secret");
  const then = Date.now() / 1000 - hours * HOUR;
  utimesSync(directory, then, then);
  return directory;
}

/** Number of a process that was there, and is not any more. */
const gone = (): number => spawnSync(process.execPath, ["--version"]).pid;

test("what a run writes down is for its owner alone, and no other run's", () => {
  const [one, other] = [makeRunDirectory(parent, "plan"), makeRunDirectory(parent, "plan")];
  expect([one, other].map((each) => statSync(each).mode & 0o777)).toEqual([0o700, 0o700]);
  expect(path.dirname(one)).toBe(parent);
  expect(one).not.toBe(other);
  expect(readdirSync(one)).toEqual([]);
  expect(existsSync(one)).toBe(true);
});

test("what killed runs have left is removed by the next one", () => {
  const left = leave(`plan-${hostname()}-${gone()}-abcdef`);
  makeRunDirectory(parent, "plan");
  expect(existsSync(left)).toBe(false);
});

test("what may be somebody's at work is left alone for a day", () => {
  const running = (hours: number) => leave(`plan-${hostname()}-${process.ppid}-${hours}`, hours);
  const elsewhere = (hours: number) => leave(`plan-another-machine-${gone()}-${hours}`, hours);
  const young = [running(23), elsewhere(23)];
  const old = [running(25), elsewhere(25)];
  makeRunDirectory(parent, "plan");
  expect(young.map((each) => existsSync(each))).toEqual([true, true]);
  expect(old.map((each) => existsSync(each))).toEqual([false, false]);
});

test("what is not of the kind is nobody's to remove", () => {
  const others = [leave(`image-${hostname()}-${gone()}-abcdef`, 48), leave("stacks", 48)];
  makeRunDirectory(parent, "plan");
  expect(others.map((each) => existsSync(each))).toEqual([true, true]);
});
