import { rmSync } from "node:fs";
import { alarmEvidence } from "../../../cli/rollout/alarm-evidence";
import { findAt } from "../../../cli/rollout/finding";
import { PolycastError } from "../../../constructs/fleet/problem";
import { cloudwatch } from "../../../constructs/management/cloudwatch/cloudwatch";
import type {
  AlarmState,
  FleetAlarm,
  ManagementPlane,
} from "../../../constructs/management/management-plane";
import { sampleScene } from "./sample-scene";

const plane = cloudwatch({ region: "us-east-1", notify: ["operators@example.net"] });
let asked: readonly FleetAlarm[];

/** The alarms of the fleet aws; each is silent, but for these. */
async function look(states: Record<number, AlarmState["state"] | "missing">, drained = false) {
  const management: ManagementPlane = {
    ...plane,
    readAlarms: (alarms) => {
      asked = alarms;
      const known = alarms.flatMap(({ name }, index) => {
        const state = states[index] ?? "OK";
        return state === "missing" ? [] : [[name, { state, reason: `because ${index}` }] as const];
      });
      return Promise.resolve(new Map(known));
    },
  };
  const scene = sampleScene({ sandbox: false, management });
  rmSync(scene.directory, { recursive: true });
  return alarmEvidence(scene, "aws", drained, findAt(7));
}

test("silent alarms are good, and only the fleet's own are asked", async () => {
  expect(await look({})).toEqual({ verdict: "good", reason: `${asked.length} alarms are silent`, at: 7 });
  expect(asked.length).toBeGreaterThan(1);
  expect(asked.every(({ name }) => name.includes("aws") && !name.includes("stackpath"))).toBe(true);
});

test("one that rings is bad, and says why", async () => {
  const { verdict, reason } = await look({ 1: "ALARM" });
  expect([verdict, reason]).toEqual(["bad", `${asked[1]?.name ?? ""}: because 1`]);
});

test("one that rings while nobody is sent there is unclear: it looks minutes back", async () => {
  expect(await look({ 1: "ALARM" }, true)).toMatchObject({
    verdict: "unclear",
    reason: expect.stringContaining("because 1") as string,
  });
});

test("one that cannot tell yet, or is not there, is unclear", async () => {
  expect(await look({ 0: "INSUFFICIENT_DATA" })).toMatchObject({
    verdict: "unclear",
    reason: `${asked[0]?.name ?? ""} cannot tell yet`,
  });
  // A missing one might be the one that would ring.
  expect(await look({ 0: "missing", 1: "ALARM" })).toMatchObject({
    verdict: "unclear",
    reason: `${asked[0]?.name ?? ""} not deployed: npx polycast deploy management`,
  });
});

test("one that rings counts more than one that cannot tell", async () => {
  expect((await look({ 0: "INSUFFICIENT_DATA", 1: "ALARM" })).verdict).toBe("bad");
});

test("where nobody watches, nobody can tell; who does not answer is an error, which a look takes for unclear", async () => {
  const scene = sampleScene({ sandbox: false });
  expect(await alarmEvidence(scene, "aws", false, findAt(7))).toMatchObject({ verdict: "unclear" });
  const readAlarms = () => Promise.reject(new PolycastError("AccessDenied"));
  const denied = { ...scene, environment: { ...scene.environment, management: { ...plane, readAlarms } } };
  await expect(alarmEvidence(denied, "aws", false, findAt(7))).rejects.toThrow("AccessDenied");
  rmSync(scene.directory, { recursive: true });
});
