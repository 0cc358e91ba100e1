/** The seed of this run: `SEED`, else one of chance. A randomised test prints it. */
export const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000);

/** How many random cases to run: all of them in CI, a fifth while somebody waits. Bounds follow from the number. */
export const cases = (all: number): number => Math.ceil(all / (process.env["CI"] === undefined ? 5 : 1));

/** Mulberry32: a small generator, good enough for counting, that a printed seed repeats. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
