import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PolycastError } from "../../../constructs/fleet/problem";
import { newNode } from "../../../sandbox/world/node";
import { beginReplacement } from "../../../sandbox/world/replacement";
import { fileWorldStore, type WorldRecord } from "../../../sandbox/world/world-store";
import { template } from "./sample-world";

const [GOOD, BETTER] = [template("good"), template("better")];
const RECORD: WorldRecord = {
  time: 1_000,
  scale: 600,
  groups: [
    {
      id: "a",
      template: BETTER,
      replacement: beginReplacement(500),
      nodes: [
        { template: GOOD, node: newNode("i-1", 10) },
        { template: BETTER, node: { ...newNode("i-2", 20), state: "dead", trouble: "killed", bootedAt: 30 } },
      ],
    },
    { id: "b", template: GOOD, replacement: "failed", nodes: [{ template: GOOD, node: newNode("i-3", 10) }] },
  ],
  partitions: [{ fleet: "acme" }, { fleet: "acme", site: "west", node: "i-1" }],
  feeds: { f: { up: false, connections: 3, note: "x" } },
  loads: { acme: 30_000 },
};

describe("the record of a world", () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "polycast-world-"));
    path = join(directory, "world.json");
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  test("is not there at first", () => {
    expect(fileWorldStore(path).read()).toBeUndefined();
    expect(existsSync(path)).toBe(false);
  });

  test("is read as it was written", () => {
    fileWorldStore(path).write(RECORD);
    expect(fileWorldStore(path).read()).toEqual(RECORD);
  });

  test("of before the scale was kept has none", () => {
    const { scale, ...old } = RECORD;
    fileWorldStore(path).write(old);
    expect(readFileSync(path, "utf8")).not.toContain("scale");
    expect([scale, fileWorldStore(path).read()?.scale]).toEqual([600, undefined]);
  });

  test("holds each template once, and nodes of one template share it again", () => {
    fileWorldStore(path).write(RECORD);
    const file = JSON.parse(readFileSync(path, "utf8")) as { templates: unknown[] };
    expect(file.templates).toEqual([BETTER, GOOD]);
    const groups = fileWorldStore(path).read()?.groups;
    expect(groups?.[0]?.nodes[0]?.template).toBe(groups?.[1]?.template);
  });

  test.each([
    ["no JSON", (text: string) => text.slice(0, -5), "is not JSON"],
    ["a newer version", (text: string) => text.replace('"version": 1', '"version": 2'), "has version 2"],
    [
      "another form",
      (text: string) => text.replace('"booting"', '"asleep"'),
      "groups.0.nodes.0.node.state: ",
    ],
    [
      "a template too few",
      (text: string) => text.replace('"template": 1', '"template": 7'),
      "a template is missing",
    ],
  ])("is refused as %s, and left alone", (_, damage, message) => {
    fileWorldStore(path).write(RECORD);
    const damaged = damage(readFileSync(path, "utf8"));
    writeFileSync(path, damaged);
    const read = (): unknown => fileWorldStore(path).read();
    expect(read).toThrow(PolycastError);
    expect(read).toThrow(message);
    expect(read).toThrow(`${path}: `);
    expect(read).toThrow("Remove the file");
    expect(readFileSync(path, "utf8")).toBe(damaged);
  });
});
