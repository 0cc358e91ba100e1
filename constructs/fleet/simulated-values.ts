import type { Position } from "./cloud-life";
import type { Value } from "./simulation";

/** The text of a value; `""` for what is null, unknown or no text. */
export function text(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

/** The first number from 1 up whose name nobody has. */
export function firstFree(taken: readonly string[], name: (number: number) => string): string {
  for (let number = 1; ; number++) {
    if (!taken.includes(name(number))) return name(number);
  }
}

/** Where a place stands; one that no site can be in stands where the Greenwich meridian meets the equator. */
export function positionIn(positions: Readonly<Record<string, Position>>, place: string): Position {
  return positions[place] ?? { latitude: 0, longitude: 0 };
}
