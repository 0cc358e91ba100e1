import { checkEnvironment } from "../../../../constructs/fleet/check-environment";
import type { AdoptedObject } from "../../../../constructs/fleet/fleet-provider";
import { stackpathFleet, testEnvironment } from "../../../environment-for-tests";
import { only, synthesize } from "../../../synthesize";

const WORKLOAD = "stackpath_compute_workload";
const ADDRESS = { "anycast.platform.stackpath.net/subnets": "203.0.113.1/32" };
const check = (object: AdoptedObject) => stackpathFleet().checkAdopted?.(object);
const before = { slug: "edge-prod", annotations: ADDRESS };

describe("a slug that was there before", () => {
  const stack = synthesize(testEnvironment({ fleets: [stackpathFleet({ slug: "edge-prod" })] }))[
    "stackpath-fleet"
  ];

  test("is the workload's, and nothing else is", () => {
    expect(only(stack, WORKLOAD)).toMatchObject({
      slug: "edge-prod",
      name: "test-stackpath",
      labels: { "polycast-fleet": "test-stackpath" },
    });
    expect(only(stack, "stackpath_compute_network_policy")["slug"]).toBe("test-stackpath");
  });

  const problems = (slug: string) =>
    checkEnvironment(testEnvironment({ fleets: [stackpathFleet({ slug })] }), () => ({
      id: "r1",
      image: "polycast/edge-node:r1",
    })).map(({ where, what }) => `${where}: ${what}`);

  test.each(["Edge", "-edge", "edge-", "ed--ge", "edge.prod", ""])("%j is none", (slug) => {
    expect(problems(slug)).toEqual([
      `fleets.stackpath.slug: "${slug}" is no slug; small letters, digits and hyphens make one`,
    ]);
  });

  test("counts for the length of the nodes' host names", () => {
    expect(problems("e".repeat(51))).toEqual([]);
    expect(problems("e".repeat(52))).toEqual([
      'fleets.stackpath.sites["SEA"]: its nodes\' host names would have 64 characters; 63 are allowed',
    ]);
  });
});

describe("adopting a workload", () => {
  test("with the slug and an address is sound", () => {
    expect(check({ type: WORKLOAD, before, after: { slug: "edge-prod" } })).toEqual([]);
  });

  test("another slug would replace it, and says which wish keeps it", () => {
    expect(check({ type: WORKLOAD, before, after: { slug: "test-stackpath" } })).toEqual([
      {
        where: "fleets.stackpath.slug",
        what: expect.stringContaining('"edge-prod", the fleet\'s would be "test-stackpath"') as string,
        remedy: 'Keep it: stackpath({ slug: "edge-prod", ... }) in the environment.',
      },
    ]);
  });

  test.each([null, undefined, {}, { "anycast.platform.stackpath.net": "true" }])(
    "annotations %j hold no address",
    (annotations) => {
      const found = check({ type: WORKLOAD, before: { ...before, annotations }, after: before }) ?? [];
      expect(found.map(({ what }) => what)).toEqual([expect.stringContaining("has no anycast address")]);
    },
  );

  test("other objects have nothing to lose", () => {
    expect(check({ type: "stackpath_compute_network_policy", before: {}, after: { slug: "x" } })).toEqual([]);
  });
});
