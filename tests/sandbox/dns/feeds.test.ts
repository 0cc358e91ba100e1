import { NO_FEEDS, withFeeds } from "../../../sandbox/dns/feeds";

const said: Record<string, Record<string, boolean | number | string>> = {
  down: { up: false },
  load: { connections: 75, high_watermark: 100 },
  silent: {},
};
const feeds = { feed: (id: string) => said[id] };
const pointer = (feed: string): string => JSON.stringify({ feed });

test("a pointer becomes what its feed says of the same field, as text", () => {
  expect(withFeeds({ up: pointer("down"), connections: pointer("load") }, feeds)).toEqual({
    up: "false",
    connections: "75",
  });
});

test.each(["nobody", "silent", "load"])("without a word of the feed %s the field is not there", (feed) => {
  expect(withFeeds({ up: pointer(feed), weight: "5" }, feeds)).toEqual({ weight: "5" });
  expect(withFeeds({ up: pointer(feed) }, NO_FEEDS)).toEqual({});
});

test.each(["1", "a note", '{"feed":1}', '{"feed":"down"} ', "{}"])("%j is no pointer", (text) => {
  expect(withFeeds({ note: text }, feeds)).toEqual({ note: text });
});
