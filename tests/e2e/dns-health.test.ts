/** The monitors behind DNS, under real Terraform. */
import { awsFleet, stackpathFleet } from "../environment-for-tests";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";

jest.setTimeout(120_000);

const JOB = "ns1_monitoringjob.dns_health_job";
const FEED = "ns1_datafeed.dns_health_feed";

describeWithTerraform("health in DNS, under Terraform", () => {
  let deployed: DeployedEnvironment;
  beforeEach(async () => {
    deployed = new DeployedEnvironment();
    await deployed.start();
    await deployed.want({});
    for (const stack of ["aws-fleet", "stackpath-fleet"]) await deployed.apply(stack);
  });
  afterEach(() => deployed.stop());

  const attributes = (type: string) => deployed.store.list(type).map((object) => object.attributes);
  const named = (type: string, name: string) =>
    attributes(type).find((object) => object["name"] === `${name} of edge.example.net`);

  test("each fleet's address has a monitor, whose feed is the `up` of its answer; nothing drifts", async () => {
    expect(await deployed.apply("edge-dns")).toEqual({
      "ns1_zone.dns_zone": "create",
      "ns1_datasource.dns_health_source": "create",
      "ns1_notifylist.dns_health_notify-list": "create",
      [`${JOB}-aws-a`]: "create",
      [`${JOB}-stackpath-a`]: "create",
      [`${FEED}-aws-a`]: "create",
      [`${FEED}-stackpath-a`]: "create",
      "ns1_record.dns_wildcard-a": "create",
    });
    expect(await deployed.plan("edge-dns")).toEqual({});

    const { anycast_ipv4: aws } = await deployed.outputs("aws-fleet");
    const job = named("ns1_monitoringjob", "aws, A");
    expect(job?.["config"]).toEqual({ host: aws, port: "443" });
    expect(job?.["notify_list"]).toBe(attributes("ns1_notifylist")[0]?.["id"]);
    const feed = named("ns1_datafeed", "aws, A");
    expect(feed?.["config"]).toEqual({ jobid: job?.["id"] });
    expect(attributes("ns1_record")[0]?.["answers"]).toMatchObject([
      { answer: aws, meta: { up: JSON.stringify({ feed: feed?.["id"] }) } },
      { meta: { up: JSON.stringify({ feed: named("ns1_datafeed", "stackpath, A")?.["id"] }) } },
      { answer: aws, meta: { up: "1" } },
      { meta: { up: "1" } },
    ]);
  });

  test("a fleet that leaves takes its monitor along, its answer first", async () => {
    await deployed.apply("edge-dns");
    await deployed.want({ environment: { fleets: [stackpathFleet()] } });
    const order: string[] = [];
    for (const change of ["put", "remove"] as const) {
      const original = deployed.store[change].bind(deployed.store) as (...args: unknown[]) => unknown;
      jest.spyOn(deployed.store, change).mockImplementation((...args: unknown[]) => {
        order.push(`${change} ${typeof args[0] === "string" ? args[0] : (args[0] as { type: string }).type}`);
        return original(...args) as never;
      });
    }
    expect(await deployed.apply("edge-dns")).toEqual({
      "ns1_record.dns_wildcard-a": "update",
      [`${JOB}-aws-a`]: "delete",
      [`${FEED}-aws-a`]: "delete",
    });
    expect(order).toEqual(["put ns1_record", "remove ns1_datafeed", "remove ns1_monitoringjob"]);
    expect(await deployed.plan("edge-dns")).toEqual({});
  });

  test("IPv6 has monitors of its own, and nothing drifts", async () => {
    await deployed.want({ environment: { fleets: [awsFleet({ ipv6: true })] } });
    await deployed.apply("aws-fleet");
    await deployed.apply("edge-dns");
    expect(await deployed.plan("edge-dns")).toEqual({});
    const { anycast_ipv6: six } = await deployed.outputs("aws-fleet");
    const { config } = named("ns1_monitoringjob", "aws, AAAA") ?? {};
    expect(config).toEqual({ host: six, port: "443", ipv6: "true" });
    expect(attributes("ns1_monitoringjob")).toHaveLength(2);
  });

  test("a fleet that comes to speak UDP only is pinged; nothing drifts", async () => {
    await deployed.apply("edge-dns");
    await deployed.want({ environment: { listeners: [{ port: 53, protocol: "UDP" }] } });
    expect(await deployed.apply("edge-dns")).toEqual({
      [`${JOB}-aws-a`]: "create, delete",
      [`${JOB}-stackpath-a`]: "create, delete",
      [`${FEED}-aws-a`]: "update",
      [`${FEED}-stackpath-a`]: "update",
    });
    const { anycast_ipv4: aws } = await deployed.outputs("aws-fleet");
    expect(named("ns1_monitoringjob", "aws, A")).toMatchObject({ job_type: "ping", config: { host: aws } });
    expect(await deployed.plan("edge-dns")).toEqual({});
  });
});
