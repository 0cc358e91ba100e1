import { planTable } from "../../../constructs/fleet/plan-table";

const { sizes, idOf, monthlyPrice } = planTable([
  { cpu: 1, memoryGiB: 2, id: "small", dollarsPerMonth: 10 },
  { cpu: 2, memoryGiB: 4, id: "large", dollarsPerHour: 0.1 },
]);

test("sizes are those of the plans, without what only the provider says of them", () => {
  expect(sizes).toEqual([
    { cpu: 1, memoryGiB: 2 },
    { cpu: 2, memoryGiB: 4 },
  ]);
});

test("a size has its provider's name, and its price by the month: an hour's is 730 of them", () => {
  expect(sizes.map((size) => [idOf(size), monthlyPrice(size)])).toEqual([
    ["small", 10],
    ["large", 73],
  ]);
});

test("a size that is not sold has neither", () => {
  expect(() => idOf({ cpu: 1, memoryGiB: 4 })).toThrow("no plan for 1 CPU and 4 GiB");
  expect(() => monthlyPrice({ cpu: 2, memoryGiB: 2 })).toThrow("no plan for 2 CPU and 2 GiB");
});
