import type { AlarmStatus, EdgeStatus, FleetStatus } from "./edge-status";
import { plainTable } from "./plain-table";

/** The status as a person reads it, at most 100 columns wide. */
export function statusText(status: EdgeStatus): string {
  const { environment, time, clockScale, stable, nodes, monitors, nodesUnknown } = status;
  const clock = clockScale === undefined ? "" : `, world time at ${clockScale}x`;
  return [
    `${environment} at ${time}${clock}; stable release ${stable ?? "none"}`,
    "",
    plainTable(
      ["fleet", "share", "addresses", "release", "healthy", "state"],
      status.fleets.map((fleet) => fleetRow(fleet, nodesUnknown === undefined)),
    ),
    "",
    nodesUnknown !== undefined
      ? `Nodes are not known here: ${nodesUnknown}`
      : nodes.length === 0
        ? "No nodes."
        : plainTable(
            ["fleet", "site", "node", "release", "health", "age", ""],
            nodes.map(({ fleet, site, name, release, health, ageSeconds, condition = "" }) => [
              ...[fleet, site, name, release, health, describeSeconds(ageSeconds), condition],
            ]),
          ),
    ...(monitors.length === 0
      ? []
      : [
          "",
          plainTable(
            ["monitor", "status", "for", "down from"],
            monitors.map(({ name, status: seen, forSeconds, downFrom }) => [
              ...[name, seen, describeSeconds(forSeconds), downFrom.join(" ")],
            ]),
          ),
        ]),
    ...alarmLines(status.alarms),
  ].join("\n");
}

/** Those that say something; of the others only that they are there. */
function alarmLines(alarms: readonly AlarmStatus[]): readonly string[] {
  if (alarms.length === 0) return [];
  const states = { ALARM: "raised", INSUFFICIENT_DATA: "no data", OK: "ok" };
  const loud = alarms.filter(({ state }) => state !== "OK");
  if (loud.length === 0) return ["", `alarms: ${alarms.length}, all ok`];
  return [
    "",
    plainTable(
      ["alarm", "state", "for"],
      loud.map(({ name, state, forSeconds }) => [name, states[state], describeSeconds(forSeconds)]),
    ),
    `${alarms.length - loud.length} more are ok`,
  ];
}

function fleetRow(
  {
    name,
    share,
    ipv4,
    ipv6,
    release,
    siteReleases,
    healthyNodes,
    allNodes,
    replacement,
    differences,
  }: FleetStatus,
  nodesKnown: boolean,
): string[] {
  const replacing = { none: [], running: ["replacing nodes"], failed: ["replacing nodes has failed"] };
  const states = [...differences, ...replacing[replacement]];
  return [
    name,
    ipv6 === undefined ? percent(share.ipv4) : `${percent(share.ipv4)}, IPv6 ${percent(share.ipv6)}`,
    [ipv4, ipv6].filter(Boolean).join(" ") || "-",
    // Which sites run another one is said in its state, and beside each node.
    release === undefined ? "-" : siteReleases === undefined ? release : `${release}, mixed`,
    nodesKnown ? `${healthyNodes}/${allNodes}` : "-",
    states.join("; ") || "in step",
  ];
}

function percent(share: number | null): string {
  return share === null ? "-" : `${Number(share.toFixed(1))} %`;
}

/** `45 s`, `12 min`, `3 h`, `2 d`: the largest unit that fits. */
export function describeSeconds(seconds: number): string {
  const units = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
  ] as const;
  const unit = units.find(([, length]) => seconds >= length);
  return unit === undefined ? `${Math.round(seconds)} s` : `${Math.floor(seconds / unit[1])} ${unit[0]}`;
}
