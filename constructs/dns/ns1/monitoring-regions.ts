import type { Position } from "../../fleet/cloud-life";

/**
 * Where NS1's monitors look from, named after the airport of the city: the nine regions that its users know
 * (`GET /v1/monitoring/regions` lists those of an account). Positions are the airports'.
 */
export const MONITORING_REGIONS = {
  ams: { latitude: 52.31, longitude: 4.76 },
  dal: { latitude: 32.85, longitude: -96.85 },
  gru: { latitude: -23.44, longitude: -46.47 },
  lga: { latitude: 40.78, longitude: -73.87 },
  lhr: { latitude: 51.47, longitude: -0.45 },
  nrt: { latitude: 35.77, longitude: 140.39 },
  sin: { latitude: 1.36, longitude: 103.99 },
  sjc: { latitude: 37.36, longitude: -121.93 },
  syd: { latitude: -33.95, longitude: 151.18 },
} as const satisfies Readonly<Record<string, Position>>;

export type MonitoringRegion = keyof typeof MONITORING_REGIONS;
