import { mkdirSync } from "node:fs";
import { ns1 } from "../constructs/dns/ns1/ns1";
import { roundRobin } from "../constructs/dns/traffic-policy";
import { environment } from "../constructs/fleet/environment";
import type { FleetProvider } from "../constructs/fleet/fleet-provider";
import { aws } from "../constructs/providers/aws/aws";
import { REGION_ZONES } from "../constructs/providers/aws/regions";
import { CITY_CODES } from "../constructs/providers/stackpath/cities";
import { stackpath } from "../constructs/providers/stackpath/stackpath";
import { planDeployment } from "../live/deployment";
import { emptyRecord } from "../live/live-record";
import { buildApp } from "../stacks/app";
import { synth } from "../stacks/synth";

// The app that bench/synth.ts times: BENCH_FLEETS fleets of BENCH_SITES sites, AWS and StackPath in turn.
// Prints its peak memory in MB.

const size = { cpu: 2, memoryGiB: 4 };
const sites = Number(process.env["BENCH_SITES"]);
const first = (names: readonly string[]) =>
  Object.fromEntries(names.slice(0, sites).map((name) => [name, { nodes: 2 }]));
const regions = Object.keys(REGION_ZONES);

function fleet(index: number): FleetProvider {
  const wish = { name: `fleet-${index}`, size, connectionsPerNode: 1_000 };
  return index % 2 === 0
    ? aws({ ...wish, sites: first(regions) })
    : stackpath({ ...wish, sites: first(CITY_CODES) });
}

const bench = environment({
  name: "bench",
  sandbox: true,
  zone: "edge.example.net",
  image: "edge-node",
  listeners: [{ port: 443, protocol: "TCP" }],
  controlPlaneUrl: "https://control.example.net",
  dns: ns1({ policy: roundRobin() }),
  fleets: Array.from({ length: Number(process.env["BENCH_FLEETS"]) }, (_, index) => fleet(index)),
  state: { kind: "local" },
});
const images = {
  aws: Object.fromEntries(regions.map((region) => [region, "ami-00000000000000001"])),
  stackpath: "polycast/edge-node:r1",
};
const manifest = {
  version: 1 as const,
  image: "edge-node",
  channels: { stable: "r1" },
  releases: { r1: { images } },
};

const outdir = process.env["CDKTF_OUTDIR"] ?? "cdktf.out";
mkdirSync(outdir, { recursive: true });
synth(() => buildApp(bench, planDeployment(bench, manifest, emptyRecord("bench")), { outdir }));
process.stderr.write(`peak ${Math.round(process.resourceUsage().maxRSS / 1024)}\n`);
