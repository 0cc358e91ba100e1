import {
  InstanceRefreshes,
  REFRESH_INPUTS,
  type Groups,
  type LaunchTemplate,
} from "../../verify/instance-refresh";
import { parseQuery } from "../../verify/moto-front";

/** A group in memory: instance -> version of the template that it runs. */
class FakeGroups implements Groups {
  public instances = new Map([
    ["i-1", "1"],
    ["i-2", "1"],
    ["i-3", "1"],
    ["i-4", "1"],
  ]);
  public version = "2";
  private last = 4;

  public describe(group: string) {
    const known = { version: this.version, instances: [...this.instances.keys()] };
    return Promise.resolve(group === "edge" ? known : undefined);
  }
  public replace(instance: string) {
    this.instances.delete(instance);
    this.instances.set(`i-${(this.last += 1)}`, this.version);
    return Promise.resolve();
  }
  public useTemplate(_: string, { Version }: LaunchTemplate) {
    this.version = Version;
    return Promise.resolve();
  }
  public get running() {
    return [...this.instances.values()].sort().join("");
  }
}

let now: number;
let groups: FakeGroups;
let refreshes: InstanceRefreshes;
beforeEach(() => {
  now = 0;
  groups = new FakeGroups();
  refreshes = new InstanceRefreshes(() => now);
});

const NAME = { AutoScalingGroupName: "edge" };
const start = (more: object = {}, preferences: object = {}) =>
  refreshes.start(
    groups,
    REFRESH_INPUTS.StartInstanceRefresh.parse({ ...NAME, Preferences: preferences, ...more }),
  );
const describe_ = () => refreshes.describe(groups, NAME);
const statuses = async () => (await describe_()).map(({ status }) => status);
const pass = async (seconds: number) => {
  now += seconds * 1_000;
  await refreshes.advance();
};
const CHECKPOINTS = { CheckpointPercentages: ["50", "100"], CheckpointDelay: "300", InstanceWarmup: "60" };

test("without checkpoints everything is replaced, and warms up", async () => {
  const id = await start({}, { InstanceWarmup: "60" });
  expect(await describe_()).toMatchObject([
    { id, status: "Pending", percentageComplete: 0, instancesToUpdate: 4 },
  ]);
  expect(groups.running).toBe("1111");
  await pass(1);
  expect(groups.running).toBe("2222");
  expect(await statuses()).toEqual(["InProgress"]);
  await pass(60);
  expect(await describe_()).toMatchObject([
    { status: "Successful", percentageComplete: 100, instancesToUpdate: 0, endTime: new Date(61_000) },
  ]);
});

test("it waits at each checkpoint", async () => {
  await start({}, CHECKPOINTS);
  await pass(1);
  expect(groups.running).toBe("1122");
  expect(await describe_()).toMatchObject([
    { status: "InProgress", percentageComplete: 50, instancesToUpdate: 2 },
  ]);
  await pass(359);
  expect(groups.running).toBe("1122");
  await pass(1);
  expect(groups.running).toBe("2222");
  await pass(60);
  expect(await statuses()).toEqual(["Successful"]);
});

test("time that passes at once does the same", async () => {
  await start({}, CHECKPOINTS);
  await pass(3600);
  expect(groups.running).toBe("2222");
  expect(await statuses()).toEqual(["Successful"]);
});

test("one at a time, until it is cancelled; what was moved stays", async () => {
  await start({}, CHECKPOINTS);
  await pass(1);
  await expect(start()).rejects.toMatchObject({ code: "InstanceRefreshInProgress" });
  await refreshes.cancel(groups, NAME);
  expect(await statuses()).toEqual(["Cancelling"]);
  await expect(start()).rejects.toMatchObject({ code: "InstanceRefreshInProgress" });
  await expect(refreshes.cancel(groups, NAME)).rejects.toMatchObject({
    code: "ActiveInstanceRefreshNotFound",
  });
  await pass(1);
  expect(groups.running).toBe("1122");
  groups.version = "3";
  await start();
  await pass(3600);
  expect(groups.running).toBe("3333");
  expect(await statuses()).toEqual(["Successful", "Cancelled"]);
});

test("matching instances are skipped where that is asked for", async () => {
  await start({}, CHECKPOINTS);
  await pass(1);
  await refreshes.cancel(groups, NAME);
  await pass(1);
  const before = [...groups.instances.keys()].slice(2);
  await start({}, { SkipMatching: "true" });
  await pass(3600);
  expect(groups.running).toBe("2222");
  expect([...groups.instances.keys()].slice(0, 2)).toEqual(before);
});

test("an instance that went meanwhile needs no other in its place", async () => {
  await start();
  groups.instances.delete("i-2");
  await pass(3600);
  expect(groups.running).toBe("222");
});

test("a rollback leads back to the version before, where there was a desired configuration", async () => {
  const LaunchTemplate = { LaunchTemplateId: "lt-1", Version: "5" };
  await start({ DesiredConfiguration: { LaunchTemplate } }, CHECKPOINTS);
  await pass(1);
  expect(groups.running).toBe("1155");
  await refreshes.rollback(groups, NAME);
  expect(await statuses()).toEqual(["RollbackInProgress"]);
  await pass(3600);
  expect(groups.running).toBe("1122");
  expect(await statuses()).toEqual(["RollbackSuccessful"]);
});

test("a rollback without one, or of nothing, is refused", async () => {
  await expect(refreshes.rollback(groups, NAME)).rejects.toMatchObject({
    code: "ActiveInstanceRefreshNotFound",
  });
  await start({}, CHECKPOINTS);
  await expect(refreshes.rollback(groups, NAME)).rejects.toMatchObject({
    code: "IrreversibleInstanceRefresh",
  });
});

test("a group that is not there is refused, and another region's is another", async () => {
  const missing = { AutoScalingGroupName: "none" };
  await expect(refreshes.describe(groups, missing)).rejects.toMatchObject({ code: "ValidationError" });
  await start();
  expect(await refreshes.describe(new FakeGroups(), NAME)).toEqual([]);
});

test("what automatic rollback needs", async () => {
  await expect(start({}, { AutoRollback: "true" })).rejects.toMatchObject({ code: "ValidationError" });
});

test.each([
  ["an unknown preference", { Preferences: { Speed: "1" } }],
  ["another strategy", { Strategy: "ReplaceRootVolume" }],
  ["a percentage above 100", { Preferences: { MinHealthyPercentage: "101" } }],
  ["a word for a number", { Preferences: { InstanceWarmup: "long" } }],
  ["checkpoints that fall", { Preferences: { CheckpointPercentages: ["50", "20"] } }],
  ["percentages too far apart", { Preferences: { MinHealthyPercentage: "50", MaxHealthyPercentage: "200" } }],
  [
    "a template of two names",
    {
      DesiredConfiguration: {
        LaunchTemplate: { LaunchTemplateId: "a", LaunchTemplateName: "b", Version: "1" },
      },
    },
  ],
])("refuses %s", (_, more) => {
  expect(REFRESH_INPUTS.StartInstanceRefresh.safeParse({ ...NAME, ...more }).success).toBe(false);
});

test("the query protocol as an object", () => {
  expect(parseQuery("Action=Start&A.B=1&A.C.member.2=y&A.C.member.1=x&D.member.1.E=z&F=%26")).toEqual({
    Action: "Start",
    A: { B: "1", C: ["x", "y"] },
    D: [{ E: "z" }],
    F: "&",
  });
});
