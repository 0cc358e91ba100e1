import { awsFleet } from "../../../environment-for-tests";

const ACCELERATOR = "aws_globalaccelerator_accelerator";
const adopting = (before: string, after: string, type = ACCELERATOR) =>
  awsFleet().checkAdopted?.({ type, before: { ip_address_type: before }, after: { ip_address_type: after } });

test("IPv6 addresses are not given back unsaid", () => {
  expect(adopting("DUAL_STACK", "IPV4")).toEqual([
    {
      where: "fleets.aws.ipv6",
      what: "is off, but the accelerator has IPv6 addresses, which would be lost for good",
      remedy: "Switch it on: aws({ ipv6: true, ... }) in the environment.",
    },
  ]);
});

test.each([
  ["IPV4", "IPV4"],
  ["IPV4", "DUAL_STACK"],
  ["DUAL_STACK", "DUAL_STACK"],
])("from %s to %s nothing is lost", (before, after) => {
  expect(adopting(before, after)).toEqual([]);
});

test("a load balancer holds no address of a fleet's", () => {
  expect(adopting("DUAL_STACK", "IPV4", "aws_lb")).toEqual([]);
});
