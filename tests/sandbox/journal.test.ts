import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { PolycastError } from "../../constructs/fleet/problem";
import { Journal } from "../../sandbox/journal";

const schema = z.strictObject({ n: z.number() });

describe("a journal", () => {
  let directory: string;
  let file: string;
  let found: readonly { n: number }[];

  const open = (keep = (entries: typeof found) => entries): Journal<{ n: number }> =>
    Journal.open(file, schema, (entries) => keep((found = entries)), {
      title: "It cannot be read.",
      remedy: "Remove it.",
    });

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "polycast-journal-"));
    file = path.join(directory, "not", "there", "journal.jsonl");
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  test("keeps what was appended, for its owner only", () => {
    const journal = open();
    expect(found).toEqual([]);
    journal.append({ n: 1 });
    journal.append({ n: 2 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // Not closed: as after a kill.
    open().close();
    expect(found).toEqual([{ n: 1 }, { n: 2 }]);
    journal.close();
  });

  test("holds only what it is compacted to", () => {
    const journal = open();
    for (let n = 0; n < 5; n++) journal.append({ n });
    journal.close();
    open((entries) => entries.slice(-1)).close();
    expect(readFileSync(file, "utf8")).toBe('{"n":4}\n');
  });

  test("does without a line that was being written at the end", () => {
    const journal = open();
    journal.append({ n: 1 });
    journal.close();
    appendFileSync(file, '{"n":');
    open().close();
    expect(found).toEqual([{ n: 1 }]);
  });

  test("refuses a damaged one with its line, and leaves it as it is", () => {
    const journal = open();
    journal.append({ n: 1 });
    journal.close();
    appendFileSync(file, '{"m":2}\n');
    expect(() => open()).toThrow(PolycastError);
    expect(() => open()).toThrow(
      /^It cannot be read\.\n[^]*journal\.jsonl, line 2: is not an entry[^]*Remove it\./,
    );
    expect(readFileSync(file, "utf8")).toBe('{"n":1}\n{"m":2}\n');
  });

  test("takes nothing that it could not read again, and nothing when closed", () => {
    const journal = open();
    expect(() => {
      journal.append({ n: "x" } as unknown as { n: number });
    }).toThrow();
    expect(readFileSync(file, "utf8")).toBe("");
    journal.close();
    expect(() => {
      journal.append({ n: 1 });
    }).toThrow("closed");
  });
});
