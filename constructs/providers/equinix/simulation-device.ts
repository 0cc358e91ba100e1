import { randomUUID } from "node:crypto";
import {
  Refusal,
  type Cloud,
  type PlanInput,
  type Planning,
  type ResourceSimulation,
  type Value,
  type Values,
} from "../../fleet/simulation";
import { firstFree, text } from "../../fleet/simulated-values";
import { METROS } from "./metros";
import { DEVICE, keptMetro, lowerCase, PROJECT, SIMULATED_DATE } from "./simulation-values";

/** What a change of it replaces, unless the configuration says that the device is to be installed anew, or left as it is. */
const INSTALLED_WITH = ["custom_data", "operating_system", "user_data"];

/**
 * A machine. The words of the API's refusals are ours.
 * https://github.com/equinix/terraform-provider-equinix/blob/v4.16.1/internal/resources/metal/device/resource.go
 */
export const device: ResourceSimulation = {
  normalise: { metro: lowerCase },
  suppress: {
    metro: keptMetro,
    facilities: keptFacility,
    hardware_reservation_id: ({ new: given }, { prior }) =>
      given !== "" && prior?.["deployed_hardware_reservation_id"] === given,
  },
  replaces: (planning) =>
    INSTALLED_WITH.filter((name) => planning.differences.includes(name) && replaces(name, planning)),
  /** `WaitForActiveDevice` looks for the first time after ten seconds. A real machine takes minutes. */
  waitSeconds: { create: 10 },
  create(planned, cloud) {
    const metro = text(planned["metro"]);
    if (metro === "" && !Array.isArray(planned["facilities"])) {
      throw new Refusal("one of facilies and metro must be configured");
    }
    refuseUnknown(planned, cloud);
    const taken = cloud.list(DEVICE).map(({ attributes }) => text(attributes["access_public_ipv4"]));
    // A range that leads nowhere: RFC 2544. Addresses come in pairs, the first of which is the gateway's.
    const number = firstFree(taken, (each) => publicAddress(each));
    const id = randomUUID();
    return deviceOf(planned, { id, public: number, facility: `${metro}1` });
  },
  update: (planned, prior) =>
    deviceOf(planned, {
      id: text(prior["id"]),
      public: text(prior["access_public_ipv4"]),
      facility: text(prior["deployed_facility"]),
    }),
};

function publicAddress(number: number): string {
  return `198.19.${128 + Math.floor(number / 64)}.${(number % 64) * 4 + 1}`;
}

/** The device as the API returns it once it is active. */
function deviceOf(planned: Values, own: { id: string; public: string; facility: string }): Values {
  const [, , third = "", fourth = ""] = own.public.split(".");
  const ipv6 = `2001:db8:${third}:${fourth}::1`;
  const privateAddress = `10.70.${third}.${fourth}`;
  const address = (it: string, family: number, cidr: number, isPublic: boolean): Values => ({
    address: it,
    cidr,
    family,
    gateway: family === 4 ? it.replace(/\d+$/, String(Number(fourth) - 1)) : `${it.slice(0, -1)}0`,
    public: isPublic,
  });
  return {
    ...planned,
    id: own.id,
    hostname: text(planned["hostname"]) || own.id.slice(0, 8),
    billing_cycle: text(planned["billing_cycle"]) || "hourly",
    locked: planned["locked"] === true,
    state: "active",
    deployed_facility: own.facility,
    facilities: [own.facility],
    network_type: "layer3",
    // The order of the plugin: public IPv4, IPv6, private IPv4.
    network: [
      address(own.public, 4, 31, true),
      address(ipv6, 6, 127, true),
      address(privateAddress, 4, 31, false),
    ],
    access_public_ipv4: own.public,
    access_public_ipv6: ipv6,
    access_private_ipv4: privateAddress,
    ports: ["bond0", "eth0", "eth1"].map((name) => ({
      bonded: true,
      id: own.id,
      mac: "",
      name,
      type: name === "bond0" ? "NetworkBondPort" : "NetworkPort",
    })),
    // Shown for a day after the installation; of nothing here it is a password.
    root_password: "x",
    sos_hostname: `${own.id}@sos.${own.facility}.platformequinix.com`,
    ssh_key_ids: [],
    deployed_hardware_reservation_id: "",
    created: SIMULATED_DATE,
    updated: SIMULATED_DATE,
  };
}

function refuseUnknown(planned: Values, cloud: Cloud): void {
  const project = text(planned["project_id"]);
  const metro = text(planned["metro"]);
  const plan = text(planned["plan"]);
  if (cloud.get(PROJECT, project) === undefined) {
    throw new Refusal(`404 Not found, make sure project "${project}" exists`);
  }
  if (metro !== "" && !METROS.includes(metro)) throw new Refusal(`422 ${metro} is not a valid metro`);
  if (!/^[a-z]\d\.[a-z]+\.(x86|arm64)$/.test(plan)) throw new Refusal(`422 ${plan} is not a valid plan`);
}

/** The plugin's `reinstallDisabledAndNoChangesAllowed`; an operating system cannot be among what may change. */
function replaces(name: string, { planned }: Planning): boolean {
  if (blockOf(planned["reinstall"])["enabled"] === true) return false;
  const allowed = blockOf(planned["behavior"])["allow_changes"];
  return !(Array.isArray(allowed) && allowed.includes(name));
}

/** What is read of facilities is the one that the device is in; nobody who gave a metro has asked for it. */
function keptFacility(_: unknown, { prior, config }: PlanInput): boolean {
  if (prior === null) return false;
  const wanted = config["facilities"] ?? prior["facilities"];
  const deployed = text(prior["deployed_facility"]);
  return Array.isArray(wanted) && deployed !== "" && (wanted.includes(deployed) || wanted.includes("any"));
}

function blockOf(value: Value | undefined): Values {
  return Array.isArray(value) && value.length > 0 ? (value[0] as Values) : {};
}
