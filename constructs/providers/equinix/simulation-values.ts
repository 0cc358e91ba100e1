import {
  Refusal,
  type Cloud,
  type CloudObject,
  type LeafChange,
  type PlanInput,
} from "../../fleet/simulation";

export const PROJECT = "equinix_metal_project";
export const RESERVED_BLOCK = "equinix_metal_reserved_ip_block";
export const DEVICE = "equinix_metal_device";
export const BGP_SESSION = "equinix_metal_bgp_session";

/** When everything was made: no two runs then differ, and nothing reads it. */
export const SIMULATED_DATE = "2026-01-01T00:00:00Z";

/** An object that a request names. The API's answer where there is none; the plugin adds nothing to it. */
export function existing(cloud: Cloud, type: string, id: string): CloudObject {
  const found = cloud.get(type, id);
  if (found === undefined) throw new Refusal("404 Not found");
  return found;
}

/** Metros: leaving one out of a configuration that had one changes nothing. */
export function keptMetro({ old, new: given }: LeafChange, { prior }: PlanInput): boolean {
  return old === given || (prior !== null && old !== "" && given === "");
}

export function lowerCase(given: string): string {
  return given.toLowerCase();
}
