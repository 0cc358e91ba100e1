/** The regions of the world that NS1 can tell clients apart by: https://github.com/ns1/ns1-go/blob/v2.9.0/rest/model/data/meta.go */
export const GEOREGIONS = [
  "AFRICA",
  "ASIAPAC",
  "EUROPE",
  "SOUTH-AMERICA",
  "US-CENTRAL",
  "US-EAST",
  "US-WEST",
] as const;

export type Georegion = (typeof GEOREGIONS)[number];
