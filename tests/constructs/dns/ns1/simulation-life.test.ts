import { ns1 } from "../../../../constructs/dns/ns1/simulation";
import { MONITORING_REGIONS } from "../../../../constructs/dns/ns1/monitoring-regions";
import type { Values } from "../../../../constructs/fleet/simulation";
import { asText } from "../../../../sandbox/engine/values";
import { SimulatedCloud } from "../../simulated-cloud";

let cloud: SimulatedCloud;
beforeEach(() => {
  cloud = new SimulatedCloud(ns1, { endpoint: null });
});
const monitors = () => ns1.life?.monitors?.(cloud) ?? [];

const job = (rest: Values = {}): string =>
  asText(
    cloud.create("ns1_monitoringjob", {
      name: "j",
      job_type: "tcp",
      regions: ["lga", "sin"],
      frequency: 30,
      config: { host: "192.0.2.1", port: "443" },
      ...rest,
    })["id"],
  );

test("without jobs nothing looks", () => {
  expect(monitors()).toEqual([]);
});

test("a job looks from the regions that it names, with what the service decides where it says nothing", () => {
  const id = job();
  expect(monitors()).toEqual([
    {
      id,
      name: "j",
      active: true,
      probe: { kind: "tcp", address: "192.0.2.1", port: 443 },
      from: [
        { name: "lga", position: MONITORING_REGIONS.lga },
        { name: "sin", position: MONITORING_REGIONS.sin },
      ],
      frequencySeconds: 30,
      rapidRecheck: false,
      policy: "quorum",
      feeds: [],
    },
  ]);
});

test("a job says whether and how it looks", () => {
  job({ active: false, rapid_recheck: true, policy: "all" });
  expect(monitors()).toMatchObject([{ active: false, rapidRecheck: true, policy: "all" }]);
});

test("a region that nobody knows is no place to look from", () => {
  job({ regions: ["moon", "ams", "toString"] });
  expect(monitors()[0]?.from.map(({ name }) => name)).toEqual(["ams"]);
});

test("a frequency of nothing is not looking without a pause", () => {
  job({ frequency: 0 });
  expect(monitors()[0]?.frequencySeconds).toBe(1);
});

test.each<[string, Values, object]>([
  ["ping", { host: "192.0.2.1" }, { kind: "ping", address: "192.0.2.1" }],
  [
    "tcp",
    { host: "2001:db8::1", port: "22", ipv6: "true" },
    { kind: "tcp", address: "2001:db8::1", port: 22 },
  ],
  [
    "http",
    { url: "http://192.0.2.1/healthz?deep" },
    { kind: "http", address: "192.0.2.1", port: 80, path: "/healthz?deep" },
  ],
  ["http", { url: "https://192.0.2.1" }, { kind: "http", address: "192.0.2.1", port: 443, path: "/" }],
  [
    "http",
    { url: "http://[2001:db8::1]:8080/" },
    { kind: "http", address: "2001:db8::1", port: 8080, path: "/" },
  ],
])("%s %j", (type, config, probe) => {
  job({ job_type: type, config });
  expect(monitors()[0]?.probe).toEqual(probe);
});

test.each<[string, Values]>([
  ["dns", { host: "192.0.2.1", port: "53" }],
  ["tcp", { host: "192.0.2.1" }],
  ["tcp", { port: "443" }],
  ["ping", {}],
  ["http", { url: "nowhere" }],
  ["http", {}],
])("%s %j looks at nothing", (type, config) => {
  job({ job_type: type, config });
  expect(monitors()).toEqual([]);
});

describe("feeds", () => {
  let source: string;
  let list: string;
  const create = (type: string, values: Values): string => asText(cloud.create(type, values)["id"]);
  const notifying = (type: string, config: Values): string =>
    create("ns1_notifylist", { name: "n", notifications: [{ type, config }] });
  const feed = (jobid: string, of = source): string =>
    create("ns1_datafeed", { name: "f", source_id: of, config: { jobid } });
  const feeds = (id: string) => monitors().find((monitor) => monitor.id === id)?.feeds;

  beforeEach(() => {
    source = create("ns1_datasource", { name: "s", sourcetype: "nsone_monitoring" });
    list = notifying("datafeed", { sourceid: source });
  });

  test("of the job, of a source that its list names, move with it", () => {
    const [one, other] = [job({ notify_list: list }), job({ notify_list: list })];
    const [first, second, third] = [feed(one), feed(one), feed(other)];
    expect(feeds(one)).toEqual([first, second]);
    expect(feeds(other)).toEqual([third]);
  });

  test("of a job without a list never move", () => {
    const id = job();
    feed(id);
    expect(feeds(id)).toEqual([]);
  });

  test("of another source than the list's never move, nor do they by another kind of notification", () => {
    const elsewhere = create("ns1_datasource", { name: "t", sourcetype: "nsone_monitoring" });
    const id = job({ notify_list: list });
    feed(id, elsewhere);
    expect(feeds(id)).toEqual([]);
    const webhook = job({ notify_list: notifying("webhook", { url: source }) });
    feed(webhook);
    expect(feeds(webhook)).toEqual([]);
  });

  test("of a job that is muted stay as they are", () => {
    const id = job({ notify_list: list, mute: true });
    feed(id);
    expect(feeds(id)).toEqual([]);
  });
});
