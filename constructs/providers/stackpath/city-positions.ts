import type { Position } from "../../fleet/cloud-life";

/** Where the cities stand: at the airport whose code a city has. */
export const CITY_POSITIONS: Readonly<Record<string, Position>> = {
  AMS: { latitude: 52.3, longitude: 4.8 },
  ARN: { latitude: 59.7, longitude: 17.9 },
  ATL: { latitude: 33.6, longitude: -84.4 },
  CDG: { latitude: 49, longitude: 2.5 },
  DEN: { latitude: 39.9, longitude: -104.7 },
  DFW: { latitude: 32.9, longitude: -97 },
  FRA: { latitude: 50, longitude: 8.6 },
  GRU: { latitude: -23.4, longitude: -46.5 },
  HKG: { latitude: 22.3, longitude: 113.9 },
  IAD: { latitude: 38.9, longitude: -77.5 },
  ICN: { latitude: 37.5, longitude: 126.4 },
  JFK: { latitude: 40.6, longitude: -73.8 },
  LAX: { latitude: 33.9, longitude: -118.4 },
  LHR: { latitude: 51.5, longitude: -0.5 },
  MAD: { latitude: 40.5, longitude: -3.6 },
  MEL: { latitude: -37.7, longitude: 144.8 },
  MIA: { latitude: 25.8, longitude: -80.3 },
  MXP: { latitude: 45.6, longitude: 8.7 },
  NRT: { latitude: 35.8, longitude: 140.4 },
  ORD: { latitude: 42, longitude: -87.9 },
  SEA: { latitude: 47.4, longitude: -122.3 },
  SIN: { latitude: 1.4, longitude: 104 },
  SJC: { latitude: 37.4, longitude: -121.9 },
  SYD: { latitude: -33.9, longitude: 151.2 },
  WAW: { latitude: 52.2, longitude: 21 },
  YYZ: { latitude: 43.7, longitude: -79.6 },
};

/** Where a city stands; one that no site can be in stands where the Greenwich meridian meets the equator. */
export function positionOf(city: string): Position {
  return CITY_POSITIONS[city] ?? { latitude: 0, longitude: 0 };
}
