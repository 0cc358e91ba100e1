import { checkNotify, targetsOf } from "../../../../constructs/management/cloudwatch/notify";
import { AWS, STACKPATH } from "./sample-fleets";

const US = "arn:aws:sns:us-east-1:123456789012:ops";
const EU = "arn:aws:sns:eu-central-1:123456789012:ops";
const problems = (notify: readonly string[]): string[] =>
  checkNotify(notify, [AWS, STACKPATH], "us-east-1").map(({ where, what }) => `${where}: ${what}`);

test("targets are told apart by their form", () => {
  expect(targetsOf(["ops@example.net", US, EU, `${US}-2`])).toEqual({
    mail: ["ops@example.net"],
    topics: new Map([
      ["us-east-1", [US, `${US}-2`]],
      ["eu-central-1", [EU]],
    ]),
  });
});

test.each([[["ops@example.net"]], [[US, EU]], [["ops@example.net", US]]])("%j will do", (notify) => {
  expect(problems(notify)).toEqual([]);
});

test("a region whose alarms nobody hears is named", () => {
  expect(problems([US])).toEqual([
    "management.notify: nobody hears the alarms of eu-central-1: an alarm calls topics of its own region only",
  ]);
  // Only its own measurements are in that region.
  expect(checkNotify([US], [STACKPATH], "eu-west-1").map(({ what }) => what)).toEqual([
    expect.stringContaining("nobody hears the alarms of eu-west-1") as string,
  ]);
});

test.each([
  "https://events.example.net/integration/KEY",
  "arn:aws:sqs:us-east-1:123456789012:ops",
  "arn:aws:sns:us-east-1:1234:ops",
  "ops@",
  "+15550100",
])("%j is no target", (target) => {
  expect(problems(["ops@example.net", target])).toEqual([
    `management.notify: "${target}" is neither a mail address nor the ARN of an SNS topic`,
  ]);
});

test("more topics than an alarm can call are refused", () => {
  const topics = Array.from({ length: 5 }, (_, i) => `${US}-${i}`);
  expect(problems([...topics, EU])).toEqual([]);
  expect(problems([...topics, "ops@example.net"])).toEqual([
    "management.notify: an alarm calls 5 topics at most; us-east-1 has 5, besides that for mail",
  ]);
});
