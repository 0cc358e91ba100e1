/** `polycast dns check` at Route 53: what somebody changes there by hand is named. */
import { findDrift } from "../../cli/dns/find-drift";
import { route53 } from "../../constructs/dns/route53/route53";
import { failover, weighted, within } from "../../constructs/dns/traffic-policy";
import type { CloudObject } from "../../constructs/fleet/simulation";
import { serveDns, type DnsServer } from "../../sandbox/dns/server";
import { serveRoute53Api, type ServedRoute53Api } from "../../sandbox/route53-api/server";
import { attachedSandbox, type AttachedSandbox } from "../../sandbox/sandbox";
import { testEnvironment } from "../environment-for-tests";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";

jest.mock("../../sandbox/sandbox");
jest.setTimeout(180_000);

const WILDCARD = "*.edge.example.net";
const MEMBERS = "weighted-1.everywhere._edge.edge.example.net";

describeWithTerraform("polycast dns check, at Route 53", () => {
  const environment = testEnvironment({
    name: "sandbox",
    dns: route53({
      policy: weighted({ aws: 25, stackpath: 75 }),
      within: [within("EUROPE", failover(["stackpath", "aws"]))],
    }),
  });
  /** What health checks say, by id. */
  const up = new Map<string, boolean>();
  const feeds = {
    feed: (id: string) => {
      const state = up.get(id);
      return state === undefined ? undefined : { up: state };
    },
  };
  let deployed: DeployedEnvironment;
  let api: ServedRoute53Api;
  let dns: DnsServer;
  let variables: Readonly<Record<string, string>>;

  beforeAll(async () => {
    deployed = new DeployedEnvironment();
    await deployed.start();
    await deployed.want({ environment: { dns: environment.dns } });
    for (const stack of ["aws-fleet", "stackpath-fleet", "edge-dns"]) await deployed.apply(stack);
    api = await serveRoute53Api({ objects: deployed.store, world: feeds });
    dns = await serveDns({ source: deployed.store, feeds, log: () => undefined });
    variables = api.variables;
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
  const records = () => deployed.store.list("aws_route53_record");
  const found = (type: string, is: (attributes: CloudObject["attributes"]) => boolean): CloudObject => {
    const object = deployed.store.list(type).find(({ attributes }) => is(attributes));
    if (object === undefined) throw new Error(`no such ${type}`);
    return object;
  };
  const member = (fleet: string): CloudObject =>
    found("aws_route53_record", (each) => each["fqdn"] === MEMBERS && each["set_identifier"] === fleet);
  /** Changes an object by hand, checks, and changes it back. */
  const checkWith = async (object: CloudObject, change: CloudObject["attributes"]) => {
    deployed.store.put({ ...object, attributes: { ...object.attributes, ...change } });
    const report = await check();
    deployed.store.put(object);
    return report;
  };

  test("all agree, also while a fleet is down", async () => {
    const well = await check();
    expect([well.verdict, well.notCompared, well.serviceDifferences]).toEqual(["same", [], []]);
    expect(well).toMatchObject({
      ...{ codeAndService: "same", codeAndAnswers: "same", serviceAndAnswers: "same" },
    });
    const aws = found("aws_route53_health_check", (each) => JSON.stringify(each["tags"]).includes("aws, A"));
    up.set(aws.id, false);
    const down = await check();
    up.delete(aws.id);
    expect(down.verdict).toBe("same");
    const wildcard = down.answers.find(({ name, type }) => name === WILDCARD && type === "A");
    expect(Object.values(wildcard?.shares ?? {})).toEqual([100]);
  });

  test("a weight, an address, a TTL or a health check that somebody changes is named", async () => {
    const weight = await checkWith(member("aws"), { weighted_routing_policy: [{ weight: 200 }] });
    expect(weight).toMatchObject({ verdict: "different", serviceAndAnswers: "same" });
    expect(weight.advice).toContain("route53 differs");
    expect(weight.advice).toContain("Somebody has changed it there");
    expect(weight.serviceDifferences.map(({ where, what }) => `${where} ${what}`)).toEqual([
      expect.stringMatching(`^${MEMBERS.replaceAll(".", "\\.")} A lacks what the code says: weighted 25, `),
      expect.stringMatching(/A has what the code does not say: weighted 200, .*TTL 60, health check /),
    ]);
    const address = await checkWith(member("aws"), { records: ["192.0.2.99"], ttl: 30 });
    expect(address.serviceDifferences[1]).toMatchObject({
      what: expect.stringContaining("192.0.2.99, TTL 30") as string,
    });
    const health = found("aws_route53_health_check", () => true);
    const disabled = await checkWith(health, { disabled: true });
    expect(disabled.serviceDifferences.map(({ what }) => what).join()).toContain("disabled");
    expect((await check()).verdict).toBe("same");
  });

  test("a record that somebody deletes, or adds, is named", async () => {
    const gone = member("stackpath");
    deployed.store.remove(gone.type, gone.id);
    const without = await check();
    deployed.store.put(gone);
    expect(without.serviceDifferences).toEqual([
      {
        where: `${MEMBERS} A`,
        what: expect.stringContaining("lacks what the code says: weighted 75") as string,
      },
    ]);
    const added = {
      ...gone,
      id: "by-hand",
      attributes: { ...gone.attributes, fqdn: "www.edge.example.net" },
    };
    deployed.store.put(added);
    const more = await check();
    deployed.store.remove(added.type, added.id);
    expect(more.serviceDifferences).toMatchObject([{ where: "www.edge.example.net A" }]);
    expect(records()).not.toContainEqual(expect.objectContaining({ id: "by-hand" }));
  });

  test("a zone that is gone is the greatest difference", async () => {
    const zone = found("aws_route53_zone", () => true);
    deployed.store.remove(zone.type, zone.id);
    const report = await check();
    deployed.store.put(zone);
    expect(report.serviceDifferences).toEqual([
      { where: "edge.example.net", what: "route53 has no such zone" },
    ]);
  });

  test("without the API, code and answers are compared, and that is said", async () => {
    variables = { ...api.variables, AWS_ENDPOINT_URL_ROUTE_53: "http://127.0.0.1:9" };
    const away = await check();
    variables = { ...api.variables, AWS_ACCESS_KEY_ID: "another" };
    const refused = await check();
    variables = api.variables;
    expect([away.codeAndService, away.codeAndAnswers]).toEqual(["not compared", "same"]);
    expect(away.notCompared.join()).toContain("Route 53's API cannot be reached");
    expect(refused.notCompared.join()).toContain("status 403: InvalidClientTokenId");
  });
});
