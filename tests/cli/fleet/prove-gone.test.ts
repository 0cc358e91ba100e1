import { holds } from "../../../cli/fleet/prove-gone";

describe("an answer leads to a fleet", () => {
  test.each<[string, string, boolean]>([
    ["203.0.113.1", "203.0.113.1", true],
    ['{"answer":"203.0.113.1"}', "203.0.113.1", true],
    ["203.0.113.10", "203.0.113.1", false],
    ["120.3.0.113.1", "20.3.0.113", false],
    ["203x0.113.1", "203.0.113.1", false],
    ["2001:db8::1", "2001:db8::1", true],
    ["2001:db8::12", "2001:db8::1", false],
    ["a2001:db8::1", "2001:db8::1", false],
    ["0 1 2222 aws.tunnel.edge.example.net", "aws.tunnel.edge.example.net", true],
    ["0 1 2222 aws.tunnel.edge.example.net.", "aws.tunnel.edge.example.net", true],
    ["0 1 2222 AWS.tunnel.edge.example.net", "aws.tunnel.edge.example.net", true],
    ["0 1 2222 new-aws.tunnel.edge.example.net", "aws.tunnel.edge.example.net", false],
    ["aws.tunnel.edge.example.net.example.com", "aws.tunnel.edge.example.net", false],
  ])("%s, looked for %s: %s", (answer, trace, found) => {
    expect(holds(answer, trace)).toBe(found);
  });
});
