import type { Value } from "../../constructs/fleet/simulation";
import { equal, isWhollyKnown } from "../../sandbox/engine/values";

/** A set has every value once; unknown ones may differ. */
export function distinct(values: readonly Value[]): Value[] {
  return values.filter(
    (value, i) => !values.slice(0, i).some((other) => equal(value, other) && isWhollyKnown(value)),
  );
}
