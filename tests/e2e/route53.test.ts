/** The second DNS back end, under real Terraform. */
import { route53 } from "../../constructs/dns/route53/route53";
import { failover, roundRobin, weighted, within } from "../../constructs/dns/traffic-policy";
import { queryDns } from "../../sandbox/dns/query";
import { outcomes } from "../../sandbox/dns/route53-answers";
import { readZones } from "../../sandbox/dns/zones";
import { serveDns, type DnsServer } from "../../sandbox/dns/server";
import { awsFleet } from "../environment-for-tests";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";

jest.setTimeout(180_000);

const RECORD = "aws_route53_record.dns_";

describeWithTerraform("DNS at Route 53, under Terraform", () => {
  let deployed: DeployedEnvironment;
  let server: DnsServer;
  /** Health checks that have failed, by id. */
  const failed = new Set<string>();
  beforeEach(async () => {
    failed.clear();
    deployed = new DeployedEnvironment();
    await deployed.start();
    const feeds = { feed: (id: string) => (failed.has(id) ? { up: false } : undefined) };
    server = await serveDns({
      source: deployed.store,
      feeds,
      log: (line) => {
        expect(line).toBe("");
      },
    });
    await deployed.want({});
    for (const stack of ["aws-fleet", "stackpath-fleet"]) await deployed.apply(stack);
  });
  afterEach(async () => {
    await server.close();
    await deployed.stop();
  });

  const dns = (options: Parameters<typeof route53>[0], live = {}) =>
    deployed.want({ environment: { dns: route53(options) }, live });
  const addresses = async () => {
    const [aws, stackpath] = [await deployed.outputs("aws-fleet"), await deployed.outputs("stackpath-fleet")];
    return { aws: String(aws["anycast_ipv4"]), stackpath: String(stackpath["anycast_ipv4"]) };
  };
  /** The addresses in the answers to so many queries, each answer's in order. */
  const ask = async (times: number, name = "www.edge.example.net"): Promise<string[][]> => {
    const answers: string[][] = [];
    for (let query = 0; query < times; query++) {
      const packet = await queryDns({ address: "127.0.0.1", port: server.port }, name, "A");
      answers.push((packet.answers ?? []).flatMap((each) => (each.type === "A" ? [each.data] : [])));
    }
    return answers;
  };
  const fail = (...names: string[]): void => {
    failed.clear();
    for (const { id, attributes } of deployed.store.list("aws_route53_health_check")) {
      const { Name: name } = attributes["tags"] as { Name: string };
      if (names.some((fleet) => name.startsWith(`${fleet}, `))) failed.add(id);
    }
  };

  test("round robin: zone, checks and records; a second plan is empty; both addresses in every answer", async () => {
    await dns({ policy: roundRobin() });
    const created = await deployed.apply("edge-dns");
    expect(created).toMatchObject({
      "aws_route53_zone.dns_zone": "create",
      "aws_route53_health_check.dns_health_aws-a": "create",
      "aws_route53_health_check.dns_health_stackpath-a": "create",
      [`${RECORD}wildcard-a`]: "create",
    });
    expect(new Set(Object.values(created))).toEqual(new Set(["create"]));
    expect(Object.keys(created)).toHaveLength(3 + 4 + 2 + 1);
    expect(await deployed.plan("edge-dns")).toEqual({});
    expect((await deployed.outputs("edge-dns"))["rounding"]).toBe("none");

    const { aws, stackpath } = await addresses();
    const answers = await ask(20);
    for (const answer of answers) expect(answer.toSorted()).toEqual([aws, stackpath].toSorted());
    expect(new Set(answers.map(([first]) => first)).size).toBe(2);
    const [check] = deployed.store.list("aws_route53_health_check");
    expect(check?.attributes).toMatchObject({ type: "TCP", port: 443, request_interval: 30 });

    fail("aws");
    for (const answer of await ask(5)) expect(answer).toEqual([stackpath]);
    fail("aws", "stackpath");
    for (const answer of await ask(5)) expect(answer).toHaveLength(2);
  });

  test("other weights and drains change records in place; a drained fleet's goes, but not from the last resort", async () => {
    await dns({ policy: weighted({ aws: 25, stackpath: 75 }) });
    await deployed.apply("edge-dns");
    await dns({ policy: weighted({ aws: 30, stackpath: 70 }) });
    expect(await deployed.apply("edge-dns")).toEqual({
      [`${RECORD}weighted-1-everywhere-aws-a`]: "update",
      [`${RECORD}weighted-1-everywhere-stackpath-a`]: "update",
    });
    expect(await deployed.plan("edge-dns")).toEqual({});

    await dns({ policy: weighted({ aws: 30, stackpath: 70 }) }, { aws: { release: "r1", share: 50 } });
    expect(Object.values(await deployed.apply("edge-dns"))).toEqual(["update", "update"]);
    await dns({ policy: weighted({ aws: 30, stackpath: 70 }) }, { aws: { release: "r1", share: 0 } });
    expect(await deployed.apply("edge-dns")).toMatchObject({
      [`${RECORD}weighted-1-everywhere-aws-a`]: "delete",
    });
    expect(await deployed.plan("edge-dns")).toEqual({});
    const { aws, stackpath } = await addresses();
    for (const answer of await ask(10)) expect(answer).toEqual([stackpath]);
    fail("stackpath");
    const everybody = new Set((await ask(40)).flat());
    expect([...everybody].toSorted()).toEqual([aws, stackpath].toSorted());
  });

  test("another policy, and regions come and go: nobody is ever without an answer", async () => {
    const { aws, stackpath } = await addresses();
    await dns({ policy: roundRobin() });
    await deployed.apply("edge-dns");
    // After each single change of a record: what would a client in Europe get?
    const answered: number[] = [];
    const circumstances = { isHealthy: () => true, client: { continent: "EU" } };
    const end = deployed.store.onChange(() => {
      for (const { records } of readZones(deployed.store)) {
        const [set] = records.get("*.edge.example.net") ?? [];
        const routed = set !== undefined && "routed" in set ? set.routed : [];
        answered.push(outcomes(routed, "*.edge.example.net", "A", circumstances).length);
      }
    });
    await dns({ policy: failover(["stackpath", "aws"]) });
    const actions = await deployed.apply("edge-dns");
    expect(actions["aws_route53_zone.dns_zone"]).toBeUndefined();
    expect(await deployed.plan("edge-dns")).toEqual({});
    expect(await ask(3)).toEqual([[stackpath], [stackpath], [stackpath]]);
    fail("stackpath");
    expect(await ask(3)).toEqual([[aws], [aws], [aws]]);
    failed.clear();

    await dns({
      policy: failover(["stackpath", "aws"]),
      within: [within("EUROPE", failover(["aws", "stackpath"])), within("ASIAPAC", roundRobin())],
    });
    await deployed.apply("edge-dns");
    expect(await deployed.plan("edge-dns")).toEqual({});
    expect(await ask(3)).toEqual([[stackpath], [stackpath], [stackpath]]);

    await dns({ policy: failover(["stackpath", "aws"]) });
    await deployed.apply("edge-dns");
    expect(await deployed.plan("edge-dns")).toEqual({});
    expect(await ask(3)).toEqual([[stackpath], [stackpath], [stackpath]]);
    end();
    expect(answered.length).toBeGreaterThan(20);
    expect(Math.min(...answered)).toBeGreaterThan(0);
  });

  test("IPv6, names that are none, and the end of it all", async () => {
    const changes = { fleets: [awsFleet({ ipv6: true })], dns: route53({ policy: roundRobin() }) };
    await deployed.want({ environment: changes });
    await deployed.apply("aws-fleet");
    await deployed.apply("edge-dns");
    expect(await deployed.plan("edge-dns")).toEqual({});
    const { anycast_ipv6: six } = await deployed.outputs("aws-fleet");
    const at = { address: "127.0.0.1", port: server.port };
    expect((await queryDns(at, "www.edge.example.net", "AAAA")).answers).toMatchObject([
      { data: six, ttl: 60 },
    ]);
    expect(await queryDns(at, "edge.example.net", "SOA")).toMatchObject({
      rcode: "NOERROR",
      answers: [{ data: { refresh: 7200, minimum: 86_400 } }],
    });
    const zone = deployed.store.list("aws_route53_zone")[0]?.attributes;
    const servers = (await queryDns(at, "edge.example.net", "NS")).answers ?? [];
    expect(servers.map((each) => ("data" in each ? each.data : "")).toSorted()).toEqual(
      zone?.["name_servers"],
    );
    expect(await queryDns(at, "www.example.net", "A")).toMatchObject({ rcode: "REFUSED" });
    expect(await queryDns(at, "x.everywhere._edge.edge.example.net", "A")).toMatchObject({
      rcode: "NXDOMAIN",
    });

    const { status } = await (
      await deployed.terraform("edge-dns")
    ).run("destroy", "-auto-approve", "-input=false");
    expect(status).toBe(0);
    for (const type of ["aws_route53_zone", "aws_route53_record", "aws_route53_health_check"]) {
      expect(deployed.store.list(type)).toEqual([]);
    }
  });
});
