import type { Metadata } from "./filter-chain";

/** What data feeds last said: the world has this shape. */
export interface FeedSource {
  /** By field: `{ up: false, connections: 75 }`; undefined: nothing yet. */
  feed(id: string): Readonly<Record<string, boolean | number | string>> | undefined;
}

export const NO_FEEDS: FeedSource = { feed: () => undefined };

/** A metadata value that is to be looked up, as NS1 writes it: `{"feed":"5f9b2c…"}`. */
const POINTER = /^\{"feed":"([^"]*)"\}$/;

/** Metadata with each pointer to a feed replaced by what that feed says of the same field; without it where it is unset. */
export function withFeeds(meta: Metadata, feeds: FeedSource): Metadata {
  return Object.fromEntries(
    Object.entries(meta).flatMap(([field, text]) => {
      const id = POINTER.exec(text)?.[1];
      const value = id === undefined ? text : feeds.feed(id)?.[field];
      return value === undefined ? [] : [[field, String(value)]];
    }),
  );
}
