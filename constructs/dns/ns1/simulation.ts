import { randomBytes } from "node:crypto";
import {
  Refusal,
  simulationData,
  Unknown,
  type Cloud,
  type CloudObject,
  type Diagnostic,
  type LeafChange,
  type ProviderSimulation,
  type ResourceSimulation,
  type Value,
  type Values,
} from "../../fleet/simulation";
import { life } from "./simulation-life";
import { normaliseMeta } from "./simulation-meta";

/** ns1-terraform/ns1 2.9.0 and the managed DNS service behind it. */
export const ns1: ProviderSimulation = {
  ...simulationData(__dirname, "ns1-terraform/ns1"),
  resources: {
    ns1_zone: zone(),
    ns1_record: record(),
    ns1_datasource: datasource(),
    ns1_datafeed: datafeed(),
    ns1_monitoringjob: monitoringJob(),
    ns1_notifylist: notifyList(),
  },
  configure: (config) =>
    config["apikey"] === null || config["apikey"] === ""
      ? [
          {
            severity: "error",
            summary: "Missing required argument",
            detail: 'The argument "apikey" is required, but was not set.',
          },
        ]
      : [],
  life,
};

function zone(): ResourceSimulation {
  const stored = (planned: Values, id: string): Values => ({
    ...planned,
    id,
    ttl: known(planned["ttl"], 3600),
    refresh: known(planned["refresh"], 43200),
    retry: known(planned["retry"], 7200),
    expiry: known(planned["expiry"], 1209600),
    nx_ttl: known(planned["nx_ttl"], 3600),
    hostmaster: known(planned["hostmaster"], "hostmaster@nsone.net"),
    networks: known(planned["networks"], [0]),
    dnssec: known(planned["dnssec"], false),
    dns_servers: "dns1.p01.nsone.net,dns2.p01.nsone.net",
    primary_port: known(planned["primary_port"], text(planned["primary"]) === "" ? null : 53),
    secondaries: listOf(planned["secondaries"]).map((each) => {
      const secondary = mapOf(each);
      return {
        ...secondary,
        networks: known(secondary["networks"], [0]),
        notify: known(secondary["notify"], false),
        port: known(secondary["port"], 53),
      };
    }),
  });
  return {
    // Becoming a secondary zone replaces it; ceasing to be one, or a new primary, does not.
    replaces: ({ planned, prior }) =>
      text(prior?.["primary"]) === "" && planned["primary"] !== null && planned["primary"] !== ""
        ? ["primary"]
        : [],
    create(planned, cloud) {
      if (zoneNamed(cloud, text(planned["zone"])) !== undefined) {
        throw apiRefusal(cloud, "PUT", `zones/${text(planned["zone"])}`, 409, "zone already exists");
      }
      return stored(planned, newId());
    },
    update: (planned, prior) => stored(planned, text(prior["id"])),
    delete(prior, cloud) {
      for (const { id, attributes } of cloud.list("ns1_record")) {
        if (attributes["zone"] === prior["zone"]) cloud.remove("ns1_record", id);
      }
    },
    // The plugin reads what makes a secondary zone only of one, and never whether the NS record was kept.
    read: ({ primary, primary_port, additional_primaries, additional_ports, secondaries, ...rest }) => ({
      ...without(rest, [
        "autogenerate_ns_record",
        "additional_networks",
        "additional_notify_only",
        "primary_network",
        "tags",
        "tsig",
        "link",
      ]),
      ...(text(primary) === ""
        ? {}
        : present({ primary, primary_port, additional_primaries, additional_ports })),
      ...(listOf(secondaries).length === 0 ? {} : present({ secondaries })),
    }),
    find: (name, cloud) => zoneNamed(cloud, name),
  };
}

function record(): ResourceSimulation {
  return {
    validate: (config) => [
      ...dotProblems(config, "zone"),
      ...dotProblems(config, "domain"),
      ...recordTypeProblems(config["type"]),
    ],
    suppress: {
      zone: sameButForCase,
      domain: sameButForCase,
      meta: sameMeta,
      "answers.meta": sameMeta,
      "regions.meta": sameMeta,
    },
    create(planned, cloud) {
      const [name, domain, type] = [text(planned["zone"]), text(planned["domain"]), text(planned["type"])];
      const object = recordOf(planned, newId(), cloud);
      const path = `zones/${name}/${domain}/${type}`;
      if (zoneNamed(cloud, name) === undefined) throw apiRefusal(cloud, "PUT", path, 404, "zone not found");
      if (recordAt(cloud, name, domain, type) !== undefined) {
        throw apiRefusal(cloud, "PUT", path, 409, "record already exists");
      }
      return object;
    },
    update: (planned, prior, cloud) => recordOf(planned, text(prior["id"]), cloud),
    // Lists that are empty in the API's answer leave the state as it was: a filter chain deleted behind
    // Terraform's back is not seen.
    read: ({ answers, filters, regions, tags, blocked_tags, link, meta, ...rest }) => ({
      ...without(rest, ["short_answers", "override_ttl", "override_address_records"]),
      meta: mapOf(meta),
      ...(text(link) === "" ? {} : present({ link })),
      ...nonEmpty({ answers, filters, regions, blocked_tags }),
      ...(Object.keys(mapOf(tags)).length === 0 ? {} : present({ tags })),
    }),
    find(importId, cloud) {
      const parts = importId.split("/");
      const [name, domain, type] = parts;
      if (parts.length !== 3 || name === undefined || domain === undefined || type === undefined) {
        throw new Refusal(
          `invalid record specifier.  Expecting 2 slashes ("zone/domain/type"), got ${parts.length - 1}`,
        );
      }
      return recordAt(cloud, name, domain, type);
    },
  };
}

/** The record as the API returns it; the plugin itself checks the metadata before it calls the API. */
function recordOf(planned: Values, id: string, cloud: Cloud): Values {
  const answers = listOf(planned["answers"]).map((each) => {
    const answer = mapOf(each);
    return { ...answer, meta: checkedMeta(answer["meta"], "answer") };
  });
  if (text(planned["link"]) !== "" && answers.length > 0) {
    throw new Refusal("cannot have both link and answers in a record");
  }
  const meta = checkedMeta(planned["meta"], "record");
  const regions = listOf(planned["regions"]).map((each) => {
    const region = mapOf(each);
    return { ...region, meta: checkedMeta(region["meta"], "region/group") };
  });
  const filters = listOf(planned["filters"]).map((each) => {
    const filter = mapOf(each);
    return { ...filter, config: mapOf(filter["config"]) };
  });
  const ttl = zoneNamed(cloud, text(planned["zone"]))?.attributes["ttl"] ?? 3600;
  return { ...planned, id, ttl: known(planned["ttl"], ttl), meta, answers, regions, filters };
}

function checkedMeta(meta: Value | undefined, of: string): Values {
  const { values, problems } = normaliseMeta(mapOf(meta));
  if (problems.length > 0) throw new Refusal([`found error/s in ${of} metadata`, ...problems].join(","));
  return values;
}

const RECORD_TYPES = [
  ...["A", "AAAA", "AFSDB", "ALIAS", "APL", "CAA", "CERT", "CNAME", "CSYNC", "DHCID", "DNAME", "DS", "GPOS"],
  ...["HINFO", "HTTPS", "IPSECKEY", "MX", "NAPTR", "NS", "OPENPGPKEY", "PTR", "RP", "SMIMEA", "SPF", "SRV"],
  ...["SSHFP", "SVCB", "TLSA", "TXT", "URI"],
];

function recordTypeProblems(type: Value | undefined): Diagnostic[] {
  if (typeof type !== "string" || RECORD_TYPES.includes(type)) return [];
  const expected = RECORD_TYPES.map((each) => `"${each}"`).join(", ");
  return [
    {
      severity: "error",
      summary: `expecting one of ${expected}; got ${JSON.stringify(type)}`,
      path: ["type"],
    },
  ];
}

function dotProblems(config: Values, name: string): Diagnostic[] {
  const value = text(config[name]);
  const problem = (end: string): Diagnostic => ({
    severity: "error",
    summary: `${name} has an invalid ${end} ".", got: ${value}`,
    path: [name],
  });
  return [
    ...(value.startsWith(".") ? [problem("leading")] : []),
    ...(value.endsWith(".") ? [problem("trailing")] : []),
  ];
}

function sameButForCase({ old, new: given }: LeafChange): boolean {
  return old.toLowerCase() === given.toLowerCase();
}

/** Fields whose order the API does not keep. */
const UNORDERED = ["georegion", "country", "us_state", "ca_province", "ip_prefixes", "asn"];

function sameMeta({ path, old, new: given }: LeafChange): boolean {
  const field = String(path.at(-1));
  if (UNORDERED.includes(field)) {
    const items = (list: string): string =>
      [...new Set(list.split(",").map((item) => item.trim()))].sort().join();
    return items(old) === items(given);
  }
  return field.endsWith("up") && asBoolean(old) !== undefined && asBoolean(old) === asBoolean(given);
}

function asBoolean(value: string): boolean | undefined {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(value)) return true;
  return ["0", "f", "F", "false", "FALSE", "False"].includes(value) ? false : undefined;
}

function datasource(): ResourceSimulation {
  return {
    create: (planned) => ({ ...planned, id: newId(), config: mapOf(planned["config"]) }),
    // The request of an update has no config, so the API keeps the one it has.
    update: (planned, prior, cloud) => ({
      ...planned,
      config: mapOf(cloud.get("ns1_datasource", text(prior["id"]))?.attributes["config"]),
    }),
  };
}

function datafeed(): ResourceSimulation {
  return {
    create(planned, cloud) {
      const source = text(planned["source_id"]);
      if (cloud.get("ns1_datasource", source) === undefined) {
        throw apiRefusal(cloud, "PUT", `data/feeds/${source}`, 404, "source not found");
      }
      return { ...planned, id: newId(), config: mapOf(planned["config"]) };
    },
    update: (planned) => ({ ...planned, config: mapOf(planned["config"]) }),
    read: (feed) => without(feed, ["source_id"]),
    find(importId, cloud) {
      const [source, id, ...rest] = importId.split("/");
      if (id === undefined || rest.length > 0) {
        const slashes = importId.split("/").length - 1;
        throw new Refusal(
          `invalid feed specifier.  Expecting 1 slash ("datasource_id/datafeed_id"), got ${slashes}`,
        );
      }
      const feed = cloud.get("ns1_datafeed", id);
      return feed?.attributes["source_id"] === source ? feed : undefined;
    },
  };
}

function monitoringJob(): ResourceSimulation {
  const stored = (planned: Values, id: string): Values => ({
    ...planned,
    id,
    config: jobConfig(mapOf(planned["config"])),
    notes: text(planned["notes"]),
    notify_list: text(planned["notify_list"]),
    notify_delay: planned["notify_delay"] ?? 0,
    notify_repeat: planned["notify_repeat"] ?? 0,
    notify_regional: planned["notify_regional"] ?? false,
  });
  return {
    validate: ({ policy }) =>
      typeof policy === "string" && !["all", "one", "quorum"].includes(policy)
        ? [{ severity: "error", summary: 'only all, one, quorum allowed in "policy"', path: ["policy"] }]
        : [],
    create: (planned) => stored(planned, newId()),
    update: (planned, prior) => stored(planned, text(prior["id"])),
    read: ({ rules, ...rest }) => ({ ...rest, ...nonEmpty({ rules }) }),
  };
}

const JOB_FLAGS: Record<string, string> = {
  ssl: "1",
  follow_redirect: "true",
  ipv6: "true",
  tls_skip_verify: "true",
  tls_add_verify: "true",
};

/** Flags are sent only when they are set, and read back in one spelling each; numbers are numbers on the way. */
function jobConfig(config: Values): Values {
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => {
      const flag = JOB_FLAGS[key];
      if (flag !== undefined) return value === flag ? [[key, flag]] : [];
      return [[key, /^[+-]?\d+$/.test(text(value)) ? String(Number(value)) : value]];
    }),
  );
}

/** What each kind of notification needs in its config, and the name the plugin uses when it complains. */
const NOTIFIERS: Record<string, { fields: string[]; complaint: string }> = {
  email: { fields: ["email"], complaint: "email field" },
  datafeed: { fields: ["sourceid"], complaint: "sourceid field" },
  webhook: { fields: ["url"], complaint: "url field" },
  pagerduty: { fields: ["service_key"], complaint: "serviceKey field" },
  slack: { fields: ["url", "username", "channel"], complaint: "url, username and channel fields" },
};

function notifyList(): ResourceSimulation {
  return {
    create: (planned) => ({ ...planned, id: newId(), notifications: notificationsOf(planned) }),
    update: (planned) => ({ ...planned, notifications: notificationsOf(planned) }),
    read: ({ notifications, ...rest }) => ({ ...rest, ...nonEmpty({ notifications }) }),
  };
}

/** A notification with an empty config is silently left out by the plugin. */
function notificationsOf(planned: Values): Values[] {
  const notifications = listOf(planned["notifications"]).map(mapOf);
  return notifications.flatMap((notification) => {
    const type = text(notification["type"]);
    const config = mapOf(notification["config"]);
    if (Object.keys(config).length === 0) return [];
    const notifier = NOTIFIERS[type];
    if (notifier === undefined) throw new Refusal(`${type} is not a valid notifier type`);
    if (notifier.fields.some((field) => config[field] === undefined)) {
      throw new Refusal(`wrong config for ${type} expected ${notifier.complaint} into config`);
    }
    return [
      { type, config: Object.fromEntries(notifier.fields.map((field) => [field, config[field] ?? null])) },
    ];
  });
}

function zoneNamed(cloud: Cloud, name: string): CloudObject | undefined {
  return cloud.list("ns1_zone").find(({ attributes }) => attributes["zone"] === name);
}

function recordAt(cloud: Cloud, zoneName: string, domain: string, type: string): CloudObject | undefined {
  return cloud
    .list("ns1_record")
    .find(
      ({ attributes }) =>
        attributes["zone"] === zoneName && attributes["domain"] === domain && attributes["type"] === type,
    );
}

/** An error of the API as the plugin's client words it. */
function apiRefusal(cloud: Cloud, method: string, path: string, status: number, message: string): Refusal {
  const endpoint = text(cloud.provider["endpoint"]) || "https://api.nsone.net/v1/";
  return new Refusal(`${method} ${endpoint}${path}: ${status} ${message}`);
}

/** NS1's ids: 24 hex digits. */
function newId(): string {
  return randomBytes(12).toString("hex");
}

/** The value, or what the service decides where it is left to it. */
function known(value: Value | undefined, decided: Value): Value {
  return value === null || value === undefined || value instanceof Unknown ? decided : value;
}

function text(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

function mapOf(value: Value | undefined): Values {
  return value instanceof Unknown || Array.isArray(value) || typeof value !== "object" ? {} : { ...value };
}

function listOf(value: Value | undefined): Value[] {
  return Array.isArray(value) ? value : [];
}

function without(values: Values, names: readonly string[]): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

function present(values: { [name: string]: Value | undefined }): Values {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function nonEmpty(lists: { [name: string]: Value | undefined }): Values {
  return present(Object.fromEntries(Object.entries(lists).filter(([, list]) => listOf(list).length > 0)));
}
