import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PolycastError } from "../../../constructs/fleet/problem";
import { UNKNOWN, type CloudObject } from "../../../constructs/fleet/simulation";
import { CloudStore } from "../../../sandbox/engine/cloud-store";

const thing = (id: string, size = 1): CloudObject => ({
  provider: "acme/sample",
  type: "thing",
  id,
  attributes: { id, size },
});

describe("the cloud store", () => {
  let directory: string;
  let journal: string;
  let store: CloudStore;

  const lines = (): string[] => readFileSync(journal, "utf8").split("\n").slice(0, -1);
  const reopen = (): CloudStore => {
    store.close();
    return (store = CloudStore.open(directory));
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "polycast-store-"));
    journal = join(directory, "clouds.jsonl");
    store = CloudStore.open(directory);
  });

  afterEach(() => {
    store.close();
    rmSync(directory, { recursive: true });
  });

  test("is empty at first, in a directory that it makes", () => {
    expect(store.list()).toEqual([]);
    expect(store.get("thing", "a")).toBeUndefined();
    const inner = CloudStore.open(join(directory, "not", "there"));
    expect(inner.list()).toEqual([]);
    inner.close();
  });

  test("keeps objects by type and id, in order of creation", () => {
    store.put(thing("b"));
    store.put(thing("a"));
    store.put({ ...thing("a"), type: "other" });
    expect(store.list("thing").map(({ id }) => id)).toEqual(["b", "a"]);
    expect(store.list()).toHaveLength(3);
    expect(store.get("other", "a")?.type).toBe("other");
    expect(store.list("none")).toEqual([]);
  });

  test("replaces and removes", () => {
    store.put(thing("a", 1));
    store.put(thing("a", 2));
    expect(store.get("thing", "a")?.attributes["size"]).toBe(2);
    store.remove("thing", "a");
    store.remove("thing", "never there");
    expect(store.list()).toEqual([]);
  });

  test("tells places apart where ids are unique only within one", () => {
    const [here, there] = [
      { ...thing("a"), place: "east" },
      { ...thing("a"), place: "west" },
    ];
    store.put(here);
    store.put(there);
    store.put(thing("a"));
    expect([
      store.get("thing", "a", "east"),
      store.get("thing", "a", "west"),
      store.get("thing", "a"),
    ]).toEqual([here, there, thing("a")]);
    store.remove("thing", "a", "east");
    expect(reopen().list()).toEqual([there, thing("a")]);
  });

  test("outlives the process: every change is in the file when the call returns", () => {
    store.put(thing("a"));
    const other = CloudStore.open(mkdtempSync(join(directory, "copy-")));
    expect(lines()).toHaveLength(1);
    other.close();
    store.put(thing("b"));
    store.remove("thing", "a");
    expect(reopen().list()).toEqual([thing("b")]);
  });

  test("appends one line a change, and is compacted when it is opened", () => {
    for (let i = 0; i < 100; i++) store.put(thing("a", i));
    store.put(thing("b"));
    store.remove("thing", "b");
    expect(lines()).toHaveLength(102);
    reopen();
    expect(lines()).toEqual([JSON.stringify({ put: thing("a", 99) })]);
  });

  test("drops a last line that was being written when the process died, and goes on after it", () => {
    store.put(thing("a"));
    appendFileSync(journal, JSON.stringify({ put: thing("b") }).slice(0, -5));
    expect(reopen().list()).toEqual([thing("a")]);
    store.put(thing("c"));
    expect(reopen().list()).toEqual([thing("a"), thing("c")]);
  });

  test("drops a last line that is whole but for its end", () => {
    store.put(thing("a"));
    appendFileSync(journal, JSON.stringify({ put: thing("b") }));
    expect(reopen().list()).toEqual([thing("a")]);
  });

  test.each([
    ["is no JSON", "}{"],
    ["is something else", '{"drop":"everything"}'],
    ["lacks a field", '{"put":{"type":"thing","id":"a"}}'],
  ])("refuses a line in the middle that %s, and leaves the file alone", (_, line) => {
    store.put(thing("a"));
    appendFileSync(journal, `${line}\n${JSON.stringify({ put: thing("b") })}\n`);
    const before = readFileSync(journal, "utf8");
    const open = (): unknown => CloudStore.open(directory);
    expect(open).toThrow(PolycastError);
    expect(open).toThrow(`${journal}, line 2: is not an entry that this version writes\n    Remove the file`);
    expect(readFileSync(journal, "utf8")).toBe(before);
    writeFileSync(journal, "");
  });

  test("hands out what it will read again: big numbers are text, and later changes of what was given do not show", () => {
    const attributes = { id: "a", size: 12345678901234567890n };
    store.put({ ...thing("a"), attributes });
    attributes.id = "changed";
    expect(store.get("thing", "a")?.attributes).toEqual({ id: "a", size: "12345678901234567890" });
  });

  test("refuses unknown values: nothing in a cloud is unknown", () => {
    const put = (): void => {
      store.put({ ...thing("a"), attributes: { id: "a", size: UNKNOWN } });
    };
    expect(put).toThrow("thing a has unknown values");
    expect(store.list()).toEqual([]);
  });

  test("tells of every change, when it is made, until nobody listens", () => {
    const heard: number[] = [];
    const end = store.onChange(() => heard.push(store.list().length));
    store.put(thing("a"));
    store.put(thing("b"));
    store.remove("thing", "a");
    store.remove("thing", "never there");
    expect(heard).toEqual([1, 2, 1]);
    end();
    store.put(thing("c"));
    expect(heard).toHaveLength(3);
  });

  test("takes no change once it is closed, and closing twice does no harm", () => {
    store.close();
    store.close();
    expect(() => {
      store.put(thing("a"));
    }).toThrow("the journal is closed");
  });
});
