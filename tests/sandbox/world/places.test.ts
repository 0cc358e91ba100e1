import { checkPlace, isWithin, placeName } from "../../../sandbox/world/places";

const NODE = { fleet: "aws", site: "west", node: "i-1" };

test("a place is written as its parts", () => {
  expect([{ fleet: "aws" }, { fleet: "aws", site: "west" }, NODE].map(placeName)).toEqual([
    "aws",
    "aws/west",
    "aws/west/i-1",
  ]);
});

test("a place lies in itself and in what is around it, and in nothing else", () => {
  expect(isWithin(NODE, NODE)).toBe(true);
  expect(isWithin(NODE, { fleet: "aws" })).toBe(true);
  expect(isWithin(NODE, { fleet: "aws", site: "west" })).toBe(true);
  expect(isWithin({ fleet: "aws" }, NODE)).toBe(false);
  expect(isWithin(NODE, { fleet: "stackpath" })).toBe(false);
  expect(isWithin(NODE, { fleet: "aws", site: "east" })).toBe(false);
  expect(isWithin(NODE, { ...NODE, node: "i-2" })).toBe(false);
});

describe("a place that a person names", () => {
  const known = [NODE, { fleet: "aws", site: "empty" }, { fleet: "stackpath", site: "SEA", node: "n-0" }];
  const check = (place: Parameters<typeof checkPlace>[0]) => () => {
    checkPlace(place, known);
  };

  test.each([{ fleet: "aws" }, { fleet: "aws", site: "empty" }, NODE])("may be %j", (place) => {
    expect(check(place)).not.toThrow();
  });

  test.each([
    [{ fleet: "asw" }, '"asw": no fleet "asw"; nearest: "aws"; there are: aws, stackpath'],
    [{ fleet: "aws", site: "SEA" }, '"aws/SEA": no site "SEA"; '],
    [{ fleet: "aws", site: "empty", node: "i-1" }, 'no node "i-1"; there are none'],
    [{ fleet: "stackpath", site: "SEA", node: "i-1" }, 'no node "i-1"; nearest: "n-0"; there are: n-0'],
  ])("may not be %j", (place, message) => {
    expect(check(place)).toThrow(message);
  });

  test("may be none where there is nothing", () => {
    expect(() => {
      checkPlace({ fleet: "aws" }, []);
    }).toThrow('no fleet "aws"; there are none');
  });
});
