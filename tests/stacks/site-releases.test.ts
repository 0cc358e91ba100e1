import type { FleetProvider } from "../../constructs/fleet/fleet-provider";
import { emptyRecord } from "../../live/live-record";
import { awsFleet, equinixFleet, testEnvironment, vultrFleet } from "../environment-for-tests";
import { synthesize, type StackJson } from "../synthesize";

const TWO = { nodes: 2 };

/** A fleet's stack with r1 everywhere but at these sites, which run r2. */
function stackOf(fleet: FleetProvider, ...sites: string[]): StackJson {
  const environment = testEnvironment({ fleets: [fleet] });
  const mixed = Object.fromEntries(sites.map((site) => [site, "r2"]));
  const live = { release: "r1", ...(sites.length > 0 && { sites: mixed }), share: 100 };
  const record = { ...emptyRecord(environment.name), fleets: { [fleet.name]: live } };
  return synthesize(environment, record)[`${fleet.name}-fleet`] as StackJson;
}

/** Ids of the objects that differ. */
function differing(one: StackJson, other: StackJson): readonly string[] {
  const types = Object.keys({ ...one.resource, ...other.resource });
  return types.flatMap((type) => {
    const [before = {}, after = {}] = [one.resource[type], other.resource[type]];
    return Object.keys({ ...before, ...after })
      .filter((id) => JSON.stringify(before[id]) !== JSON.stringify(after[id]))
      .map((id) => `${type} ${id.replace(/_[0-9A-F]{8}$/, "")}`);
  });
}

describe.each([
  [
    "aws",
    awsFleet({ sites: { "us-east-1": TWO, "eu-central-1": TWO } }),
    ["us-east-1", "eu-central-1"],
    ["aws_launch_template fleet_us-east-1_nodes_launch-template"],
  ],
  [
    "vultr",
    vultrFleet({ sites: { ewr: TWO, ams: TWO } }),
    ["ewr", "ams"],
    ["vultr_instance fleet_ewr-1", "vultr_instance fleet_ewr-2"],
  ],
  [
    "equinix",
    equinixFleet({ sites: { ny: TWO, am: TWO } }),
    ["ny", "am"],
    [
      ...["ny-1", "ny-2"].map((id) => `equinix_metal_device fleet_${id}`),
      // Each asks for its device by name.
      ...["ny-1", "ny-2"].map((id) => `equinix_metal_bgp_session fleet_${id}-bgp`),
    ],
  ],
] as const)("a site of %s that runs another release", (_, fleet, [first, second], objects) => {
  const plain = stackOf(fleet);
  const mixed = stackOf(fleet, first);

  test("is the only one that another release changes", () => {
    expect(differing(plain, mixed).toSorted()).toEqual(["null_resource live-record", ...objects].toSorted());
  });

  test("is built of what a fleet of that release is built of", () => {
    const whole = stackOf(fleet, first, second);
    const rest = differing(mixed, whole).filter((id) => !id.startsWith("null_resource"));
    expect(rest.toSorted()).toEqual(objects.map((id) => id.replace(first, second)).toSorted());
  });

  test("is pinned in the live record, and stands in the outputs", () => {
    const pin = `node bin/polycast.js live pin --environment test --fleet ${fleet.name} --release r1`;
    expect(mixed.resource["null_resource"]?.["live-record"]).toMatchObject({
      triggers: { release: "r1", sites: `${first}=r2` },
      provisioner: [{ "local-exec": { command: `${pin} --sites ${first}=r2` } }],
    });
    expect([mixed.output["release"]?.value, mixed.output["site_releases"]?.value]).toEqual([
      "r1",
      `${first}=r2`,
    ]);
    expect(plain.output).not.toHaveProperty("site_releases");
    expect(plain.resource["null_resource"]?.["live-record"]?.["triggers"]).toEqual({ release: "r1" });
  });
});
