import { route53, type Route53Options } from "../../../../constructs/dns/route53/route53";
import {
  capacity,
  cost,
  failover,
  roundRobin,
  weighted,
  within,
} from "../../../../constructs/dns/traffic-policy";
import { checkForm } from "../../../../constructs/fleet/environment-form";
import { awsFleet, stackpathFleet, testEnvironment } from "../../../environment-for-tests";
import { only, resources, synthesize, type StackJson, type Values } from "../../../synthesize";

function edgeDns(options: Route53Options, changes: Parameters<typeof testEnvironment>[0] = {}): StackJson {
  return synthesize(testEnvironment({ dns: route53(options), ...changes }))["edge-dns"] as StackJson;
}

const named = (stack: StackJson, name: string): readonly Values[] =>
  resources(stack, "aws_route53_record").filter((record) => record["name"] === `${name}.edge.example.net`);

describe("the edge at Route 53", () => {
  test("is a zone, a check of each fleet, and a wildcard that leads to the policy", () => {
    const stack = edgeDns({ policy: weighted({ aws: 25, stackpath: 75 }) });
    expect(only(stack, "aws_route53_zone")).toMatchObject({ name: "edge.example.net" });
    expect(resources(stack, "aws_route53_health_check")).toMatchObject([
      {
        type: "TCP",
        ip_address: "${data.terraform_remote_state.aws-fleet.outputs.anycast_ipv4}",
        port: 443,
        request_interval: 30,
        failure_threshold: 3,
        tags: { Name: "aws, A of edge.example.net" },
      },
      { tags: { Name: "stackpath, A of edge.example.net" } },
    ]);
    const [wildcard] = named(stack, "*");
    expect(wildcard).toMatchObject({
      type: "A",
      alias: { name: "everywhere._edge.edge.example.net", evaluate_target_health: false },
    });
    expect(wildcard).not.toHaveProperty("ttl");
    expect(named(stack, "weighted-1.everywhere._edge")).toMatchObject([
      {
        ttl: 60,
        set_identifier: "aws",
        weighted_routing_policy: { weight: 25 },
        records: ["${data.terraform_remote_state.aws-fleet.outputs.anycast_ipv4}"],
        health_check_id: expect.stringContaining("aws_route53_health_check.") as string,
      },
      { set_identifier: "stackpath", weighted_routing_policy: { weight: 75 } },
    ]);
    for (const last of named(stack, "weighted-all.everywhere._edge")) {
      expect(last).not.toHaveProperty("health_check_id");
    }
  });

  test("waits for what an alias leads to, and lets go of it later", () => {
    const stack = edgeDns({ policy: roundRobin() });
    const [wildcard] = named(stack, "*");
    expect(wildcard?.["depends_on"]).toHaveLength(3); // and the mark that these records are ours
    for (const record of resources(stack, "aws_route53_record")) {
      expect(record["lifecycle"]).toEqual({ create_before_destroy: true });
    }
  });

  test("says in each plan how far rounding takes the shares off", () => {
    expect(edgeDns({ policy: roundRobin() }).output["rounding"]?.value).toBe("none");
    const uneven = edgeDns({ policy: weighted({ aws: 1, stackpath: 1000 }) });
    expect(uneven.output["rounding"]?.value).toBe(
      "at most 0.29 points of a fleet's share, whichever of them are healthy",
    );
  });

  test("has AAAA records and checks for IPv6", () => {
    const stack = edgeDns({ policy: roundRobin() }, { fleets: [awsFleet({ ipv6: true })] });
    expect(named(stack, "*").map(({ type }) => type)).toEqual(["A", "AAAA"]);
    expect(resources(stack, "aws_route53_health_check")).toHaveLength(2);
  });

  test("checks from where it is told to, and takes the TTL of the environment", () => {
    const stack = edgeDns({
      policy: roundRobin(),
      ttl: 20,
      healthCheckRegions: ["us-east-1", "eu-west-1", "ap-southeast-1"],
    });
    expect(resources(stack, "aws_route53_health_check")[0]).toMatchObject({
      regions: ["us-east-1", "eu-west-1", "ap-southeast-1"],
    });
    expect(named(stack, "multivalue-1.everywhere._edge")[0]).toMatchObject({
      ttl: 20,
      multivalue_answer_routing_policy: true,
    });
  });

  test("keeps its zone, and is behind dummy credentials in the sandbox only", () => {
    const real = edgeDns({ policy: roundRobin() }, { sandbox: false });
    expect(only(real, "aws_route53_zone")["lifecycle"]).toEqual({ prevent_destroy: true });
    const tags = { "polycast:environment": "test" };
    expect(real.provider["aws"]).toEqual([{ region: "us-east-1", default_tags: [{ tags }] }]);
    expect(edgeDns({ policy: roundRobin() }).provider["aws"]).toMatchObject([
      { access_key: "sandbox", allowed_account_ids: ["000000000000"] },
    ]);
  });
});

describe("what Route 53 cannot do", () => {
  const refused = (...args: Parameters<typeof edgeDns>): string => {
    try {
      edgeDns(...args);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error("nothing was refused");
  };

  test("is refused by name of policy and back end, with all other problems", () => {
    const message = refused({
      policy: capacity(),
      within: [
        within("EUROPE", cost({ aws: 1, stackpath: 2 })),
        within("US-EAST", failover(["aws", "stackpath"])),
      ],
      ttl: 0,
    });
    expect(message).toContain("dns.policy: Route 53 cannot carry out capacity()");
    expect(message).toContain("dns.within.EUROPE: Route 53 cannot carry out cost()");
    expect(message).toContain("dns.within.US-EAST: Route 53 cannot tell");
    expect(message).toContain("dns.ttl");
  });

  test("fleets without a TCP port are refused: nothing could be checked", () => {
    expect(refused({ policy: roundRobin() }, { listeners: [{ port: 53, protocol: "UDP" }] })).toMatch(
      /listeners.*no TCP port/,
    );
  });

  test("misspelt options are reported when the environment is loaded", () => {
    const options = {
      policy: roundRobin(),
      healthCheckRegions: ["us-east-1", "mars"],
    } as unknown as Route53Options;
    const where = checkForm(testEnvironment({ dns: route53(options) })).map((problem) => problem.where);
    expect(where).toContain("dns.healthCheckRegions.1");
    expect(where).toContain("dns.healthCheckRegions");
  });

  test("a fleet is no worse off for another: StackPath alone does", () => {
    expect(named(edgeDns({ policy: roundRobin() }, { fleets: [stackpathFleet()] }), "*")).toHaveLength(1);
  });
});
