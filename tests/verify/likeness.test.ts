import { AcceptedDifferences } from "../../verify/acceptance";
import { differences, Renaming, shape, UNKNOWN, withUnknowns } from "../../verify/likeness";
import { comparePlans, compareStates } from "../../verify/parity";
import type { Json, ResourceChange } from "../../verify/terraform";

test.each([
  ["vpc-0123456789abcdef0", "vpc-<17>"],
  ["arn:aws:iam::000000000000:role/node", "arn:aws:iam::<12>:role/node"],
  ["11111111-2222-3333-4444-555555555555", "<uuid>"],
  ["2026-01-02T03:04:05Z", "<time>"],
  ["AKIATATATATATATATATA", "<AKIA>"],
  ["edge-node 10.0.0.0/16", "edge-node 10.0.0.0/16"],
])("the shape of %s", (text, form) => {
  expect(shape(text)).toBe(form);
});

test("a renaming is one to one", () => {
  const renaming = new Renaming();
  const [a, b] = ["vpc-aaaaaaaaaaaaaaaaa", "vpc-bbbbbbbbbbbbbbbbb"];
  const [x, y] = ["vpc-11111111111111111", "vpc-22222222222222222"];
  expect(renaming.same(a, x)).toBe(true);
  expect(renaming.same(a, x)).toBe(true);
  expect(renaming.same(a, y)).toBe(false);
  expect(renaming.same(b, x)).toBe(false);
  expect(renaming.same(b, y)).toBe(true);
  expect(renaming.same("edge", "other")).toBe(false);
  expect(renaming.same("vpc-aaaaaaaaaaaaaaaaa", "subnet-11111111111111111")).toBe(false);
  expect(renaming.same("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")).toBe(true);
  expect(renaming.translate({ ids: [a, "edge"] })).toEqual({ ids: [x, "edge"] });
});

const compare = (real: Json, simulated: Json, type?: Parameters<typeof differences>[2]) =>
  differences(real, simulated, type, new Renaming()).map(({ path }) => path);

test("differences leaf by leaf", () => {
  expect(compare({ a: 1, b: [1, 2] }, { a: 1, b: [1, 3] })).toEqual(["b.1"]);
  expect(compare({ a: null }, {})).toEqual([]);
  expect(compare({ a: "" }, { a: null })).toEqual(["a"]);
  expect(compare({ a: {} }, { a: null })).toEqual(["a"]);
  expect(compare({ a: [1] }, { a: [1, 2] })).toEqual(["a"]);
});

test("the elements of a set have no order, those of a list have one", () => {
  expect(compare(["a", "b"], ["b", "a"], ["set", "string"])).toEqual([]);
  expect(compare(["a", "b"], ["b", "a"], ["list", "string"])).toEqual(["0", "1"]);
  expect(compare(["a", "c"], ["b", "a"], ["set", "string"])).toEqual(["1"]);
  const ids = ["subnet-aaaaaaaaaaaaaaaaa", "subnet-bbbbbbbbbbbbbbbbb"];
  const others = ["subnet-22222222222222222", "subnet-11111111111111111"];
  const renaming = new Renaming();
  renaming.same(ids[0] ?? "", others[1] ?? "");
  expect(differences(ids, others, ["set", "string"], renaming)).toEqual([]);
});

test("what is unknown stands where it will be", () => {
  expect(withUnknowns({ a: 1, b: [{ c: 2 }] }, { id: true, b: [{ d: true }] })).toEqual({
    a: 1,
    id: UNKNOWN,
    b: [{ c: 2, d: UNKNOWN }],
  });
  expect(withUnknowns(null, {})).toEqual({});
});

function planned(change: Partial<ResourceChange["change"]>, address = "aws_vpc.edge"): ResourceChange {
  const nothing = {
    actions: ["update"],
    before: null,
    after: { cidr_block: "10.0.0.0/16" },
    after_unknown: {},
  };
  return { address, type: address.split(".")[0] ?? "", change: { ...nothing, ...change } };
}

test("plans differ in actions, causes of replacement, values, what is unknown, and in what there is", () => {
  const compared = (change: Partial<ResourceChange["change"]>) =>
    comparePlans([planned({})], [planned(change)], new Renaming()).map(({ path }) => path);
  expect(compared({})).toEqual([]);
  expect(compared({ actions: ["delete", "create"] })).toEqual(["(actions)"]);
  expect(compared({ replace_paths: [["cidr_block"]] })).toEqual(["(replaces)"]);
  expect(compared({ after: { cidr_block: "10.1.0.0/16" } })).toEqual(["cidr_block"]);
  expect(compared({ after_unknown: { arn: true } })).toEqual(["arn"]);
  expect(comparePlans([planned({})], [], new Renaming())).toMatchObject([{ path: "(exists)" }]);
});

test("causes of replacement have no order", () => {
  const causes = (...paths: Json[]) => [planned({ replace_paths: paths })];
  expect(comparePlans(causes(["a"], ["b"]), causes(["b"], ["a"]), new Renaming())).toEqual([]);
});

test("an object's own id holds what refers to it; a secret is never shown", () => {
  const vpc = (id: string) => ({
    address: "aws_vpc.a",
    type: "aws_vpc",
    values: { id: `vpc-${id.repeat(17)}` },
  });
  const subnet = (id: string) => ({
    address: "aws_subnet.a",
    type: "aws_subnet",
    values: { vpc_id: `vpc-${id.repeat(17)}` },
  });
  expect(compareStates([subnet("a"), vpc("a")], [subnet("1"), vpc("1")], new Renaming())).toEqual([]);
  const wrong = compareStates([subnet("a"), vpc("a")], [subnet("2"), vpc("1")], new Renaming());
  expect(wrong.map(({ path }) => path)).toEqual(["vpc_id"]);

  const key = (secret: string | null) => ({
    address: "aws_iam_access_key.a",
    type: "aws_iam_access_key",
    values: { secret },
  });
  expect(compareStates([key("hidden")], [key("other")], new Renaming())).toEqual([]);
  expect(JSON.stringify(compareStates([key("hidden")], [key(null)], new Renaming()))).not.toContain("hidden");
});

test("accepted differences cover their path only, and have to be needed", () => {
  const reason = "moto answers an example instead";
  const difference = { address: "aws_lb.a", type: "aws_lb", path: "a.0.b", real: "1", simulated: "2" };
  const other = { ...difference, path: "c" };
  const accepted = new AcceptedDifferences([{ type: "aws_lb", path: "a.b", reason }]);
  expect(() => {
    accepted.refuseUnused();
  }).toThrow("aws_lb a.b: no difference");
  expect(accepted.unaccepted([difference, other])).toEqual([other]);
  expect(() => {
    accepted.refuseUnused();
  }).not.toThrow();
});

test("the list of accepted differences is well formed", () => {
  expect(() => AcceptedDifferences.load()).not.toThrow();
});
