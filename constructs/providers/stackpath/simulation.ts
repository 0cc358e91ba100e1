import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import {
  Refusal,
  simulationData,
  Unknown,
  type AttributePath,
  type Cloud,
  type Diagnostic,
  type ProviderSimulation,
  type ResourceSimulation,
  type Value,
  type Values,
} from "../../fleet/simulation";
import { POLICY } from "./simulation-firewall";
import { life } from "./simulation-life";
import { blocks, listOf, mapOf, text } from "./simulation-values";
import { ANYCAST_RESULT, deploymentsOf, WORKLOAD } from "./simulation-workload";

/** Asks for an anycast address; only looked at when the workload is made. */
const ANYCAST_REQUEST = "anycast.platform.stackpath.net";

/** StackPath's own images, such as `stackpath-edge/ubuntu-2204-jammy:v202204272102`: all of them are taken to exist. */
const VENDOR_STACK = "stackpath-edge/";

/** stackpath/stackpath 2.1.0 and the edge compute service behind it, which closed in 2024. */
export const stackpath: ProviderSimulation = {
  ...simulationData(__dirname, "stackpath/stackpath"),
  resources: { [WORKLOAD]: workload(), [POLICY]: networkPolicy() },
  configure: missingCredentials,
  life,
};

function missingCredentials(config: Values): Diagnostic[] {
  const given = (name: string): boolean => config[name] !== null && config[name] !== "";
  const required = (name: string): Diagnostic => ({
    severity: "error",
    summary: "Missing required argument",
    detail: `The argument "${name}" is required, but was not set.`,
  });
  const credentials = given("access_token") ? [] : ["client_id", "client_secret"];
  return ["stack_id", ...credentials].filter((name) => !given(name)).map(required);
}

function workload(): ResourceSimulation {
  return {
    suppress: {
      // What the server adds is no difference; a change of any other annotation makes all of them count.
      annotations: (_, { prior, config }) => {
        const [old, given] = [prior?.["annotations"] ?? {}, config["annotations"] ?? {}];
        return !(given instanceof Unknown) && sameMap(withoutServerSet(old), withoutServerSet(given));
      },
    },
    create(planned, cloud) {
      refuseTaken(cloud, WORKLOAD, planned, "failed to create compute workload");
      refuseUnknownImage(cloud, planned, "failed to create compute workload");
      const annotations = mapOf(planned["annotations"]);
      if (annotations[ANYCAST_REQUEST] === "true")
        annotations[ANYCAST_RESULT] = `${freeAnycastAddress(cloud)}/32`;
      return workloadOf(planned, { id: randomUUID(), version: "1", annotations, instances: [] }, cloud);
    },
    update(planned, prior, cloud) {
      refuseUnknownImage(cloud, planned, "failed to update compute workload");
      const stored = cloud.get(WORKLOAD, text(prior["id"]))?.attributes ?? prior;
      const annotations = mapOf(planned["annotations"]);
      const address = mapOf(stored["annotations"])[ANYCAST_RESULT];
      if (address !== undefined) annotations[ANYCAST_RESULT] = address;
      const kept = { id: text(prior["id"]), version: next(stored["version"]), annotations };
      return workloadOf(planned, { ...kept, instances: blocks(stored["instances"]) }, cloud);
    },
  };
}

/** The workload as the API returns it. */
function workloadOf(planned: Values, own: Values & { instances: Values[] }, cloud: Cloud): Values {
  const interfaces = blocks(planned["network_interface"]).map((each) => ({
    ...each,
    ip_families: listOf(each["ip_families"], ["IPv4"]),
    assignments: listOf(each["assignments"], []),
  }));
  const stored: Values = {
    ...planned,
    ...own,
    network_interface: interfaces,
    virtual_machine: blocks(planned["virtual_machine"]).map(asApiReturns),
    container: blocks(planned["container"]).map(asApiReturns),
    init_container: blocks(planned["init_container"]).map(asApiReturns),
  };
  return { ...stored, instances: instancesOf(stored, own.instances, cloud) };
}

/** The request upper-cases protocol and scheme, and the plugin reads no resource but cpu and memory. */
function asApiReturns(machine: Values): Values {
  const upper = (name: string) => (each: Values) => ({ ...each, [name]: text(each[name]).toUpperCase() });
  const probe = (each: Values): Values => ({
    ...each,
    http_get: blocks(each["http_get"]).map(upper("scheme")),
  });
  const requests = (each: Values): Values => {
    const { cpu, memory } = mapOf(each["requests"]);
    return {
      ...each,
      requests: { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) },
    };
  };
  return {
    ...machine,
    port: blocks(machine["port"]).map(upper("protocol")),
    liveness_probe: blocks(machine["liveness_probe"]).map(probe),
    readiness_probe: blocks(machine["readiness_probe"]).map(probe),
    resources: blocks(machine["resources"]).map(requests),
  };
}

/** One instance per city of a target and replica, at once; those that stay keep their addresses. */
function instancesOf(stored: Values, existing: readonly Values[], cloud: Cloud): Values[] {
  const network = text(blocks(stored["network_interface"])[0]?.["network"]);
  const hosts = freeHosts(cloud);
  const names = deploymentsOf(stored).flatMap(({ instances }) => instances);
  return names.map((name) => {
    const before = existing.find((instance) => instance["name"] === name);
    return before ?? instanceOf(name, network, hosts.next().value);
  });
}

function instanceOf(name: string, network: string, host: number): Values {
  const address = `10.128.${Math.floor(host / 256)}.${host % 256}`;
  const external = `198.18.${Math.floor(host / 256)}.${host % 256}`; // a range that leads nowhere: RFC 2544
  return {
    name,
    phase: "RUNNING",
    reason: "",
    message: "",
    ip_address: address,
    ipv6_address: "",
    external_ip_address: external,
    external_ipv6_address: "",
    network_interface: [
      {
        network,
        ip_address: address,
        ip_address_aliases: [],
        gateway: "10.128.0.1",
        ipv6_address: "",
        ipv6_address_aliases: [],
        ipv6_gateway: "",
      },
    ],
    virtual_machine: [],
    container: [],
    init_container: [],
    location: [],
    metadata: [],
  };
}

/** Host numbers from 2 up that no instance has. */
function* freeHosts(cloud: Cloud): Generator<number, never> {
  const instances = cloud.list(WORKLOAD).flatMap(({ attributes }) => blocks(attributes["instances"]));
  const taken = new Set(instances.map((instance) => text(instance["ip_address"])));
  for (let host = 2; ; host++) {
    if (!taken.has(`10.128.${Math.floor(host / 256)}.${host % 256}`)) yield host;
  }
}

function freeAnycastAddress(cloud: Cloud): string {
  const taken = new Set(
    cloud.list(WORKLOAD).map(({ attributes }) => mapOf(attributes["annotations"])[ANYCAST_RESULT]),
  );
  // TEST-NET-3 (RFC 5737): addresses that lead nowhere, unlike the service's own.
  const free = Array.from({ length: 254 }, (_, i) => `203.0.113.${i + 1}`).find(
    (address) => !taken.has(`${address}/32`),
  );
  if (free === undefined)
    throw apiRefusal("failed to create compute workload", 429, "no anycast address is free");
  return free;
}

function networkPolicy(): ResourceSimulation {
  const stored = (planned: Values, id: string, version: string): Values => ({
    ...planned,
    id,
    version,
    description: text(planned["description"]),
    ingress: blocks(planned["ingress"]).map(withoutEmptyProtocols),
    egress: blocks(planned["egress"]).map(withoutEmptyProtocols),
  });
  return {
    validate: (config) => [
      ...cidrProblems(config, "ingress", "from"),
      ...cidrProblems(config, "egress", "to"),
    ],
    create(planned, cloud) {
      refuseTaken(cloud, POLICY, planned, "failed to create network policy");
      return stored(planned, randomUUID(), "1");
    },
    update: (planned, prior) => stored(planned, text(prior["id"]), next(prior["version"])),
    read: (object) => ({
      ...object,
      labels: mapOf(object["labels"]),
      annotations: mapOf(object["annotations"]),
    }),
  };
}

/** A protocol without options is an empty object, which the plugin reads as none: such a rule never settles. */
function withoutEmptyProtocols(rule: Values): Values {
  const protocol = blocks(rule["protocol"]).map((each) => ({ ...each, ah: [], esp: [], gre: [], icmp: [] }));
  return { ...rule, protocol };
}

function cidrProblems(config: Values, direction: string, peer: string): Diagnostic[] {
  return blocks(config[direction]).flatMap((rule, i) =>
    blocks(rule[peer]).flatMap((host, j) =>
      blocks(host["ip_block"]).flatMap((block, k) => {
        const path: AttributePath = [direction, i, peer, j, "ip_block", k];
        const excepted = listOf(block["except"], []).map((value, l) => ({
          value,
          path: [...path, "except", l],
        }));
        return [{ value: block["cidr"], path: [...path, "cidr"] }, ...excepted].flatMap(
          ({ value, path: at }) =>
            typeof value === "string" && !isCidr(value) ? [cidrProblem(value, at)] : [],
        );
      }),
    ),
  );
}

function cidrProblem(value: string, path: AttributePath): Diagnostic {
  return { severity: "error", summary: `invalid CIDR address: ${value}`, path };
}

function isCidr(value: string): boolean {
  const [address = "", prefix = "", ...rest] = value.split("/");
  const bits = isIP(address) === 4 ? 32 : 128;
  return isIP(address) !== 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits && rest.length === 0;
}

/** A slug is taken once per stack and kind. */
function refuseTaken(cloud: Cloud, type: string, planned: Values, failed: string): void {
  const taken = cloud.list(type).some(({ attributes }) => attributes["slug"] === planned["slug"]);
  if (taken) throw apiRefusal(failed, 409, `slug ${text(planned["slug"])} is already in use`);
}

/** The service closed before anybody wrote down how it refuses an image; the form of its errors is known. */
function refuseUnknownImage(cloud: Cloud, planned: Values, failed: string): void {
  for (const { image } of blocks(planned["virtual_machine"])) {
    const isVendors = text(image).startsWith(VENDOR_STACK);
    if (!isVendors && cloud.imageExists?.(text(image)) === false) {
      throw apiRefusal(failed, 400, `image ${text(image)} does not exist`);
    }
  }
}

function apiRefusal(failed: string, status: number, message: string): Refusal {
  return new Refusal(`${failed}: a ${status} error was returned from StackPath: "${message}"`);
}

function withoutServerSet(annotations: Value): Values {
  return Object.fromEntries(Object.entries(mapOf(annotations)).filter(([key]) => key !== ANYCAST_RESULT));
}

function sameMap(a: Values, b: Values): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function next(version: Value | undefined): string {
  return String(Number(text(version)) + 1);
}
