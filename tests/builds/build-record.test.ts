import { formatBuildRecord, parseBuildRecord, type BuildRecord } from "../../builds/build-record";

const RECORD: BuildRecord = {
  ...{ version: 1, image: "edge-node", provider: "aws", hash: "a".repeat(64), shared: "b".repeat(64) },
  entry: { "us-east-1": "ami-1", "eu-central-1": "ami-2" },
  sizeBytes: 8,
  checks: { ran: "in-builder", lines: ["ok 1 - all"] },
  ...{ started: "2026-11-23T10:00:00.000Z", finished: "2026-11-23T10:10:00.000Z" },
  ...{ tools: { packer: "1.11.2" }, source: { commit: "c0ffee", dirty: false }, log: "x.log" },
};
const text = formatBuildRecord(RECORD);
const parse = (changed: string) => () => parseBuildRecord(changed, "builds/1.json");

test("a record is read as it was written, in whatever order its keys come back", () => {
  expect(parse(text)()).toEqual(RECORD);
  const { entry, ...rest } = JSON.parse(text) as { entry: Record<string, string> };
  const turned = Object.fromEntries(Object.entries(entry).reverse());
  expect(parse(JSON.stringify({ entry: turned, ...rest }))()).toEqual(RECORD);
});

test.each([
  ["another image's id", text.replace("ami-1", "ami-9"), /changed by hand/],
  ["checks that never ran", text.replace("ok 1 - all", "ok 2 - all"), /changed by hand/],
  [
    "another digest",
    text.replace(/"digest": "."?/, (found) => `${found.slice(0, -1)}${found.endsWith("0") ? "1" : "0"}`),
    /changed by hand/,
  ],
  ["half a record", text.slice(0, 100), /is not JSON/],
  ["no digest", text.replace(/,\s*"digest": "[^"]+"/, ""), /digest: /],
  ["a key more", text.replace('"version"', '"signed": true, "version"'), /Unrecognized key: "signed"/],
  ["a newer version", text.replace('"version": 1', '"version": 2'), /has version 2/],
])("a record with %s is refused", (_, changed, message) => {
  expect(changed).not.toBe(text);
  expect(parse(changed)).toThrow(message);
});
