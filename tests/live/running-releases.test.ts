import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileLiveStore } from "../../live/file-live-store";
import type { LiveRecord } from "../../live/live-record";
import { runningReleases } from "../../live/running-releases";
import { awsFleet, testEnvironment } from "../environment-for-tests";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "polycast-running-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const environment = testEnvironment({ fleets: [awsFleet()] });

async function running(
  recorded: LiveRecord["fleets"],
  deployed: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): Promise<object> {
  const store = fileLiveStore("test", directory);
  const { version } = await store.read();
  await store.write({ version: 1, environment: "test", fleets: recorded }, version);
  mkdirSync(path.join(directory, "state"), { recursive: true });
  for (const [fleet, outputs] of Object.entries(deployed)) {
    const values = Object.entries(outputs).map(([name, value]) => [name, { value, type: "string" }]);
    const state = { version: 4, outputs: Object.fromEntries(values) as object };
    writeFileSync(path.join(directory, "state", `${fleet}-fleet.tfstate`), JSON.stringify(state));
  }
  return Object.fromEntries(await runningReleases(environment, store));
}

test("a fleet runs what is recorded, at each of its sites", async () => {
  const aws = { release: "r1", sites: { "us-east-1": "r2" }, share: 100 };
  expect(await running({ aws })).toEqual({ aws: ["r1", "r2"] });
});

test("it may run what was deployed before, until a deploy has come to its end", async () => {
  const deployed = { aws: { release: "r0", site_releases: "us-east-1=r1" } };
  expect(await running({ aws: { release: "r2", share: 100 } }, deployed)).toEqual({
    aws: ["r2", "r0", "r1"],
  });
  expect(await running({}, deployed)).toEqual({ aws: ["r0", "r1"] });
});

test("a site that the environment no longer has counts while it is deployed", async () => {
  const aws = { release: "r1", sites: { "eu-west-1": "r2" }, share: 100 };
  expect(await running({ aws })).toEqual({ aws: ["r1"] });
  const deployed = { aws: { release: "r1", site_releases: "eu-west-1=r2" } };
  expect(await running({ aws }, deployed)).toEqual({ aws: ["r1", "r2"] });
});

test("a fleet that is only recorded counts, and one of which nothing is known does not", async () => {
  expect(await running({ retired: { release: "r1", share: 0 } })).toEqual({ retired: ["r1"] });
});
