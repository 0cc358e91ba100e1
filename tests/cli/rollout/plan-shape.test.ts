import type { Plan } from "../../../cli/adopt/trial-plan";
import { beyondShape, describeShape, shapeOf } from "../../../cli/rollout/plan-shape";

type Change = Plan["resource_changes"][number];

const GROUP = "aws_autoscaling_group.fleet";
const change = (
  actions: string[],
  changes: Partial<Change["change"]> = {},
  more: Partial<Change> = {},
): Change => ({
  address: GROUP,
  type: "aws_autoscaling_group",
  ...more,
  change: { actions, before: {}, after: {}, after_unknown: {}, before_sensitive: {}, ...changes },
});
const plan = (...changes: Change[]): Plan => ({ resource_changes: changes, output_changes: {} });

const template = (version: string, size = 2) => ({ size, launch_template: [{ id: "lt-1", version }] });
const approved = shapeOf(plan(change(["update"], { before: template("1"), after: template("2") })));

test("a shape has addresses, actions and the attributes that change, and no value", () => {
  expect(approved).toEqual({ [GROUP]: { actions: ["update"], paths: ["launch_template.version"] } });
});

test("what is left alone or only read is no part of it", () => {
  expect(shapeOf(plan(change(["no-op"]), change(["read"])))).toEqual({});
});

test("what is known only after apply changes", () => {
  const before = { latest_version: 1, name: "a" };
  const unknown = { before, after: { name: "a" }, after_unknown: { latest_version: true } };
  expect(shapeOf(plan(change(["update"], unknown)))[GROUP]?.paths).toEqual(["latest_version"]);
});

test("the same change with other values is within it, and so is a part of it, and nothing", () => {
  const back = change(["update"], { before: template("2"), after: template("1") });
  expect(beyondShape(plan(back), approved)).toEqual([]);
  expect(beyondShape(plan(), approved)).toEqual([]);
});

test("another attribute, another object and another action are beyond it", () => {
  const larger = change(["update"], { before: template("1"), after: template("2", 9) });
  expect(beyondShape(plan(larger), approved)).toEqual([{ where: GROUP, what: "would change size too" }]);
  const other = change(["create"], {}, { address: "aws_instance.mine" });
  expect(beyondShape(plan(other), approved)).toEqual([
    { where: "aws_instance.mine", what: "create was not approved" },
  ]);
  for (const actions of [["delete"], ["delete", "create"], ["create"]]) {
    expect(beyondShape(plan(change(actions)), approved)).toEqual([
      { where: GROUP, what: `${actions.join(" and ")}; approved was update` },
    ]);
  }
});

describe("a replacement", () => {
  const replaced = shapeOf(plan(change(["create", "delete"])));

  test("may come in either order, and its rest may follow after it was interrupted", () => {
    for (const actions of [["create", "delete"], ["delete", "create"], ["create"]]) {
      expect(beyondShape(plan(change(actions)), replaced)).toEqual([]);
    }
    expect(beyondShape(plan(change(["delete"], {}, { deposed: "1a2b" })), replaced)).toEqual([]);
  });

  test("is not the destruction of the object that serves", () => {
    expect(beyondShape(plan(change(["delete"])), replaced)).toHaveLength(1);
  });
});

test("a shape is told in numbers", () => {
  const shape = shapeOf(
    plan(
      change(["update"], {}, { address: "a" }),
      change(["delete", "create"], {}, { address: "b" }),
      change(["create"], {}, { address: "c" }),
      change(["delete"], {}, { address: "d" }),
    ),
  );
  expect(describeShape(shape)).toBe("1 changed, 1 replaced, 1 created, 1 destroyed");
  expect(describeShape({})).toBe("nothing");
});
