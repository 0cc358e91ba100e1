/** What the fleets that real Terraform applied amount to: nodes to run, ports to lead to them. */
import type { AnycastPort, NodeGroup } from "../../constructs/fleet/cloud-life";
import { aws } from "../../constructs/providers/aws/simulation";
import { stackpath } from "../../constructs/providers/stackpath/simulation";
import type { Environment } from "../../constructs/fleet/environment";
import { awsFleet, stackpathFleet } from "../environment-for-tests";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";

jest.setTimeout(120_000);

const LISTENERS: Environment["listeners"] = [
  { port: 443, protocol: "TCP" },
  { port: 443, protocol: "UDP" },
  { port: 2222, protocol: "TCP", role: "tunnel" },
];
const PORTS = ["TCP 2222", "TCP 443", "UDP 443"];
const R2 = { aws: { release: "r2", share: 100 }, stackpath: { release: "r2", share: 100 } };

describeWithTerraform("the life of deployed fleets", () => {
  let deployed: DeployedEnvironment;
  beforeEach(async () => {
    deployed = new DeployedEnvironment();
    await deployed.start();
  });
  afterEach(() => deployed.stop());

  const groups = (of: typeof aws): readonly NodeGroup[] => of.life?.nodeGroups?.(deployed.store) ?? [];
  const ports = (of: typeof aws): readonly AnycastPort[] => of.life?.anycast?.(deployed.store) ?? [];
  const at = (location: string) => groups(aws).find((group) => group.location === location);
  const named = (found: readonly AnycastPort[]) =>
    found.map(({ protocol, port }) => `${protocol} ${String(port)}`).toSorted();

  test("AWS: an auto scaling group in each region, and the accelerator's ports lead to all of them", async () => {
    const sites = { "us-east-1": { nodes: 2 }, "eu-central-1": { nodes: 4, trafficDial: 50 } };
    const want = (fleet: Parameters<typeof awsFleet>[0], live = {}) =>
      deployed.want({ environment: { fleets: [awsFleet(fleet)], listeners: LISTENERS }, live });
    await want({ sites });
    await deployed.apply("aws-fleet");

    expect(groups(aws)).toHaveLength(2);
    const us = at("us-east-1");
    expect(us).toMatchObject({
      id: expect.stringMatching(/^arn:aws:autoscaling:us-east-1:000000000000:/) as string,
      nodes: 2,
      replacement: {
        kind: "rolling",
        minHealthyPercent: 100,
        maxHealthyPercent: 150,
        warmupSeconds: 120,
        checkpoints: [50, 100],
        checkpointDelaySeconds: 300,
      },
      healthCheck: { path: "/healthz", intervalSeconds: 10, healthyThreshold: 2, unhealthyThreshold: 3 },
      healing: { action: "replace", on: "unhealthy", graceSeconds: 180 },
    });
    expect(us?.template.image).toBe("ami-00000000000000001");
    expect(us?.template.userData).toMatch(/^#cloud-config\n/);
    expect(us?.template.userData).toContain("us-east-1");
    expect(at("eu-central-1")).toMatchObject({ nodes: 4, template: { image: "ami-00000000000000002" } });

    const { anycast_ipv4: address } = await deployed.outputs("aws-fleet");
    expect(named(ports(aws).filter((port) => port.address === address))).toEqual(PORTS);
    // An accelerator has a second address, in another network zone.
    expect(ports(aws)).toHaveLength(2 * PORTS.length);
    for (const { backends, failOpen } of ports(aws)) {
      expect(failOpen).toBe(true);
      expect(backends.toSorted((a, b) => a.percent - b.percent)).toEqual([
        { group: at("eu-central-1")?.id, percent: 50 },
        { group: us?.id, percent: 100 },
      ]);
    }
    expect(aws.life?.alarms?.(deployed.store)).toEqual([]);

    // Another release, and a site drained.
    await want({ sites: { ...sites, "eu-central-1": { nodes: 4, endpointWeight: 0 } } }, R2);
    await deployed.apply("aws-fleet");
    expect(groups(aws)).toHaveLength(2);
    expect(at("us-east-1")).toMatchObject({ id: us?.id, template: { image: "ami-00000000000000003" } });
    expect(at("us-east-1")?.template.userData).not.toBe(us?.template.userData);
    expect(at("eu-central-1")?.template.image).toBe("ami-00000000000000004");
    for (const { backends } of ports(aws)) expect(backends).toEqual([{ group: us?.id, percent: 100 }]);

    // The drained site gone.
    await want({ sites: { "us-east-1": { nodes: 3 } } }, R2);
    await deployed.apply("aws-fleet");
    expect(groups(aws).map(({ id, nodes }) => [id, nodes])).toEqual([[us?.id, 3]]);
  });

  test("StackPath: a group in each city, and the workload's address leads to all of them", async () => {
    const sites = { SEA: { nodes: 2 }, europe: { locations: ["AMS", "FRA"], nodes: 2 } };
    const want = (fleet: Parameters<typeof stackpathFleet>[0], live = {}, listeners = LISTENERS) =>
      deployed.want({ environment: { fleets: [stackpathFleet(fleet)], listeners }, live });
    await want({ sites });
    await deployed.apply("stackpath-fleet");

    const found = groups(stackpath);
    expect(found.map(({ location, nodes }) => [location, nodes])).toEqual([
      ["AMS", ["sandbox-stackpath-europe-ams-0"]],
      ["FRA", ["sandbox-stackpath-europe-fra-0"]],
      ["SEA", ["sandbox-stackpath-sea-sea-0", "sandbox-stackpath-sea-sea-1"]],
    ]);
    for (const { template, replacement, healthCheck, healing } of found) {
      expect(template.image).toBe("polycast-sandbox/edge-node:r1");
      expect(template.userData).toMatch(/^#cloud-config\n/);
      expect(replacement).toEqual({ kind: "one-at-a-time" });
      expect(healthCheck).toMatchObject({ path: "/healthz", intervalSeconds: 10, unhealthyThreshold: 3 });
      expect(healing).toMatchObject({ action: "restart", on: "unresponsive", graceSeconds: 120 });
    }
    const { anycast_ipv4: address } = await deployed.outputs("stackpath-fleet");
    expect(named(ports(stackpath))).toEqual(PORTS);
    for (const port of ports(stackpath)) {
      expect(port).toMatchObject({ address, failOpen: false });
      expect(port.backends).toEqual(found.map(({ id }) => ({ group: id, percent: 100 })));
    }

    await want({ sites }, R2);
    await deployed.apply("stackpath-fleet");
    expect(groups(stackpath).map(({ id }) => id)).toEqual(found.map(({ id }) => id));
    for (const { template } of groups(stackpath))
      expect(template.image).toBe("polycast-sandbox/edge-node:r2");

    await want({ sites: { SEA: { nodes: 1 } } }, R2, [{ port: 443, protocol: "TCP" }]);
    await deployed.apply("stackpath-fleet");
    expect(groups(stackpath).map(({ nodes }) => nodes)).toEqual([["sandbox-stackpath-sea-sea-0"]]);
    expect(named(ports(stackpath))).toEqual(["TCP 443"]);
  });

  test("a dual-stack fleet has its ports on addresses of both families, and nothing is left when it is gone", async () => {
    await deployed.want({ environment: { fleets: [awsFleet({ ipv6: true })] } });
    await deployed.apply("aws-fleet");
    const { anycast_ipv4: ipv4, anycast_ipv6: ipv6 } = await deployed.outputs("aws-fleet");
    const addresses = ports(aws).map(({ address }) => address);
    expect(addresses).toHaveLength(4);
    expect(addresses).toEqual(expect.arrayContaining([ipv4, ipv6]));
    for (const { backends } of ports(aws)) expect(backends).toHaveLength(1);

    const { status } = await (await deployed.terraform("aws-fleet")).run("destroy", "-auto-approve");
    expect(status).toBe(0);
    expect([...groups(aws), ...ports(aws)]).toEqual([]);
    expect(deployed.store.list()).toEqual([]);
  });
});
