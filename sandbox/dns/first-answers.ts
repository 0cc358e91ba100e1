import { applyFilterChain, type RandomSource } from "./filter-chain";
import { chainDistribution } from "./chain-distribution";
import { withFeeds, type FeedSource } from "./feeds";
import { draw, firstValues, outcomes } from "./route53-answers";
import { isHealthy } from "./route53-health";
import { locationOf } from "./route53-locations";
import type { RecordSet, RoutedSet } from "./zone";

/** What decides on the answers beside the records and chance. */
export interface Circumstances {
  readonly feeds: FeedSource;
  /** Where the client is, as NS1 names regions of the world; undefined: nobody knows. */
  readonly georegion?: string | undefined;
}

/**
 * How likely each answer is the first one of a reply: exact.
 * @throws Error where a filter chain has no distribution that can be worked out.
 */
export function firstAnswers(set: RecordSet, circumstances: Circumstances): ReadonlyMap<string, number> {
  if ("routed" in set) return firstValues(possible(set, circumstances));
  const { feeds, georegion } = circumstances;
  const answers = set.answers.map((answer) => ({ ...answer, meta: withFeeds(answer.meta, feeds) }));
  return chainDistribution(answers, set.filters, { georegion });
}

/** Draws all the answers of a reply again and again, as the DNS service would; none: there is no answer. */
export function sampler(
  set: RecordSet,
  circumstances: Circumstances,
  random: RandomSource,
): () => readonly string[] {
  if ("routed" in set) {
    const all = possible(set, circumstances);
    return () => draw(all, random)?.values ?? [];
  }
  const { feeds, georegion } = circumstances;
  const answers = set.answers.map((answer) => ({ ...answer, meta: withFeeds(answer.meta, feeds) }));
  return () =>
    applyFilterChain(answers, set.filters, { random, georegion }, () => undefined).map(({ data }) => data);
}

function possible({ routed, owner, type, healthChecks }: RoutedSet, { feeds, georegion }: Circumstances) {
  return outcomes(routed, owner, type, {
    isHealthy: (id) => isHealthy(id, healthChecks, feeds),
    client: locationOf(georegion),
  });
}
