import { angleBetween } from "../../../sandbox/world/great-circle";
import { AMSTERDAM, SEATTLE } from "./sample-world";

const EARTH_KM = 6_371;

test("measures along the globe, over the date line and the poles too", () => {
  expect(angleBetween(SEATTLE, SEATTLE)).toBe(0);
  expect(angleBetween(SEATTLE, AMSTERDAM) * EARTH_KM).toBeCloseTo(7_853, -2);
  expect(angleBetween(SEATTLE, AMSTERDAM)).toBeCloseTo(angleBetween(AMSTERDAM, SEATTLE), 12);
  const at = (latitude: number, longitude: number) => ({ latitude, longitude });
  expect(angleBetween(at(0, 179), at(0, -179))).toBeCloseTo((2 * Math.PI) / 180, 9);
  expect(angleBetween(at(89, 0), at(89, 180))).toBeCloseTo((2 * Math.PI) / 180, 9);
  expect(angleBetween(at(0, 0), at(0, 180))).toBeCloseTo(Math.PI, 9);
});
