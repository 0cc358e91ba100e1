/**
 * Cities that StackPath's edge computing ran in, by the code that a target's `cityCode` selector takes.
 * From the vendor's last published map; the service has closed, so it cannot be asked any more.
 */
export const CITY_CODES: readonly string[] = [
  ...[
    "AMS",
    "ARN",
    "ATL",
    "CDG",
    "DEN",
    "DFW",
    "FRA",
    "GRU",
    "HKG",
    "IAD",
    "ICN",
    "JFK",
    "LAX",
    "LHR",
    "MAD",
  ],
  ...["MEL", "MIA", "MXP", "NRT", "ORD", "SEA", "SIN", "SJC", "SYD", "WAW", "YYZ"],
];
