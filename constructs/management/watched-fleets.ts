import { shedsLoad } from "../dns/traffic-policy";
import type { Environment } from "../fleet/environment";
import { logGroupName } from "../fleet/node-file";
import type { WatchProps } from "./management-plane";

/**
 * What there is to watch of an environment. All names are derived, none is read from a state: whoever is called at night
 * must be able to change alarms while no fleet can be planned.
 */
export function watchedIn({
  name,
  fleets,
  dns,
  sandbox = false,
}: Pick<Environment, "name" | "fleets" | "dns" | "sandbox">): WatchProps {
  const { policy, within } = dns.traffic;
  return {
    environment: name,
    fleets: fleets.flatMap(({ name: fleet, wish, logs }) =>
      // A fleet without logs is refused elsewhere.
      logs === undefined
        ? []
        : [
            {
              name: fleet,
              logGroup: logGroupName(name, fleet),
              sites: Object.fromEntries(Object.keys(wish.sites).map((site) => [site, logs.regionOf(site)])),
            },
          ],
    ),
    sharesByLoad: [policy, ...within.map((regional) => regional.policy)].some(shedsLoad),
    secretsEnd: fleets.some(({ logs }) => logs?.secretEnds === true),
    sandbox,
  };
}
