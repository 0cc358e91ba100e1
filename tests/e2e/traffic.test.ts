/** What a change of the traffic's policy, or of the live record, is to Terraform. */
import { ns1 } from "../../constructs/dns/ns1/ns1";
import { capacity, cost, failover, weighted, within } from "../../constructs/dns/traffic-policy";
import type { Environment } from "../../constructs/fleet/environment";
import type { LiveRecord } from "../../live/live-record";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";

jest.setTimeout(120_000);

const RECORD = "ns1_record.dns_wildcard-a";

describeWithTerraform("traffic, under Terraform", () => {
  let deployed: DeployedEnvironment;
  beforeEach(async () => {
    deployed = new DeployedEnvironment();
    await deployed.start();
    await deployed.want({});
    for (const stack of ["aws-fleet", "stackpath-fleet"]) await deployed.apply(stack);
  });
  afterEach(() => deployed.stop());

  const apply = async (dns: Environment["dns"], live: LiveRecord["fleets"] = {}) => {
    await deployed.want({ environment: { dns }, live });
    const done = await deployed.apply("edge-dns");
    expect(await deployed.plan("edge-dns")).toEqual({});
    return done;
  };
  const held = () =>
    deployed.store.list("ns1_record").find(({ attributes }) => attributes["type"] === "A")?.attributes ?? {};
  const metas = () => (held()["answers"] as { meta: Record<string, string> }[]).map(({ meta }) => meta);
  /** What is in the record but for the values of its answers' metadata. */
  const rest = () => {
    const { id, domain, ttl, filters, answers } = held() as Record<string, unknown>;
    return {
      ...{ id, domain, ttl },
      filters: (filters as { filter: string }[]).map(({ filter }) => filter),
      answers: (answers as { answer: string; meta: object }[]).map(({ answer, meta }) => [
        answer,
        Object.keys(meta),
      ]),
    };
  };

  test("other weights, parts and drains change the metadata of the record's answers, and nothing else", async () => {
    await apply(ns1({ policy: weighted({ aws: 25, stackpath: 75 }) }));
    const before = rest();
    expect(metas().map(({ weight }) => weight)).toEqual(["25", "75", "2000", "2000"]);

    expect(await apply(ns1({ policy: weighted({ aws: 50, stackpath: 50 }) }))).toEqual({
      [RECORD]: "update",
    });
    expect(metas().map(({ weight }) => weight)).toEqual(["50", "50", "2000", "2000"]);
    expect(rest()).toEqual(before);

    const aws = { release: "r1", share: 50 };
    expect(await apply(ns1({ policy: weighted({ aws: 50, stackpath: 50 }) }), { aws })).toEqual({
      [RECORD]: "update",
    });
    expect(Number(metas()[1]?.["weight"]) / Number(metas()[0]?.["weight"])).toBeCloseTo(3, 12);
    expect(rest()).toEqual(before);

    const drained = { release: "r1", share: 0 };
    expect(await apply(ns1({ policy: weighted({ aws: 50, stackpath: 50 }) }), { aws: drained })).toEqual({
      [RECORD]: "update",
    });
    expect(metas().map(({ up }) => up)).toEqual(["0", expect.stringContaining("feed"), "1", "1"]);
    expect(rest()).toEqual(before);
  });

  test("a policy that sheds load gets its feeds, one that does not loses them; nothing drifts", async () => {
    await apply(ns1({ policy: weighted({ aws: 25, stackpath: 75 }) }));
    expect(await apply(ns1({ policy: capacity() }))).toEqual({
      [RECORD]: "update",
      "ns1_datasource.dns_load_source": "create",
      "ns1_datafeed.dns_load_feed-aws": "create",
      "ns1_datafeed.dns_load_feed-stackpath": "create",
    });
    const feed = deployed.store
      .list("ns1_datafeed")
      .find(({ attributes }) => (attributes["config"] as { label?: string }).label === "aws");
    expect(metas()[0]).toMatchObject({
      connections: JSON.stringify({ feed: feed?.id }),
      low_watermark: "1000",
      high_watermark: "1800",
    });
    expect(await apply(ns1({ policy: failover(["aws", "stackpath"]) }))).toMatchObject({
      [RECORD]: "update",
      "ns1_datasource.dns_load_source": "delete",
      "ns1_datafeed.dns_load_feed-aws": "delete",
    });
  });

  test("regions: nothing drifts, and what users get is in the outputs", async () => {
    await apply(
      ns1({
        policy: cost({ aws: 3, stackpath: 1 }),
        within: [
          within("EUROPE", failover(["aws", "stackpath"])),
          within("AFRICA", weighted({ aws: 1, stackpath: 3 })),
        ],
      }),
    );
    expect(await deployed.outputs("edge-dns")).toMatchObject({
      shares_ipv4:
        "aws 0 %, stackpath 100 %; EUROPE: aws 100 %, stackpath 0 %; AFRICA: aws 25 %, stackpath 75 %",
    });
  });
});
