import { ns1 } from "../../constructs/dns/ns1/ns1";
import { weighted, type TrafficPolicy } from "../../constructs/dns/traffic-policy";
import type { Environment } from "../../constructs/fleet/environment";
import type { ReleaseManifest } from "../../constructs/image/release-manifest";
import type { LiveRecord } from "../../live/live-record";
import { awsFleet, stackpathFleet, testEnvironment } from "../environment-for-tests";

/** The pair of docs/rollouts.md: a quarter and three quarters of the traffic, 40,000 connections each. */
export function pair(
  policy: TrafficPolicy = weighted({ aws: 25, stackpath: 75 }),
  changes: Partial<Environment> = {},
): Environment {
  const connectionsPerNode = 20_000;
  return testEnvironment({
    dns: ns1({ policy }),
    fleets: [awsFleet({ connectionsPerNode }), stackpathFleet({ connectionsPerNode })],
    ...changes,
  });
}

const images = (id: string) => ({ aws: { "us-east-1": `ami-${id}` }, stackpath: `registry/edge:${id}` });

export const MANIFEST: ReleaseManifest = {
  version: 1,
  image: "edge-node",
  channels: { candidate: "r2", stable: "r1" },
  releases: {
    r1: { images: images("r1") },
    r2: { images: images("r2") },
    r3: { images: { aws: images("r3").aws }, revoked: "leaks" },
  },
};

/** Both fleets run r1 with their whole share, but for the changes. */
export function record(changes: LiveRecord["fleets"] = {}): LiveRecord {
  const live = { release: "r1", share: 100 };
  return { version: 1, environment: "test", fleets: { aws: live, stackpath: live, ...changes } };
}
