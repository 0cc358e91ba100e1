import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findAt } from "../../../cli/rollout/finding";
import { runVerify } from "../../../cli/rollout/verify-command";

const SUBJECT = {
  ...{ fleet: "aws", provider: "aws", address: "192.0.2.1" },
  ...{ release: "r1", siteReleases: "us-east-1=r2" },
};
const verify = (command: string, seconds = 10) =>
  runVerify({ command, seconds }, SUBJECT, process.env, findAt(7));

test.each([
  ["exit 0", "good", "exit code 0"],
  ["echo wrong; exit 1", "bad", "exit code 1: wrong"],
  ["echo later >&2; exit 75", "unclear", "exit code 75: later"],
  ["kill -9 $$", "unclear", "ended by SIGKILL"],
  ["exit 127", "bad", "exit code 127"],
])("%s is %s", async (command, verdict, reason) => {
  expect(await verify(command)).toEqual({ verdict, reason, at: 7 });
});

test("it is told which fleet it is about", async () => {
  const told =
    "echo $POLYCAST_FLEET $POLYCAST_PROVIDER $POLYCAST_ADDRESS $POLYCAST_RELEASE $POLYCAST_SITE_RELEASES";
  expect((await verify(told)).reason).toBe("exit code 0: aws aws 192.0.2.1 r1 us-east-1=r2");
});

test("one that takes too long is unclear, and what it has started ends with it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "polycast-verify-"));
  const left = join(directory, "left");
  const finding = await verify(`(sleep 1; touch ${left}) & wait`, 0.2);
  expect(finding).toMatchObject({ verdict: "unclear", reason: "took longer than 0.2 s" });
  await sleep(1_100);
  expect(existsSync(left)).toBe(false);
  rmSync(directory, { recursive: true });
});

test("what has left the command's group holds nobody up", async () => {
  const began = Date.now();
  expect(await verify("setsid sleep 2 & exit 0", 0.2)).toMatchObject({ verdict: "unclear" });
  expect(Date.now() - began).toBeLessThan(1_500);
});
