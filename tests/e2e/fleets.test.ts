/** The stacks under real Terraform: what each change of an environment does to what runs. */
import { ns1 } from "../../constructs/dns/ns1/ns1";
import { roundRobin } from "../../constructs/dns/traffic-policy";
import { updateLiveRecord } from "../../live/live-store";
import type { AwsWish } from "../../constructs/providers/aws/aws-wish";
import { awsFleet, stackpathFleet } from "../environment-for-tests";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";

jest.setTimeout(120_000);

const US: AwsWish["sites"] = { "us-east-1": { nodes: 2 } };
const EU: AwsWish["sites"] = { "eu-central-1": { nodes: 2 } };
const R2 = { aws: { release: "r2", share: 100 }, stackpath: { release: "r2", share: 100 } };

/** The changes of some types only. */
const ofTypes = (actions: Record<string, string>, ...types: string[]) =>
  Object.fromEntries(
    Object.entries(actions).filter(([address]) => types.includes(address.split(".")[0] ?? "")),
  );
const kinds = (actions: Record<string, string>) => [...new Set(Object.values(actions))].sort();

describeWithTerraform("the fleets under Terraform", () => {
  let deployed: DeployedEnvironment;
  beforeEach(async () => {
    deployed = new DeployedEnvironment();
    await deployed.start();
  });
  afterEach(() => deployed.stop());

  test("AWS: every change does what it should to what runs, and nothing else", async () => {
    const aws = async (wish: Partial<AwsWish>, more: Parameters<DeployedEnvironment["want"]>[0] = {}) => {
      const { environment = {}, ...rest } = more;
      await deployed.want({
        environment: { fleets: [awsFleet({ sites: US, ...wish })], ...environment },
        ...rest,
      });
      const actions = await deployed.apply("aws-fleet");
      // No drift: what was applied is what is wanted.
      expect(await deployed.plan("aws-fleet")).toEqual({});
      return actions;
    };

    const created = await aws({});
    expect(kinds(created)).toEqual(["create"]);
    const { anycast_ipv4: address, ...outputs } = await deployed.outputs("aws-fleet");
    expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(outputs).toEqual({ release: "r1", capacity_connections: 2000 });

    // A new release: a new version of the template, and the group rolls to it.
    const template = "aws_launch_template.fleet_us-east-1_nodes_launch-template";
    const group = "aws_autoscaling_group.fleet_us-east-1_nodes_group";
    const asked = "null_resource.live-record";
    expect(await aws({}, { live: R2 })).toEqual({
      [asked]: "delete, create",
      [template]: "update",
      [group]: "update",
    });
    expect(deployed.store.list("aws_launch_template")[0]?.attributes["latest_version"]).toBe(2);

    expect(await aws({ size: { cpu: 4, memoryGiB: 8 } }, { live: R2 })).toEqual({
      [template]: "update",
      [group]: "update",
    });
    const bigger = { size: { cpu: 4, memoryGiB: 8 } };

    expect(await aws({ ...bigger, sites: { "us-east-1": { nodes: 5 } } }, { live: R2 })).toEqual({
      [group]: "update",
    });
    expect(await aws(bigger, { live: R2 })).toEqual({ [group]: "update" });

    // A drained site: the endpoint's weight, nothing else.
    const endpoint = "aws_globalaccelerator_endpoint_group.fleet_endpoints-tcp-443-us-east-1";
    expect(
      await aws({ ...bigger, sites: { "us-east-1": { nodes: 2, endpointWeight: 0 } } }, { live: R2 }),
    ).toEqual({
      [endpoint]: "update",
    });
    await aws(bigger, { live: R2 });

    // UDP beside TCP: the listener of the port moves to a target group for both.
    const both = {
      listeners: [
        { port: 443, protocol: "TCP" },
        { port: 443, protocol: "UDP" },
      ] as const,
    };
    const widened = await aws(bigger, { live: R2, environment: both });
    expect(
      ofTypes(widened, "aws_lb_listener", "aws_lb_target_group", "aws_globalaccelerator_listener"),
    ).toEqual({
      "aws_lb_target_group.fleet_us-east-1_balancer_targets-tcp-443": "delete",
      "aws_lb_target_group.fleet_us-east-1_balancer_targets-tcp_udp-443": "create",
      "aws_lb_listener.fleet_us-east-1_balancer_listener-443": "update",
      "aws_globalaccelerator_listener.fleet_listener-udp-443": "create",
    });
    expect(Object.values(ofTypes(widened, "aws_lb", "aws_globalaccelerator_accelerator"))).toEqual([]);

    // A region more, and away again: the other region does not notice, and the address stays.
    const wider = await aws({ ...bigger, sites: { ...US, ...EU } }, { live: R2, environment: both });
    expect(kinds(wider)).toEqual(["create"]);
    expect(Object.keys(wider).filter((name) => !name.includes("eu-central-1"))).toEqual([]);
    const narrower = await aws(bigger, { live: R2, environment: both });
    expect(kinds(narrower)).toEqual(["delete"]);
    expect(Object.keys(narrower).sort()).toEqual(Object.keys(wider).sort());
    expect((await deployed.outputs("aws-fleet"))["anycast_ipv4"]).toBe(address);

    // Away: in an order that the cloud accepts, and nothing is left.
    const terraform = await deployed.terraform("aws-fleet");
    expect(await terraform.destroy()).toEqual([]);
    expect(deployed.store.list()).toEqual([]);
  });

  test.each<[string, Partial<AwsWish>]>([
    ["two regions", { sites: { ...US, ...EU } }],
    ["dual stack", { sites: US, ipv6: true }],
  ])("AWS: a fleet with a tunnel and %s comes up in one go, twice the same", async (_, wish) => {
    await deployed.want({
      environment: {
        fleets: [awsFleet(wish)],
        listeners: [
          { port: 443, protocol: "TCP" },
          { port: 2222, protocol: "TCP", role: "tunnel" },
        ],
        clientAffinity: "source-ip",
      },
    });
    await deployed.apply("aws-fleet");
    expect(await deployed.plan("aws-fleet")).toEqual({});
    const { anycast_ipv6: six } = await deployed.outputs("aws-fleet");
    if (wish.ipv6 === true) expect(six).toMatch(/^[0-9a-f:]+$/);
    else expect(six).toBeUndefined();
  });

  test("AWS: what was changed or deleted behind Terraform's back is planned back", async () => {
    await deployed.want({ environment: { fleets: [awsFleet()] } });
    await deployed.apply("aws-fleet");
    const change = (type: string, attributes: object) => {
      const [object] = deployed.store.list(type);
      if (object !== undefined)
        deployed.store.put({ ...object, attributes: { ...object.attributes, ...attributes } });
    };
    change("aws_autoscaling_group", { max_size: 9 });
    const [rule] = deployed.store.list("aws_vpc_security_group_ingress_rule");
    deployed.store.remove(rule?.type ?? "", rule?.id ?? "");
    const planned = await deployed.apply("aws-fleet");
    expect(planned["aws_autoscaling_group.fleet_us-east-1_nodes_group"]).toBe("update");
    expect(Object.values(ofTypes(planned, "aws_vpc_security_group_ingress_rule"))).toEqual(["create"]);
    expect(Object.keys(planned)).toHaveLength(2);
    expect(await deployed.plan("aws-fleet")).toEqual({});
  });

  test("StackPath: the address is unknown until the first apply, and every later change keeps it", async () => {
    const workload = "stackpath_compute_workload.fleet_workload";
    const firewall = "stackpath_compute_network_policy.fleet_firewall";
    await deployed.want({ environment: { fleets: [stackpathFleet()] } });
    const terraform = await deployed.terraform("stackpath-fleet");
    await terraform.plan();
    const { stdout } = await terraform.run("show", "-json", "plan.bin");
    const { output_changes: planned } = JSON.parse(stdout) as {
      output_changes: Record<string, { after_unknown: boolean }>;
    };
    expect(planned["anycast_ipv4"]?.after_unknown).toBe(true);

    const stackpath = async (
      wish: Parameters<typeof stackpathFleet>[0],
      more: Parameters<DeployedEnvironment["want"]>[0] = {},
    ) => {
      await deployed.want({ ...more, environment: { fleets: [stackpathFleet(wish)], ...more.environment } });
      const actions = await deployed.apply("stackpath-fleet");
      expect(await deployed.plan("stackpath-fleet")).toEqual({});
      return actions;
    };
    await stackpath({});
    const { anycast_ipv4: address } = await deployed.outputs("stackpath-fleet");
    expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);

    expect(await stackpath({}, { live: R2 })).toEqual({
      "null_resource.live-record": "delete, create",
      [workload]: "update",
    });
    expect(await stackpath({ size: { cpu: 4, memoryGiB: 16 } }, { live: R2 })).toEqual({
      [workload]: "update",
    });
    expect(await stackpath({ sites: { SEA: { nodes: 3 }, AMS: { nodes: 1 } } }, { live: R2 })).toEqual({
      [workload]: "update",
    });
    expect(await stackpath({ sites: { AMS: { nodes: 1 } } }, { live: R2 })).toEqual({ [workload]: "update" });
    expect(
      await stackpath({}, { live: R2, environment: { listeners: [{ port: 53, protocol: "UDP" }] } }),
    ).toEqual({
      [workload]: "update",
      [firewall]: "update",
    });
    expect(await stackpath({ logVolumeGiB: 20 }, { live: R2 })).toEqual({
      [workload]: "update",
      [firewall]: "update",
    });
    expect((await deployed.outputs("stackpath-fleet"))["anycast_ipv4"]).toBe(address);
  });

  test("protected addresses: a plan that would give one back is refused", async () => {
    const protect = { environment: { protect: true } };
    await deployed.want(protect);
    for (const stack of ["aws-fleet", "stackpath-fleet"]) await deployed.apply(stack);
    for (const [stack, holder] of [
      ["aws-fleet", "aws_globalaccelerator_accelerator"],
      ["stackpath-fleet", "stackpath_compute_workload"],
    ] as const) {
      const { errors } = await (await deployed.terraform(stack)).plan("-destroy");
      expect(errors).toMatchObject([{ summary: "Instance cannot be destroyed" }]);
      expect(errors[0]?.detail).toContain(holder);
    }
  });

  test("a workload that got no address is an error that says so", async () => {
    await deployed.want({ environment: { fleets: [stackpathFleet()] } });
    await deployed.apply("stackpath-fleet");
    const [workload] = deployed.store.list("stackpath_compute_workload");
    if (workload !== undefined) {
      deployed.store.put({
        ...workload,
        attributes: { ...workload.attributes, annotations: { "anycast.platform.stackpath.net": "true" } },
      });
    }
    const { errors } = await (await deployed.terraform("stackpath-fleet")).plan();
    expect(errors[0]?.detail).toContain('gave the workload "sandbox-stackpath" no anycast address');
  });

  test("DNS: answers with every fleet's address, AAAA where it is asked for", async () => {
    const fleets = [awsFleet({ ipv6: true }), stackpathFleet()];
    const dns = ns1({ policy: roundRobin(), ipv6: "none" });
    await deployed.want({ environment: { fleets, dns } });
    for (const stack of ["aws-fleet", "stackpath-fleet", "edge-dns"]) await deployed.apply(stack);
    const aws = await deployed.outputs("aws-fleet");
    const stackpath = await deployed.outputs("stackpath-fleet");
    const answers = () =>
      deployed.store
        .list("ns1_record")
        .map(({ attributes: { type, answers: all } }) => [
          type,
          ...new Set((all as { answer: string }[]).map(({ answer }) => answer)),
        ]);
    expect(answers()).toEqual([["A", aws["anycast_ipv4"], stackpath["anycast_ipv4"]]]);
    expect(await deployed.plan("edge-dns")).toEqual({});

    await deployed.want({ environment: { fleets, dns: ns1({ policy: roundRobin(), ipv6: "partial" }) } });
    expect(ofTypes(await deployed.apply("edge-dns"), "ns1_record")).toEqual({
      "ns1_record.dns_wildcard-aaaa": "create",
    });
    expect(answers()).toContainEqual(["AAAA", aws["anycast_ipv6"]]);
    expect(await deployed.outputs("edge-dns")).toMatchObject({
      shares_ipv4: "aws 50 %, stackpath 50 %",
      shares_ipv6: "aws 100 %",
    });

    // Another zone is another delegation: replaced where nothing is protected, refused where it is.
    const moved = { fleets, dns, zone: "edge.example.org" };
    await deployed.want({ environment: { ...moved, protect: true } });
    expect((await (await deployed.terraform("edge-dns")).plan()).errors[0]?.summary).toBe(
      "Instance cannot be destroyed",
    );
    await deployed.want({ environment: moved });
    expect(ofTypes(await deployed.apply("edge-dns"), "ns1_zone", "ns1_record")).toEqual({
      "ns1_zone.dns_zone": "delete, create",
      "ns1_record.dns_wildcard-a": "delete, create",
      "ns1_record.dns_wildcard-aaaa": "delete",
    });
    expect(await deployed.plan("edge-dns")).toEqual({});
    expect(answers()).toEqual([["A", aws["anycast_ipv4"], stackpath["anycast_ipv4"]]]);
  });

  test("the first deploy records what it started; a plan that the record has overtaken is refused", async () => {
    await deployed.want({});
    await deployed.apply("aws-fleet");
    await deployed.apply("stackpath-fleet");
    const fleet = { release: "r1", share: 100 };
    expect((await deployed.live.read()).record.fleets).toEqual({ aws: fleet, stackpath: fleet });

    await deployed.want({ live: R2 });
    const terraform = await deployed.terraform("aws-fleet");
    expect((await terraform.plan()).errors).toEqual([]);
    // Somebody takes the fleet back to r1 between this plan and its apply.
    await updateLiveRecord(deployed.live, (record) => ({ ...record, fleets: { ...R2, aws: fleet } }));
    const [error] = await terraform.apply();
    expect(error?.detail).toContain('runs the release "r1", and this deploy was planned for "r2"');
    const [template] = deployed.store.list("aws_launch_template");
    expect(template?.attributes["latest_version"]).toBe(1);
  });

  test("AWS: other zones for a region, and IPv6 where there was none: the address stays, one apply is enough", async () => {
    const want = async (wish: Partial<AwsWish>) => {
      await deployed.want({ environment: { fleets: [awsFleet({ sites: US, ...wish })] } });
      const actions = await deployed.apply("aws-fleet");
      expect(await deployed.plan("aws-fleet")).toEqual({});
      return actions;
    };
    await want({});
    const { anycast_ipv4: address } = await deployed.outputs("aws-fleet");
    const moved = { "us-east-1": { nodes: 2, locations: ["use1-az2", "use1-az4"] } };
    const replaced = await want({ sites: moved });
    expect(replaced["aws_lb.fleet_us-east-1_balancer_load-balancer"]).toBe("delete, create");
    expect(replaced["aws_subnet.fleet_us-east-1_network_subnet-use1-az1"]).toBe("delete");
    expect(replaced["aws_subnet.fleet_us-east-1_network_subnet-use1-az4"]).toBe("create");
    expect(Object.keys(replaced).some((name) => name.endsWith("subnet-use1-az2"))).toBe(false);

    const six = await want({ sites: moved, ipv6: true });
    expect(six["aws_globalaccelerator_accelerator.fleet_accelerator"]).toBe("update");
    const outputs = await deployed.outputs("aws-fleet");
    expect(outputs["anycast_ipv4"]).toBe(address);
    expect(outputs["anycast_ipv6"]).toMatch(/^[0-9a-f:]+$/);
  });
});
