/** `polycast dns check` where regions differ and load is shed: each region is asked for, and held against its own policy. */
import { findDrift } from "../../cli/dns/find-drift";
import { ns1 } from "../../constructs/dns/ns1/ns1";
import { capacity, failover, within } from "../../constructs/dns/traffic-policy";
import { serveDns, type DnsServer } from "../../sandbox/dns/server";
import { serveNs1Api, type ServedNs1Api } from "../../sandbox/ns1-api/server";
import { attachedSandbox, type AttachedSandbox } from "../../sandbox/sandbox";
import { testEnvironment } from "../environment-for-tests";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";

jest.mock("../../sandbox/sandbox");
jest.setTimeout(120_000);

const WILDCARD = "*.edge.example.net";

describeWithTerraform("polycast dns check, with regions", () => {
  const environment = testEnvironment({
    name: "sandbox",
    dns: ns1({ policy: capacity(), within: [within("EUROPE", failover(["stackpath", "aws"]))] }),
  });
  const feeds = new Map<string, Readonly<Record<string, boolean | number | string>>>();
  const world = {
    feed: (id: string) => feeds.get(id),
    pushFeed: (id: string, values: Readonly<Record<string, boolean | number | string>>) =>
      feeds.set(id, values),
  };
  let deployed: DeployedEnvironment;
  let api: ServedNs1Api;
  let dns: DnsServer;
  let variables: Record<string, string>;

  beforeAll(async () => {
    deployed = new DeployedEnvironment();
    await deployed.start();
    await deployed.want({ environment: { dns: environment.dns } });
    for (const stack of ["aws-fleet", "stackpath-fleet", "edge-dns"]) await deployed.apply(stack);
    api = await serveNs1Api({ objects: deployed.store, world });
    dns = await serveDns({ source: deployed.store, feeds: world, log: () => undefined });
    variables = { NS1_ENDPOINT: api.endpoint, NS1_APIKEY: api.key };
    jest.mocked(attachedSandbox).mockImplementation(
      () =>
        ({
          record: { dns: { address: "127.0.0.1", port: dns.port }, dnsApis: variables },
        }) as unknown as AttachedSandbox,
    );
  });
  afterAll(async () => {
    await Promise.all([api.close(), dns.close()]);
    await deployed.stop();
  });

  const check = () => findDrift(environment, 400, {});
  const inRegion = (report: Awaited<ReturnType<typeof check>>, region?: string) =>
    report.answers.find((each) => each.name === WILDCARD && each.type === "A" && each.region === region);

  test("all agree, in every region, and under load", async () => {
    const idle = await check();
    expect([idle.verdict, idle.notCompared]).toEqual(["same", []]);
    expect(idle.answers.filter(({ name, type }) => name === WILDCARD && type === "A")).toHaveLength(8);
    expect(Object.values(inRegion(idle, "EUROPE")?.shares ?? {})).toEqual([100]);
    expect(Object.values(inRegion(idle, "US-EAST")?.shares ?? {})).toHaveLength(2);

    await environment.dns.api?.(variables).pushLoad?.("edge.example.net", { aws: 1_400, stackpath: 0 });
    const loaded = await check();
    expect(loaded.verdict).toBe("same");
    const [aws = 0] = Object.values(inRegion(loaded, "US-EAST")?.shares ?? {}).sort(
      (one, other) => one - other,
    );
    expect(aws).toBeLessThan(40);
  });

  test("a policy that holds in one region only is missed nowhere else", async () => {
    const path = `${api.endpoint}zones/edge.example.net/${WILDCARD}/A`;
    const headers = { "X-NSONE-Key": api.key };
    const { answers } = (await (await fetch(path, { headers })).json()) as {
      answers: { meta: { georegion?: string[] } }[];
    };
    const elsewhere = answers.filter(({ meta }) => meta.georegion === undefined);
    await fetch(path, { method: "POST", headers, body: JSON.stringify({ answers: elsewhere }) });
    const report = await check();
    expect(report).toMatchObject({
      verdict: "different",
      codeAndService: "different",
      serviceAndAnswers: "same",
    });
    const regions = report.answers.filter(({ code }) => code === "different").map(({ region }) => region);
    expect(regions).toEqual(["EUROPE"]);
    await fetch(path, { method: "POST", headers, body: JSON.stringify({ answers }) });
    expect((await check()).verdict).toBe("same");
  });

  test("with load that nobody can read, no share is claimed to be wrong", async () => {
    const reachable = variables;
    variables = { ...variables, NS1_ENDPOINT: "http://127.0.0.1:9/v1/" };
    const report = await check();
    variables = reachable;
    expect(report).toMatchObject({ verdict: "not compared", codeAndAnswers: "not compared" });
    expect(report.answers.every(({ replies }) => replies === 400)).toBe(true);
  });
});
