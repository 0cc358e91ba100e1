import { PolycastError } from "../../../constructs/fleet/problem";
import { checkLoad, spread } from "../../../sandbox/world/load";
import { sampleNode } from "../sample-world";
import { group, openTestWorld } from "./sample-world";

describe("the connections of a fleet", () => {
  const nodes = [
    sampleNode("a-1", { fleet: "a" }),
    sampleNode("a-2", { fleet: "a" }),
    sampleNode("b-1", { fleet: "b" }),
  ];

  test("are spread evenly, and none is lost", () => {
    const loads = new Map([["a", 7]]);
    expect([...spread(loads, nodes)]).toEqual([
      ["a-1", 4],
      ["a-2", 3],
      ["b-1", 0],
    ]);
  });

  test("are those of its healthy nodes only", () => {
    const [first, ...others] = nodes;
    const mixed = [{ ...first, health: "unhealthy" } as (typeof nodes)[number], ...others];
    expect([...spread(new Map([["a", 7]]), mixed)]).toEqual([
      ["a-2", 7],
      ["b-1", 0],
    ]);
  });

  test.each([-1, 1.5, NaN, Infinity])("cannot be %s", (number) => {
    expect(() => checkLoad(number)).toThrow(PolycastError);
  });
});

describe("a world", () => {
  test("spreads what it is told, follows its nodes, and remembers it", async () => {
    const { world, clock, reopen } = openTestWorld({ groups: [group()] });
    world.load("acme", 5);
    expect([...world.connections()]).toEqual([]);
    clock.advance(100);
    expect([...world.connections().values()]).toEqual([3, 2]);
    expect([...(await reopen()).world.connections().values()]).toEqual([3, 2]);
  });

  test("refuses a fleet that it does not have and a number that is none, and changes nothing", () => {
    const { world, clock } = openTestWorld({ groups: [group()] });
    clock.advance(100);
    world.load("acme", 5);
    const load = (fleet: string, connections: number) => () => {
      world.load(fleet, connections);
    };
    expect(load("acmee", 7)).toThrow('nearest: "acme"');
    expect(load("acme", -7)).toThrow("allowed are whole numbers");
    expect([...world.connections().values()]).toEqual([3, 2]);
  });
});
