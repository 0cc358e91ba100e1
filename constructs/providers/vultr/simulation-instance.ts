import { randomUUID } from "node:crypto";
import {
  Refusal,
  type Cloud,
  type ResourceSimulation,
  type Value,
  type Values,
} from "../../fleet/simulation";
import { firstFree, text } from "../../fleet/simulated-values";
import { ignoreCase, SIMULATED_DATE } from "./simulation-values";

export const INSTANCE = "vultr_instance";
export const SNAPSHOT = "vultr_snapshot";

/** Vultr's number for "from a snapshot": https://api.vultr.com/v2/os */
const OS_SNAPSHOT = 164;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const instance: ResourceSimulation = {
  suppress: { region: ignoreCase },
  /**
   * The plugin looks ten seconds after it has asked for the instance whether that is active, and ten seconds after that
   * whether it runs. `waitForServerAvailable` of
   * https://github.com/vultr/terraform-provider-vultr/blob/master/vultr/resource_vultr_instance.go
   */
  waitSeconds: { create: 20 },
  create(planned, cloud) {
    refuseSource(planned);
    refuseUnknown(planned, cloud);
    const taken = cloud.list(INSTANCE).map(({ attributes }) => text(attributes["main_ip"]));
    // A range that leads nowhere: RFC 2544. The first address of each block is its gateway's.
    const mainIp = firstFree(taken, (number) => `198.19.${Math.floor(number / 200)}.${(number % 200) + 2}`);
    return instanceOf(planned, {
      id: randomUUID(),
      main_ip: mainIp,
      hostname: text(planned["hostname"]) || "vultr.guest",
      // Of a snapshot's instance it is no password of anything; that the plugin calls it sensitive is what counts.
      default_password: "x",
      date_created: SIMULATED_DATE,
    });
  },
  update: (planned, prior) =>
    instanceOf(planned, {
      id: prior["id"] ?? null,
      main_ip: prior["main_ip"] ?? null,
      hostname: prior["hostname"] ?? null,
      default_password: prior["default_password"] ?? null,
      date_created: prior["date_created"] ?? null,
    }),
};

/** What the plugin waits for is that the snapshot is complete, and it looks after ten seconds. */
export const snapshot: ResourceSimulation = {
  waitSeconds: { create: 10 },
  create(planned, cloud) {
    const source = cloud.get(INSTANCE, text(planned["instance_id"]));
    if (source === undefined) throw apiRefusal("error creating snapshot", 404, "Invalid instance.");
    return {
      ...planned,
      id: randomUUID(),
      description: text(planned["description"]),
      date_created: SIMULATED_DATE,
      status: "complete",
      size: Number(source.attributes["disk"]) * 2 ** 30,
      os_id: OS_SNAPSHOT,
      app_id: 0,
    };
  },
};

/** The instance as the API returns it once it runs. */
function instanceOf(planned: Values, own: Values): Values {
  const { cpu, memoryGiB, diskGb } = hardwareOf(text(planned["plan"]));
  const v6 = planned["enable_ipv6"] === true;
  // The network of an instance follows from its address, so that no two have the same.
  const network = `2001:db8:${text(own["main_ip"]).split(".").slice(2).join(":")}::`;
  return {
    ...planned,
    ...own,
    label: text(planned["label"]),
    ...imageOf(planned),
    script_id: known(planned["script_id"]),
    reserved_ip_id: known(planned["reserved_ip_id"]),
    firewall_group_id: text(planned["firewall_group_id"]),
    vpc_ids: Array.isArray(planned["vpc_ids"]) ? planned["vpc_ids"] : [],
    vpc_only: planned["vpc_only"] === true,
    netmask_v4: "255.255.255.0",
    gateway_v4: text(own["main_ip"]).replace(/\d+$/, "1"),
    v6_main_ip: v6 ? `${network}11` : "",
    v6_network: v6 ? network : "",
    v6_network_size: v6 ? 64 : 0,
    internal_ip: "",
    features: v6 ? ["ipv6"] : [],
    status: "active",
    power_status: "running",
    server_status: "ok",
    vcpu_count: cpu,
    ram: memoryGiB * 1024,
    disk: diskGb,
    allowed_bandwidth: 3000,
    kvm: "",
  };
}

/** What it was made from. */
function imageOf(planned: Values): Values {
  const fromSnapshot = text(planned["snapshot_id"]) !== "";
  const given = typeof planned["os_id"] === "number" ? planned["os_id"] : 0;
  return {
    os: fromSnapshot ? "Snapshot" : "",
    os_id: fromSnapshot ? OS_SNAPSHOT : given,
    app_id: typeof planned["app_id"] === "number" ? planned["app_id"] : 0,
    image_id: text(planned["image_id"]),
    snapshot_id: text(planned["snapshot_id"]),
    user_data: text(planned["user_data"]),
  };
}

/** Plans are named by what they are: `vc2-2c-4gb`, `voc-c-2c-4gb-50s-amd`. */
function hardwareOf(plan: string): { cpu: number; memoryGiB: number; diskGb: number } {
  const [, cpu, memory, disk = "80"] = /-(\d+)c-([\d.]+)gb(?:-(\d+)s)?/.exec(plan) ?? [];
  return { cpu: Number(cpu), memoryGiB: Number(memory), diskGb: Number(disk) };
}

/** The plugin's own words, before it asks the API. */
function refuseSource(planned: Values): void {
  const named = ["app_id", "iso_id", "snapshot_id", "image_id"].filter((name) => isGiven(planned[name]));
  const [first] = named;
  if (named.length > 1) {
    throw new Refusal(`too many options have been selected : [${named.join(" ")}] : please select one`);
  }
  const os = isGiven(planned["os_id"]);
  if (first !== undefined && os) throw new Refusal(`Please do not set ${first} with os_id`);
  if (first === undefined && !os) throw new Refusal("error occurred while getting your intended os type");
}

/**
 * https://github.com/vultr/terraform-provider-vultr/issues/377 has the words about the plan,
 * https://github.com/vultr/terraform-provider-vultr/issues/110 those about the id; those about a snapshot that is gone are ours.
 */
function refuseUnknown(planned: Values, cloud: Cloud): void {
  const id = text(planned["snapshot_id"]);
  const failed = "error creating server";
  if (Number.isNaN(hardwareOf(text(planned["plan"])).cpu))
    throw apiRefusal(failed, 400, "Invalid plan chosen.");
  if (id === "") return;
  if (!UUID.test(id)) throw apiRefusal(failed, 400, "Invalid UUID format.");
  if (cloud.get(SNAPSHOT, id) === undefined && cloud.imageExists?.(id) === false) {
    throw apiRefusal(failed, 400, `Invalid snapshot ${id}.`);
  }
}

function apiRefusal(failed: string, status: number, error: string): Refusal {
  return new Refusal(`${failed}: ${JSON.stringify({ error, status })}`);
}

function isGiven(value: Value | undefined): boolean {
  return (typeof value === "string" && value !== "") || (typeof value === "number" && value !== 0);
}

/** What the API does not tell stays as it was given. */
function known(value: Value | undefined): Value {
  return typeof value === "string" && value !== "" ? value : null;
}
