import type { Position } from "../../fleet/cloud-life";

/**
 * Equinix Metal's metros, and the city of each: those of the facilities that
 * https://github.com/equinix/pulumi-equinix/blob/main/provider/resources.go lists, since Equinix' own pages are gone.
 */
export const METRO_POSITIONS: Readonly<Record<string, Position>> = {
  am: { latitude: 52.4, longitude: 4.9 },
  at: { latitude: 33.7, longitude: -84.4 },
  ch: { latitude: 41.9, longitude: -87.6 },
  da: { latitude: 32.8, longitude: -96.8 },
  dc: { latitude: 39, longitude: -77.5 },
  fr: { latitude: 50.1, longitude: 8.7 },
  he: { latitude: 60.2, longitude: 24.9 },
  hk: { latitude: 22.3, longitude: 114.2 },
  la: { latitude: 34.1, longitude: -118.2 },
  ld: { latitude: 51.5, longitude: -0.1 },
  ma: { latitude: 53.5, longitude: -2.2 },
  md: { latitude: 40.4, longitude: -3.7 },
  me: { latitude: -37.8, longitude: 145 },
  mt: { latitude: 45.5, longitude: -73.6 },
  ny: { latitude: 40.8, longitude: -74.1 },
  os: { latitude: 34.7, longitude: 135.5 },
  pa: { latitude: 48.9, longitude: 2.4 },
  se: { latitude: 47.6, longitude: -122.3 },
  sg: { latitude: 1.4, longitude: 103.8 },
  sk: { latitude: 59.3, longitude: 18.1 },
  sl: { latitude: 37.6, longitude: 127 },
  sp: { latitude: -23.6, longitude: -46.6 },
  sv: { latitude: 37.3, longitude: -121.9 },
  sy: { latitude: -33.9, longitude: 151.2 },
  tr: { latitude: 43.7, longitude: -79.4 },
  ty: { latitude: 35.7, longitude: 139.7 },
};

export const METROS: readonly string[] = Object.keys(METRO_POSITIONS);
