import { fleetAlarms } from "../../../../constructs/management/cloudwatch/fleet-alarms";
import { watchedIn } from "../../../../constructs/management/watched-fleets";
import { capacity } from "../../../../constructs/dns/traffic-policy";
import { ns1 } from "../../../../constructs/dns/ns1/ns1";
import { testEnvironment } from "../../../environment-for-tests";

test("a fleet's alarms are its own, without those of the environment and of other fleets", () => {
  const props = watchedIn(testEnvironment({ dns: ns1({ policy: capacity() }) }));
  const aws = fleetAlarms(props, "aws");
  expect(aws).toEqual([
    { name: "test-aws-us-east-1-no-healthy-node", region: "us-east-1" },
    { name: "test-aws-us-east-1-errors", region: "us-east-1" },
    { name: "test-aws-us-east-1-log-silence", region: "us-east-1" },
  ]);
  expect(fleetAlarms(props, "stackpath").map(({ name }) => name)).toEqual([
    "test-stackpath-SEA-no-healthy-node",
    "test-stackpath-SEA-errors",
    "test-stackpath-us-east-1-log-silence",
  ]);
  expect(fleetAlarms(props, "other")).toEqual([]);
});
