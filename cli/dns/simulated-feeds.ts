import { z } from "zod";
import type { CloudObjects } from "../../constructs/fleet/simulation";
import type { FeedSource } from "../../sandbox/dns/feeds";
import { simulations } from "../../sandbox/simulations";

const labelled = z.object({ config: z.object({ label: z.string() }) });

/**
 * What monitors and pushes would tell DNS.
 * @param isUp of an address that a monitor looks at.
 * @param loads by label of a feed that load is pushed to.
 */
export function simulatedFeeds(
  objects: CloudObjects,
  isUp: (address: string) => boolean,
  loads: Readonly<Record<string, { readonly connections?: number }>>,
): FeedSource {
  const monitors = simulations.flatMap(({ life }) => life?.monitors?.(objects) ?? []);
  const health = monitors.flatMap(({ probe, feeds }) =>
    feeds.map((feed) => [feed, { up: isUp(probe.address) }] as const),
  );
  const load = objects.list("ns1_datafeed").flatMap(({ id, attributes }) => {
    const feed = labelled.safeParse(attributes);
    const connections = feed.success ? loads[feed.data.config.label]?.connections : undefined;
    return connections === undefined ? [] : [[id, { connections }] as const];
  });
  const said = new Map<string, Readonly<Record<string, boolean | number>>>([...health, ...load]);
  return { feed: (id) => said.get(id) };
}
