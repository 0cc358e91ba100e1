/** A whole number above 0. */
export function isCount(count: number): boolean {
  return Number.isInteger(count) && count >= 1;
}
