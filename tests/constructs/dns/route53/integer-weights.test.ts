import {
  integerWeights,
  shareError,
  worstShareError,
} from "../../../../constructs/dns/route53/integer-weights";

describe("whole weights", () => {
  test.each([
    [
      [75, 25],
      [75, 25],
    ],
    [
      [1, 255],
      [1, 255],
    ],
    [
      [20_000, 60_000],
      [1, 3],
    ],
    [
      [0.1, 0.2, 0.7],
      [1, 2, 7],
    ],
    [
      [1 / 3, 2 / 3],
      [1, 2],
    ],
    [
      [1, 100_000],
      [1, 255],
    ],
    [
      [300, 300, 300],
      [1, 1, 1],
    ],
    [[12.5], [1]],
  ])("of %j are %j", (weights, integers) => {
    expect(integerWeights(weights)).toEqual(integers);
  });

  test("are the nearest that there are, for two fleets", () => {
    const weights = [1, Math.PI];
    const [a = 0, b = 0] = integerWeights(weights);
    const error = shareError(weights, [a, b]);
    let least = Infinity;
    for (let one = 1; one <= 255; one++) {
      for (let other = 1; other <= 255; other++) least = Math.min(least, shareError(weights, [one, other]));
    }
    expect(error).toBeCloseTo(least, 12);
  });
});

test("the error is the largest of any fleet's, over all that may be healthy", () => {
  expect(shareError([1, 3], [1, 1])).toBeCloseTo(0.25);
  expect(shareError([], [])).toBe(0);
  expect(worstShareError([1, 2, 97], [1, 1, 97])).toBeCloseTo(1 / 2 - 1 / 3);
  expect(worstShareError([1, 3], [1, 3])).toBe(0);
});
