import { ns1 } from "../../../../constructs/dns/ns1/simulation";
import { normaliseMeta } from "../../../../constructs/dns/ns1/simulation-meta";
import { UNKNOWN, type Value, type Values } from "../../../../constructs/fleet/simulation";
import { asText } from "../../../../sandbox/engine/values";
import { SimulatedCloud } from "../../simulated-cloud";

const ID = expect.stringMatching(/^[0-9a-f]{24}$/) as string;
const record = (rest: Values = {}): Values => ({
  zone: "edge.example.net",
  domain: "*.edge.example.net",
  type: "A",
  answers: [{ answer: "192.0.2.1", meta: null }],
  ...rest,
});

describe("the simulated NS1", () => {
  let cloud: SimulatedCloud;
  beforeEach(() => {
    cloud = new SimulatedCloud(ns1, { endpoint: null });
  });
  const zone = (name = "edge.example.net", rest: Values = {}): Values =>
    cloud.create("ns1_zone", { zone: name, ...rest });

  describe("a zone", () => {
    test("gets what the service decides", () => {
      expect(zone()).toMatchObject({
        id: ID,
        ttl: 3600,
        refresh: 43200,
        retry: 7200,
        expiry: 1209600,
        nx_ttl: 3600,
        hostmaster: "hostmaster@nsone.net",
        networks: [0],
        dnssec: false,
        primary_port: null,
        autogenerate_ns_record: true,
      });
    });

    test("keeps what is given", () => {
      expect(zone("a.example", { ttl: 60, dnssec: true, networks: [1] })).toMatchObject({
        ttl: 60,
        dnssec: true,
        networks: [1],
      });
    });

    test("exists once", () => {
      zone();
      expect(() => zone()).toThrow(
        "PUT https://api.nsone.net/v1/zones/edge.example.net: 409 zone already exists",
      );
    });

    test("names the endpoint that is configured", () => {
      cloud = new SimulatedCloud(ns1, { endpoint: "http://127.0.0.1:1/v1/" });
      zone();
      expect(() => zone()).toThrow("PUT http://127.0.0.1:1/v1/zones/edge.example.net: 409");
    });

    test("takes its records with it", () => {
      const mine = zone();
      zone("other.example");
      cloud.create("ns1_record", record());
      const other = cloud.create("ns1_record", record({ zone: "other.example", domain: "other.example" }));
      cloud.delete("ns1_zone", mine);
      expect(cloud.list("ns1_record").map(({ id }) => id)).toEqual([other["id"]]);
    });

    test("is imported by its name", () => {
      const { id } = zone();
      expect(ns1.resources["ns1_zone"]?.find?.("edge.example.net", cloud)?.id).toBe(id);
      expect(ns1.resources["ns1_zone"]?.find?.("no.example", cloud)).toBeUndefined();
    });

    test("conflicting kinds of zone are refused", () => {
      const config = {
        zone: "a.example",
        primary: "192.0.2.1",
        secondaries: [{ ip: "192.0.2.2", port: 70000 }],
      };
      const found = cloud.validate("ns1_zone", config).map(({ summary, detail }) => detail ?? summary);
      expect(found).toEqual([
        '"primary": conflicts with secondaries',
        '"secondaries": conflicts with primary',
      ]);
    });

    test.each<[Value, Value, string[]]>([
      [null, "192.0.2.1", ["primary"]],
      ["", UNKNOWN, ["primary"]],
      ["192.0.2.1", "192.0.2.2", []],
      ["192.0.2.1", null, []],
      [null, null, []],
    ])("primary from %j to %j replaces %j", (old, given, expected) => {
      const planning = {
        type: "ns1_zone",
        config: {},
        provider: {},
        differences: ["primary"],
        prior: { primary: old },
        planned: { primary: given },
      };
      expect(ns1.resources["ns1_zone"]?.replaces?.(planning)).toEqual(expected);
    });
  });

  describe("a record", () => {
    beforeEach(() => void zone("edge.example.net", { ttl: 120 }));

    test("takes the zone's ttl unless it has its own", () => {
      expect(cloud.create("ns1_record", record())).toMatchObject({
        id: ID,
        ttl: 120,
        use_client_subnet: true,
      });
      expect(cloud.create("ns1_record", record({ type: "AAAA", ttl: 5 }))["ttl"]).toBe(5);
    });

    test("needs its zone, and exists once per name and type", () => {
      expect(() => cloud.create("ns1_record", record({ zone: "no.example" }))).toThrow("404 zone not found");
      cloud.create("ns1_record", record());
      expect(() => cloud.create("ns1_record", record())).toThrow(
        "PUT https://api.nsone.net/v1/zones/edge.example.net/*.edge.example.net/A: 409 record already exists",
      );
    });

    test("has answers or a link", () => {
      expect(() => cloud.create("ns1_record", record({ link: "other" }))).toThrow(
        "cannot have both link and answers in a record",
      );
    });

    test("keeps the order of answers and filters, and metadata in one spelling", () => {
      const object = cloud.create(
        "ns1_record",
        record({
          answers: [
            { answer: "192.0.2.2", meta: { up: "true", weight: "25.0" } },
            { answer: "192.0.2.1", meta: null },
          ],
          filters: [
            { filter: "up", config: null },
            { filter: "select_first_n", config: { N: "1" } },
          ],
          meta: { note: "n" },
        }),
      );
      expect(object).toMatchObject({
        answers: [
          { answer: "192.0.2.2", meta: { up: "1", weight: "25" } },
          { answer: "192.0.2.1", meta: {} },
        ],
        filters: [
          { filter: "up", config: {} },
          { filter: "select_first_n", config: { N: "1" } },
        ],
        meta: { note: "n" },
      });
    });

    test.each<[string, Values, string]>([
      [
        "an answer's",
        { answers: [{ answer: "192.0.2.1", meta: { weight: "x" } }] },
        "found error/s in answer metadata,",
      ],
      [
        "a region's",
        { regions: [{ name: "r", meta: { weight: "x" } }] },
        "found error/s in region/group metadata,",
      ],
      ["its own", { meta: { weight: "x" } }, "found error/s in record metadata,"],
    ])("refuses %s wrong metadata", (_, wrong, message) => {
      expect(() => cloud.create("ns1_record", record(wrong))).toThrow(message);
    });

    test("read back shows no list that is empty: the plugin's blind spot", () => {
      const object = cloud.create("ns1_record", record({ filters: [{ filter: "up", config: null }] }));
      const read = (): Values => cloud.read("ns1_record", object["id"]) ?? {};
      expect(read()["filters"]).toHaveLength(1);
      cloud.put("ns1_record", asText(object["id"]), { ...object, filters: [] });
      expect(read()).not.toHaveProperty("filters");
      expect(read()).not.toHaveProperty("tags");
      expect(read()).toMatchObject({ meta: {}, answers: [{ answer: "192.0.2.1" }] });
    });

    test("is imported by zone, name and type", () => {
      const { id } = cloud.create("ns1_record", record());
      const find = ns1.resources["ns1_record"]?.find;
      expect(find?.("edge.example.net/*.edge.example.net/A", cloud)?.id).toBe(id);
      expect(find?.("edge.example.net/*.edge.example.net/AAAA", cloud)).toBeUndefined();
      expect(() => find?.("edge.example.net", cloud)).toThrow(
        'Expecting 2 slashes ("zone/domain/type"), got 0',
      );
    });

    test.each<[string, Values, string[]]>([
      ["nothing", {}, []],
      [
        "dots at the ends",
        { zone: ".a.", domain: "b." },
        [
          'zone has an invalid leading ".", got: .a.',
          'zone has an invalid trailing ".", got: .a.',
          'domain has an invalid trailing ".", got: b.',
        ],
      ],
      ["nothing in what is unknown", { zone: UNKNOWN, domain: UNKNOWN, type: UNKNOWN }, []],
    ])("refuses %s", (_, config, expected) => {
      expect(cloud.validate("ns1_record", record(config)).map(({ summary }) => summary)).toEqual(expected);
    });

    test.each<[string, string[], string, string, boolean]>([
      ["zone", ["zone"], "A.example", "a.EXAMPLE", true],
      ["domain", ["domain"], "a.example", "b.example", false],
      ["answers.meta", ["meta", "up"], "1", "true", true],
      ["answers.meta", ["meta", "up"], "1", "false", false],
      ["answers.meta", ["meta", "up"], "", "false", false],
      ["answers.meta", ["meta", "up"], '{"feed":"1"}', "true", false],
      ["answers.meta", ["meta", "weight"], "1", "1.0", false],
      ["regions.meta", ["meta", "georegion"], "EUROPE,US-EAST", "US-EAST, EUROPE", true],
      ["regions.meta", ["meta", "country"], "DE,FR", "DE", false],
    ])("difference of %s %j from %j to %j: ignored %j", (key, path, old, given, expected) => {
      const suppress = ns1.resources["ns1_record"]?.suppress?.[key];
      const input = { type: "ns1_record", config: {}, prior: {}, provider: {} };
      expect(suppress?.({ path, old, new: given }, input)).toBe(expected);
    });
  });

  describe("metadata", () => {
    test.each<[string, string, string]>([
      ["up", "TRUE", "1"],
      ["up", "0", "0"],
      ["up", '{"feed":"abc", "x":1}', '{"feed":"abc"}'],
      ["weight", "1.50", "1.5"],
      ["connections", "7", "7"],
      ["georegion", "US-WEST,EUROPE", "EUROPE,US-WEST"],
      ["asn", "64500", "64500"],
      ["note", "1.0", "1.0"],
      ["subdivisions", "US-NY, US-CA,CA-QC", "US-NY,US-CA,CA-QC"],
    ])("%s %s is kept as %s", (key, given, kept) => {
      expect(normaliseMeta({ [key]: given })).toEqual({ values: { [key]: kept }, problems: [] });
    });

    test("what the client does not know, or is empty, is dropped without a word", () => {
      expect(normaliseMeta({ colour: "red", up: "" })).toEqual({ values: {}, problems: [] });
    });

    test.each<[string, string, string]>([
      ["up", "yes", "found type mismatch for meta field 'Up'. expected [bool], got: string"],
      ["weight", "heavy", "found type mismatch for meta field 'Weight'. expected [float64 int], got: string"],
      ["weight", "-5", "Weight must be a positive number, was -5"],
      [
        "low_watermark",
        "0.8",
        "found type mismatch for meta field 'LowWatermark'. expected [int], got: float64",
      ],
      ["priority", "1.5", "found type mismatch for meta field 'Priority'. expected [int], got: float64"],
      ["latitude", "190.5", "latitude/longitude values must be between -180.0 and 180.0, got 190.500000"],
      [
        "georegion",
        "MARS",
        "georegion must be one or more of AFRICA,ASIAPAC,EUROPE,SOUTH-AMERICA,US-CENTRAL,US-EAST,US-WEST, found MARS",
      ],
      [
        "country",
        "GER",
        "country/state/province codes must be 2 digits as specified in ISO3166/ISO3166-2, got: GER",
      ],
      ["note", "x".repeat(257), "note length must be less than 256 characters, was 257"],
    ])("%s %s is refused", (key, given, problem) => {
      expect(normaliseMeta({ [key]: given }).problems).toEqual([problem]);
    });

    test("all problems are named, in the client's order", () => {
      expect(normaliseMeta({ weight: "x", up: "y" }).problems).toEqual([
        "found type mismatch for meta field 'Up'. expected [bool], got: string",
        "found type mismatch for meta field 'Weight'. expected [float64 int], got: string",
      ]);
    });
  });

  describe("monitoring", () => {
    const job = (config: Values): Values => ({
      name: "j",
      job_type: "tcp",
      regions: ["lga"],
      frequency: 60,
      config,
    });

    test("a job reads back zero for what is left out, and flags in one spelling", () => {
      const object = cloud.create(
        "ns1_monitoringjob",
        job({ host: "h", port: "0443", ssl: "1", ipv6: "1", follow_redirect: "true" }),
      );
      expect(object).toMatchObject({
        id: ID,
        notes: "",
        notify_list: "",
        notify_delay: 0,
        notify_repeat: 0,
        notify_regional: false,
        policy: "quorum",
      });
      expect(object["config"]).toEqual({ host: "h", port: "443", ssl: "1", follow_redirect: "true" });
    });

    test("a job's policy is checked", () => {
      expect(cloud.validate("ns1_monitoringjob", { ...job({}), policy: "some" })).toMatchObject([
        { summary: 'only all, one, quorum allowed in "policy"', path: ["policy"] },
      ]);
      expect(cloud.validate("ns1_monitoringjob", { ...job({}), policy: UNKNOWN })).toEqual([]);
    });

    test("a feed needs its source, and is imported with it", () => {
      expect(() => cloud.create("ns1_datafeed", { name: "f", source_id: "none" })).toThrow(
        "PUT https://api.nsone.net/v1/data/feeds/none: 404 source not found",
      );
      const source = asText(cloud.create("ns1_datasource", { name: "s", sourcetype: "nsone_v1" })["id"]);
      const id = asText(cloud.create("ns1_datafeed", { name: "f", source_id: source })["id"]);
      const find = ns1.resources["ns1_datafeed"]?.find;
      expect(find?.(`${source}/${id}`, cloud)?.id).toBe(id);
      expect(find?.(`other/${id}`, cloud)).toBeUndefined();
      expect(() => find?.(id, cloud)).toThrow('Expecting 1 slash ("datasource_id/datafeed_id"), got 0');
    });

    test("an update of a source does not reach its config", () => {
      const source = cloud.create("ns1_datasource", {
        name: "s",
        sourcetype: "nsone_v1",
        config: { a: "1" },
      });
      expect(cloud.update("ns1_datasource", source, { name: "t", config: { a: "2" } })).toMatchObject({
        name: "t",
        config: { a: "1" },
      });
    });

    test.each<[string, Values, string]>([
      ["pigeon", { coop: "1" }, "pigeon is not a valid notifier type"],
      ["datafeed", { source: "1" }, "wrong config for datafeed expected sourceid field into config"],
      [
        "slack",
        { url: "u", username: "n" },
        "wrong config for slack expected url, username and channel fields into config",
      ],
    ])("a list refuses %s %j", (type, config, message) => {
      expect(() => cloud.create("ns1_notifylist", { name: "n", notifications: [{ type, config }] })).toThrow(
        message,
      );
    });

    test("a list keeps what a notification needs, and leaves out one without config", () => {
      const notifications = [
        { type: "webhook", config: { url: "u", headers: "h" } },
        { type: "email", config: {} },
      ];
      expect(cloud.create("ns1_notifylist", { name: "n", notifications })["notifications"]).toEqual([
        { type: "webhook", config: { url: "u" } },
      ]);
    });
  });

  test.each([
    [null, 1],
    ["", 1],
    ["key", 0],
    [UNKNOWN, 0],
  ])("an API key of %j: %i problems", (apikey, count) => {
    expect(ns1.configure?.({ apikey })).toHaveLength(count);
  });
});
