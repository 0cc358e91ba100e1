import type { Monitor } from "../../fleet/cloud-life";
import type { CloudLife, CloudObject, CloudObjects, Value, Values } from "../../fleet/simulation";
import { MONITORING_REGIONS } from "./monitoring-regions";

/** What the simulated NS1 does by itself: its monitoring jobs look, and move data feeds. */
export const life: CloudLife = {
  monitors: (objects) => objects.list("ns1_monitoringjob").flatMap((job) => monitor(job, objects)),
};

function monitor({ id, attributes: job }: CloudObject, objects: CloudObjects): Monitor[] {
  const probe = probeOf(text(job["job_type"]), values(job["config"]));
  if (probe === undefined) return [];
  return [
    {
      id,
      name: text(job["name"]),
      active: job["active"] === true,
      probe,
      from: list(job["regions"]).flatMap((region) => {
        const known = Object.entries(MONITORING_REGIONS).find(([name]) => name === region);
        return known === undefined ? [] : [{ name: known[0], position: known[1] }];
      }),
      frequencySeconds: Math.max(1, Number(job["frequency"])),
      rapidRecheck: job["rapid_recheck"] === true,
      policy: text(job["policy"]) as Monitor["policy"],
      feeds: feedsOf(id, job, objects),
    },
  ];
}

/** What a job asks; undefined: a DNS server, or nothing that makes sense. */
function probeOf(type: string, config: Values): Monitor["probe"] | undefined {
  const address = text(config["host"]);
  const port = Number(config["port"]);
  switch (type) {
    case "ping":
      return address === "" ? undefined : { kind: "ping", address };
    case "tcp":
      return address === "" || !(port > 0) ? undefined : { kind: "tcp", address, port };
    case "http":
      return httpProbe(text(config["url"]));
    default:
      return undefined;
  }
}

function httpProbe(given: string): Monitor["probe"] | undefined {
  if (!URL.canParse(given)) return undefined;
  const { protocol, hostname, port, pathname, search } = new URL(given);
  return {
    kind: "http",
    // An IPv6 address stands in brackets in a URL only.
    address: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
    path: pathname + search,
  };
}

/**
 * The feeds of a job: those of its id, of a data source that its notify list names. A job that is muted notifies nobody,
 * so its feeds stay as they are (https://help.ns1.com/hc/en-us/articles/4413745410067).
 */
function feedsOf(id: string, job: Values, objects: CloudObjects): string[] {
  if (job["mute"] === true) return [];
  const sources = objects
    .list("ns1_notifylist")
    .filter((notified) => notified.id === job["notify_list"])
    .flatMap(({ attributes }) => list(attributes["notifications"]).map(values))
    .map(({ config }) => values(config)["sourceid"]);
  return objects
    .list("ns1_datafeed")
    .filter(({ attributes: { config, source_id: source } }) => {
      return values(config)["jobid"] === id && sources.includes(source);
    })
    .map((feed) => feed.id);
}

function text(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

function list(value: Value | undefined): Value[] {
  return Array.isArray(value) ? value : [];
}

function values(value: Value | undefined): Values {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Values) : {};
}
