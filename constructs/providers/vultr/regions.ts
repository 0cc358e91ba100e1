import type { Position } from "../../fleet/cloud-life";

/**
 * Vultr's regions, and the city that each is named after (https://api.vultr.com/v2/regions). No page of Vultr's names one
 * that would not pass on what instances announce.
 */
export const REGION_POSITIONS: Readonly<Record<string, Position>> = {
  ams: { latitude: 52.4, longitude: 4.9 },
  atl: { latitude: 33.7, longitude: -84.4 },
  blr: { latitude: 13, longitude: 77.6 },
  bom: { latitude: 19.1, longitude: 72.9 },
  cdg: { latitude: 48.9, longitude: 2.4 },
  del: { latitude: 28.6, longitude: 77.2 },
  dfw: { latitude: 32.8, longitude: -96.8 },
  ewr: { latitude: 40.6, longitude: -74.4 },
  fra: { latitude: 50.1, longitude: 8.7 },
  hnl: { latitude: 21.3, longitude: -157.9 },
  icn: { latitude: 37.6, longitude: 127 },
  itm: { latitude: 34.7, longitude: 135.5 },
  jnb: { latitude: -26.2, longitude: 28 },
  lax: { latitude: 34.1, longitude: -118.2 },
  lhr: { latitude: 51.5, longitude: -0.1 },
  mad: { latitude: 40.4, longitude: -3.7 },
  man: { latitude: 53.5, longitude: -2.2 },
  mel: { latitude: -37.8, longitude: 145 },
  mex: { latitude: 19.4, longitude: -99.1 },
  mia: { latitude: 25.8, longitude: -80.2 },
  nrt: { latitude: 35.7, longitude: 139.7 },
  ord: { latitude: 41.9, longitude: -87.6 },
  sao: { latitude: -23.6, longitude: -46.6 },
  scl: { latitude: -33.4, longitude: -70.7 },
  sea: { latitude: 47.6, longitude: -122.3 },
  sgp: { latitude: 1.4, longitude: 103.8 },
  sjc: { latitude: 37.3, longitude: -121.9 },
  sto: { latitude: 59.3, longitude: 18.1 },
  syd: { latitude: -33.9, longitude: 151.2 },
  tlv: { latitude: 32.1, longitude: 34.8 },
  waw: { latitude: 52.2, longitude: 21 },
  yto: { latitude: 43.7, longitude: -79.4 },
};

export const REGIONS: readonly string[] = Object.keys(REGION_POSITIONS);
