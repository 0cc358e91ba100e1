import { reportBuilders } from "../../../cli/image/builders";
import { cloudwatch } from "../../../constructs/management/cloudwatch/cloudwatch";
import { PolycastError } from "../../../constructs/fleet/problem";
import type { ManagementPlane } from "../../../constructs/management/management-plane";
import { FakeCloud } from "../../builds/fake-images";
import { awsFleet, stackpathFleet, testEnvironment } from "../../environment-for-tests";

let cloud: FakeCloud;
let told: unknown[];
beforeEach(() => {
  cloud = new FakeCloud();
  told = [];
});

function desk(report: ManagementPlane["report"] = tell) {
  const source = { ...cloud.source([]), template: "aws" };
  return {
    environment: {
      ...testEnvironment({ sandbox: false, fleets: [{ ...awsFleet(), image: source }] }),
      management: { ...cloudwatch({ region: "us-east-1", notify: ["ops@example.net"] }), report },
    },
    store: undefined as never,
    env: {},
  };
}
const tell: ManagementPlane["report"] = (...args) => {
  told.push(args);
  return Promise.resolve();
};

test("machines that build are counted, and whoever watches is told", async () => {
  expect(await reportBuilders(desk())).toEqual({ environment: "test", builders: [] });
  cloud.builders.add("test-edge-node-0123456789ab");
  expect((await reportBuilders(desk())).builders).toEqual([
    { provider: "aws", name: "test-edge-node-0123456789ab" },
  ]);
  expect(told).toEqual([
    ["test", "builders-running", 0],
    ["test", "builders-running", 1],
  ]);
});

test("a provider that cannot be asked is no zero: nobody is told", async () => {
  const { environment, ...rest } = desk();
  const builder = () => Promise.reject(new PolycastError("EC2 does not answer"));
  const [fleet = awsFleet()] = environment.fleets;
  const image = { ...cloud.source([]), template: "aws", builder };
  const fleets = [{ ...fleet, image }];
  await expect(reportBuilders({ ...rest, environment: { ...environment, fleets } })).rejects.toThrow("EC2");
  expect(told).toEqual([]);
});

test("that it could not be told is said, and fails nothing", async () => {
  const refuse = () => Promise.reject(new PolycastError("CloudWatch was not told"));
  expect(await reportBuilders(desk(refuse))).toMatchObject({
    builders: [],
    untold: "CloudWatch was not told",
  });
});

test("a provider whose images are not built here has no builder", async () => {
  const fleet = { ...stackpathFleet(), name: "hand-made", provider: "other" };
  delete (fleet as { image?: unknown }).image;
  const { environment, ...rest } = desk();
  const fleets = [...environment.fleets, fleet];
  expect((await reportBuilders({ ...rest, environment: { ...environment, fleets } })).builders).toEqual([]);
});
