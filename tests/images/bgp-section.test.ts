import { existsSync } from "node:fs";
import path from "node:path";
import { bgpSchema } from "../../constructs/fleet/node-file";
import { where } from "../tools";
import { bgpNode, known, listed, NOWHERE, ROUTE4, ROUTE6, routers } from "./bgp-node";

const withPython = where("python3");
const { output, configure, text } = bgpNode();

describe("a node that announces", () => {
  withPython("has what announces among the parts that make it healthy", async () => {
    expect(await configure(known())).toMatchObject({ status: 0, stderr: "" });
    expect((JSON.parse(text("healthz.json")) as { units: string[] }).units).toEqual(
      expect.arrayContaining(["polycast-bird", "polycast-announcer"]),
    );
    expect(JSON.parse(text("bgp.json"))).toEqual({
      bgp: known(),
      health: { port: 8080, path: "/healthz" },
    });
  });

  withPython("has no port for its health in its firewall: nobody but itself asks", async () => {
    const elements = () => text("firewall.nft").match(/\{.*\}/g);
    await configure(known());
    expect(elements()).toEqual(["{ 443 }"]);
    await configure(undefined);
    expect(elements()).toEqual(["{ 443, 8080 }"]);
  });

  withPython("is none without the section", async () => {
    await configure(known());
    await configure(undefined);
    expect(existsSync(path.join(output, "bgp.json"))).toBe(false);
    expect(text("healthz.json")).not.toContain("polycast-bird");
  });
});

describe("a bgp section that cannot be used", () => {
  const [first, second] = routers(NOWHERE);
  const cases: [string, unknown, RegExp][] = [
    ["no object", 1, /bgp is 1; an object is wanted/],
    ["no AS", { ...known(), asn: undefined }, /bgp\.asn is missing; 1 to 4294967295 is wanted/],
    ["an AS that is none", { ...known(), asn: 0 }, /bgp\.asn is 0/],
    ["an AS in quotes", { ...known(), asn: "64512" }, /bgp\.asn is "64512"/],
    ["no routes", { ...known(), routes: [] }, /bgp\.routes is \[\]; a list with a route is wanted/],
    [
      "a prefix that is none",
      { ...known(), routes: [{ ...ROUTE4, prefix: "203.0.113.0/33" }] },
      /routes\[0\]\.prefix is "203\.0\.113\.0\/33"/,
    ],
    [
      "a route without an address",
      { ...known(), routes: [{ ...ROUTE4, addresses: [] }] },
      /routes\[0\]\.addresses is \[\]/,
    ],
    ["no neighbours", { ...known(), neighbours: [] }, /bgp\.neighbours is \[\]; a list of routers/],
    [
      "a neighbour's name",
      { ...known(), neighbours: [{ ...first, address: "router" }, second] },
      /neighbours\[0\]\.address is "router"/,
    ],
    [
      "configuration for a name",
      { ...known(), neighbours: [{ ...first, address: "10.0.0.1; export all" }, second] },
      /neighbours\[0\]\.address is "10\.0\.0\.1; export all"/,
    ],
    [
      "no hops",
      { ...known(), neighbours: [{ ...first, hops: 0 }, second] },
      /neighbours\[0\]\.hops is 0; 1 to 255/,
    ],
    [
      "a source that is none",
      { ...known(), neighbours: [{ ...first, source: "eth0" }, second] },
      /neighbours\[0\]\.source is "eth0"/,
    ],
    [
      "a file for metadata",
      { ...listed(), neighbours: { url: "file:///etc/shadow", pointer: "/" } },
      /neighbours\.url is "file:/,
    ],
    [
      "a pointer that is none",
      { ...listed(), neighbours: { url: "http://x/", pointer: "x" } },
      /neighbours\.pointer is "x"/,
    ],
    ["a gateway that is none", { ...listed(), gateway: "bond0" }, /bgp\.gateway is "bond0"/],
    ["a password in it", { ...known(), password: "x" }, /bgp\.password is "x"; true or false is wanted/],
  ];
  const onlyTheNode: [string, unknown, RegExp][] = [
    [
      "the whole internet",
      { ...known(), routes: [{ ...ROUTE4, prefix: "0.0.0.0/0" }, ROUTE6] },
      /routes\[0\]\.prefix is "0\.0\.0\.0\/0"/,
    ],
    [
      "host bits",
      { ...known(), routes: [{ ...ROUTE4, prefix: "203.0.113.1/24" }, ROUTE6] },
      /without host bits/,
    ],
    [
      "an address outside",
      { ...known(), routes: [{ ...ROUTE4, addresses: ["198.51.100.1"] }, ROUTE6] },
      /addresses has "198\.51\.100\.1"; an address in "203\.0\.113\.0\/24"/,
    ],
    [
      "one prefix twice",
      { ...known(), routes: [ROUTE4, ROUTE4, ROUTE6] },
      /routes\[1\] is the second one for 203/,
    ],
    ["a route that nobody is told", { ...known(), neighbours: [first] }, /no router over IPv6/],
    [
      "a router that is told nothing",
      { ...known(), routes: [ROUTE4] },
      /nothing to announce to the routers over IPv6/,
    ],
    [
      "an address of one link",
      { ...known(), neighbours: [first, { ...second, address: "fe80::1" }] },
      /neighbours\[1\]\.address is "fe80::1"/,
    ],
    [
      "a source of the other family",
      { ...known(), neighbours: [{ ...first, source: "2001:db8::1" }, second] },
      /of another family than 169/,
    ],
  ];

  withPython.each([...cases, ...onlyTheNode])("is refused: %s", async (_, bgp, reason) => {
    const { status, stderr } = await configure(bgp);
    expect(stderr).toMatch(reason);
    expect(stderr).not.toContain("Traceback");
    expect(status).toBe(1);
    expect(existsSync(output)).toBe(false);
  });

  test.each(cases)("is refused by the schema too: %s", (_, bgp) => {
    expect(bgpSchema.safeParse(bgp).success).toBe(false);
  });

  test("is none of those that the proofs use", () => {
    for (const bgp of [known(), listed()]) expect(bgpSchema.safeParse(bgp).error).toBeUndefined();
  });

  withPython("is refused with all its problems at once", async () => {
    const { stderr } = await configure({ asn: 0, routes: [{}], neighbours: [{ source: 1 }], gateway: 1 });
    expect(stderr.split("\n").filter((line) => line.startsWith("  - "))).toHaveLength(9);
  });
});
