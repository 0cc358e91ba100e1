import { rolloutWish, verifyOf } from "../../../cli/rollout/asked-wish";
import { parseDuration } from "../../../constructs/fleet/duration";
import { checkForm } from "../../../constructs/fleet/environment-form";
import { testEnvironment } from "../../environment-for-tests";

const rollout = { peak: { connections: 500 }, bake: "2h", approve: "each" as const };
const environment = testEnvironment({ rollout });

test.each([
  ["30s", 30],
  ["90m", 5_400],
  ["4h", 14_400],
  ["2d", 172_800],
  ["4", undefined],
  ["0h", undefined],
  ["-1h", undefined],
  ["4 h", undefined],
  ["", undefined],
])("the time %j is %j seconds", (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test("the environment says what the command line does not", () => {
  expect(rolloutWish(environment, { release: "r2" })).toEqual({
    release: "r2",
    peak: 500,
    bakeSeconds: 7_200,
    approve: "each",
    command: false,
  });
  const told = { release: "r2", peak: "9", bake: "5m", settle: "1h", spare: "2", approve: "once" } as const;
  expect(rolloutWish(environment, { ...told, order: "b,a" })).toMatchObject({
    ...{ peak: 9, bakeSeconds: 300, settleSeconds: 3_600, spare: 2, approve: "once", order: ["b", "a"] },
  });
});

test("first sites are the environment's, or what the command line says instead", () => {
  const firstSites = { aws: ["us-east-1"] };
  const own = testEnvironment({ rollout: { ...rollout, firstSites } });
  expect(rolloutWish(own, { release: "r2" }).firstSites).toEqual(firstSites);
  const told = { release: "r2", firstSites: ["aws=a,b", "vultr=c"] };
  expect(rolloutWish(own, told).firstSites).toEqual({ aws: ["a", "b"], vultr: ["c"] });
  expect(rolloutWish(environment, { release: "r2" })).not.toHaveProperty("firstSites");
});

test.each(["aws", "aws=", "=a", "aws=a,", "aws=a=b"])("first sites of the form %j are refused", (text) => {
  expect(() => rolloutWish(environment, { release: "r2", firstSites: [text] })).toThrow(
    `--first-sites: "${text}" is not a fleet and its sites`,
  );
});

test("a fleet whose first sites are told twice is refused: one of the two would be forgotten", () => {
  expect(() =>
    rolloutWish(environment, { release: "r2", firstSites: ["aws=a", "vultr=b", "aws=c"] }),
  ).toThrow('--first-sites: "aws" is named more than once');
});

test("a peak that nobody has declared and a time that is none are refused, both at once", () => {
  const ask = () => rolloutWish(testEnvironment(), { release: "r2", bake: "soon" });
  expect(ask).toThrow("nobody has said how many connections");
  expect(ask).toThrow('--bake: "soon" is not a time');
});

test("a verifying command has a minute unless told otherwise", () => {
  const verify = { command: "true" };
  expect(verifyOf(testEnvironment({ rollout: { ...rollout, verify } }))).toEqual({ ...verify, seconds: 60 });
  expect(verifyOf(environment)).toBeUndefined();
});

test("what is misspelt in an environment is found when it is loaded", () => {
  expect(checkForm(environment)).toEqual([]);
  const firstSites = { aws: ["us-east-1"] };
  expect(checkForm({ ...environment, rollout: { ...rollout, firstSites } })).toEqual([]);
  const none = { ...rollout, firstSites: { aws: [] } };
  expect(checkForm({ ...environment, rollout: none }).map(({ where }) => where)).toEqual([
    "rollout.firstSites.aws",
  ]);
  const wrong = { ...rollout, bake: "soon", spare: 3, verfiy: { command: "true" } };
  expect(checkForm({ ...environment, rollout: wrong }).map(({ where }) => where)).toEqual([
    "rollout.bake",
    "rollout.spare",
    "rollout",
  ]);
  expect(checkForm({ ...environment, rollout: { bake: "4h" } }).map(({ where }) => where)).toEqual([
    "rollout.peak",
  ]);
});

test("who is to be told is named by a variable, and a URL in its place is refused without being shown", () => {
  const notified = (notify: object) => checkForm({ ...environment, rollout: { ...rollout, notify } });
  expect(notified({ command: "scripts/tell.sh", webhookFrom: "CHAT_WEBHOOK", seconds: 5 })).toEqual([]);
  const [problem, ...others] = notified({ webhookFrom: "https://hooks.example.net/s3cr3t" });
  expect(others).toEqual([]);
  expect(problem?.where).toBe("rollout.notify.webhookFrom");
  expect(problem?.what).toContain("expected the name of an environment variable");
  expect(JSON.stringify(problem)).not.toContain("s3cr3t");
  expect(notified({ comand: "true", seconds: 0 }).map(({ where }) => where)).toEqual([
    "rollout.notify.seconds",
    "rollout.notify",
  ]);
});
