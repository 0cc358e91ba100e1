import type { Values } from "../../fleet/simulation";
import { blocks, mapOf, text, texts } from "./simulation-values";

export const WORKLOAD = "stackpath_compute_workload";

/** Set by the server: the workload's anycast address as a /32, for the workload's lifetime. */
export const ANYCAST_RESULT = "anycast.platform.stackpath.net/subnets";

/** The instances of one target in one city. */
export interface Deployment {
  readonly target: string;
  readonly city: string;
  /** Names of the instances, which are their host names too. */
  readonly instances: readonly string[];
}

/** One instance per city of a target and replica; targets by their name. */
export function deploymentsOf(workload: Values): Deployment[] {
  const targets = blocks(workload["target"]).toSorted((a, b) => (text(a["name"]) < text(b["name"]) ? -1 : 1));
  return targets.flatMap((target) => {
    const name = text(target["name"]);
    const cities = blocks(target["selector"])
      .filter(({ key, operator }) => key === "cityCode" && operator === "in")
      .flatMap(({ values }) => texts(values));
    return cities.map((city) => ({
      target: name,
      city,
      instances: Array.from(
        { length: Number(target["min_replicas"]) },
        (_, i) => `${text(workload["slug"])}-${name}-${city.toLowerCase()}-${String(i)}`,
      ),
    }));
  });
}

/** The workload's anycast address; undefined where it did not ask for one when it was made. */
export function anycastAddress(workload: Values): string | undefined {
  const block = mapOf(workload["annotations"])[ANYCAST_RESULT];
  return block === undefined ? undefined : text(block).split("/")[0];
}
