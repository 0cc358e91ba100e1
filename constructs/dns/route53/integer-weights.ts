/** Route 53's weights are whole numbers from 0 to this: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html */
const MOST = 255;

/**
 * Weights that Route 53 takes and whose shares are nearest to those of the given ones; each is 1 at least.
 * @param weights above 0.
 */
export function integerWeights(weights: readonly number[]): readonly number[] {
  if (weights.every((weight) => Number.isInteger(weight) && weight <= MOST)) return weights;
  const largest = Math.max(...weights);
  const candidates = Array.from({ length: MOST }, (_, index) => {
    const scaled = weights.map((weight) => Math.max(1, Math.round((weight * (index + 1)) / largest)));
    return { scaled, error: shareError(weights, scaled) };
  });
  const least = Math.min(...candidates.map(({ error }) => error));
  // The smallest of those that are as near as can be.
  return candidates.find(({ error }) => error <= least + 1e-12)?.scaled ?? weights;
}

/** How far off the share of any fleet is, as a part of 1. */
export function shareError(weights: readonly number[], integers: readonly number[]): number {
  const share = (of: readonly number[], index: number): number =>
    (of[index] ?? 0) / of.reduce((sum, weight) => sum + weight, 0);
  return Math.max(0, ...weights.map((_, index) => Math.abs(share(weights, index) - share(integers, index))));
}

/** The same, whichever of them are healthy. */
export function worstShareError(weights: readonly number[], integers: readonly number[]): number {
  const subsets = Array.from({ length: 2 ** weights.length }, (_, subset) => subset);
  return Math.max(
    ...subsets.map((subset) => {
      const isIn = (_: number, index: number): boolean => ((subset >> index) & 1) === 1;
      return shareError(weights.filter(isIn), integers.filter(isIn));
    }),
  );
}
