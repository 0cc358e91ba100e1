import { doorAt, letsIn, openPorts, ownFirewall } from "../../../constructs/fleet/open-ports";
import { userData } from "../../../constructs/fleet/user-data";
import { nodeFile } from "../../sandbox/world/sample-world";

const https = { family: "ipv4", protocol: "TCP", from: 443, to: 443 } as const;

test.each([
  ["192.0.2.1", "ipv4"],
  ["2001:db8::1", "ipv6"],
] as const)("a port of %s is one of %s", (address, family) => {
  expect(doorAt({ address, protocol: "UDP", port: 53 })).toEqual({ family, protocol: "UDP", port: 53 });
});

test.each([
  ["the port itself", {}, true],
  ["the port before", { port: 442 }, false],
  ["the port after", { port: 444 }, false],
  ["the other protocol", { protocol: "UDP" }, false],
  ["the other family", { family: "ipv6" }, false],
] as const)("an open port lets in: %s", (_, changes, isIn) => {
  expect(letsIn([https], { family: "ipv4", protocol: "TCP", port: 443, ...changes })).toBe(isIn);
});

test("both ends of a range are in it", () => {
  const range = [{ ...https, from: 100, to: 200 }];
  const isIn = (port: number) => letsIn(range, { family: "ipv4", protocol: "TCP", port });
  expect([99, 100, 200, 201].map(isIn)).toEqual([false, true, true, false]);
});

describe("what all rules of a firewall let in together", () => {
  const tcp = (isOpen: (port: number) => boolean, ...rules: readonly [number, number][]) =>
    openPorts(
      rules.map(([from, to]) => ({ from, to })),
      ({ family, protocol, port }) => family === "ipv4" && protocol === "TCP" && isOpen(port),
    ).map(({ from, to }) => [from, to]);

  test("without rules: nothing, or everything", () => {
    expect(tcp(() => false)).toEqual([]);
    expect(tcp(() => true)).toEqual([[1, 65_535]]);
  });

  test("a rule's own range, to its last port", () => {
    expect(tcp((port) => port >= 400 && port <= 500, [400, 500])).toEqual([[400, 500]]);
  });

  test("a hole in a range", () => {
    const isOpen = (port: number) => port >= 10 && port <= 20 && port !== 15;
    expect(tcp(isOpen, [10, 20], [15, 15])).toEqual([
      [10, 14],
      [16, 20],
    ]);
  });

  test("ranges side by side are one", () => {
    expect(tcp((port) => port >= 10 && port <= 20, [10, 14], [15, 20])).toEqual([[10, 20]]);
  });

  test("the last port, and a range that begins before the first", () => {
    expect(tcp(() => true, [0, 65_535])).toEqual([[1, 65_535]]);
    expect(tcp((port) => port === 65_535, [65_535, 65_535])).toEqual([[65_535, 65_535]]);
  });

  test("each family and protocol by itself", () => {
    const open = openPorts([], ({ family, protocol }) => family === "ipv6" && protocol === "UDP");
    expect(open).toEqual([{ family: "ipv6", protocol: "UDP", from: 1, to: 65_535 }]);
  });
});

describe("where only the node has a firewall", () => {
  test("it lets clients in at its listeners, in both families, and not at its health endpoint", () => {
    const listeners = [
      { port: 443, protocol: "UDP", role: "edge" },
      { port: 2222, protocol: "TCP", role: "tunnel" },
    ] as const;
    const open = ownFirewall(userData(nodeFile({ listeners: [...listeners] })));
    expect(open.map(({ family, protocol, from, to }) => `${family} ${protocol} ${from}-${to}`)).toEqual([
      "ipv4 UDP 443-443",
      "ipv4 TCP 2222-2222",
      "ipv6 UDP 443-443",
      "ipv6 TCP 2222-2222",
    ]);
  });

  test("a node without a file opens nothing", () => {
    expect(ownFirewall("")).toEqual([]);
  });
});
