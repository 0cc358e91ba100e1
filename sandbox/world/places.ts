import { PolycastError, show, suggest } from "../../constructs/fleet/problem";
import type { Place } from "./world";

/** How a place is written: `aws/us-east-1/i-0a1b2c3d4e5f60718`. */
export function placeName({ fleet, site, node }: Place): string {
  return [fleet, site, node].filter((part) => part !== undefined).join("/");
}

/** Whether one place is the other, or lies in it. */
export function isWithin(inner: Place, outer: Place): boolean {
  return (
    inner.fleet === outer.fleet &&
    (outer.site === undefined || inner.site === outer.site) &&
    (outer.node === undefined || inner.node === outer.node)
  );
}

/** @throws PolycastError where none of the known places is this one or lies in it. */
export function checkPlace(place: Place, known: readonly Place[]): void {
  let around = known;
  for (const part of ["fleet", "site", "node"] as const) {
    const wanted = place[part];
    if (wanted === undefined) continue;
    const names = around.map((each) => each[part]).filter((name) => name !== undefined);
    around = around.filter((each) => each[part] === wanted);
    if (around.length > 0) continue;
    throw new PolycastError("There is no such place in the sandbox's world.", [
      {
        where: show(placeName(place)),
        what: `no ${part} ${show(wanted)}; ${suggest(wanted, [...new Set(names)])}`,
      },
    ]);
  }
}
