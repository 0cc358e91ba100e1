import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileObjectStore } from "../../live/file-object-store";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "polycast-objects-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});
const objects = () => fileObjectStore(directory);

test("a text is read as it was written, with the file that it lies in", async () => {
  expect(await objects().read("images/a")).toBeUndefined();
  expect(await objects().write("images/a", "one", undefined)).toBe(true);
  expect(await objects().read("images/a")).toEqual({
    text: "one",
    version: "1",
    source: path.join(directory, "images", "a", "1.json"),
  });
});

test("a write that another one has overtaken writes nothing", async () => {
  await objects().write("a", "one", undefined);
  expect(await objects().write("a", "again", undefined)).toBe(false);
  expect(await objects().write("a", "two", "1")).toBe(true);
  expect(await objects().write("a", "late", "1")).toBe(false);
  expect((await objects().read("a"))?.text).toBe("two");
});

test("of many first writes at once, one succeeds", async () => {
  const writes = Array.from({ length: 20 }, (_, i) => objects().write("a", String(i), undefined));
  expect((await Promise.all(writes)).filter(Boolean)).toHaveLength(1);
});

test("what was removed is not there, may be written anew, and leaves its history", async () => {
  await objects().write("a", "one", undefined);
  expect(await objects().remove("a", "1")).toBe(true);
  expect(await objects().read("a")).toBeUndefined();
  expect(await objects().list("")).toEqual([]);
  expect(await objects().write("a", "two", undefined)).toBe(true);
  expect(await objects().read("a")).toMatchObject({ text: "two", version: "3" });
});

test("another version than the one that was read is not removed", async () => {
  await objects().write("a", "one", undefined);
  await objects().write("a", "two", "1");
  expect(await objects().remove("a", "1")).toBe(false);
  expect((await objects().read("a"))?.text).toBe("two");
});

test("keys are listed by their beginning, in order, and other files are none", async () => {
  for (const key of ["images/b", "images/a", "live"]) await objects().write(key, "{}", undefined);
  writeFileSync(path.join(directory, "sandbox.json"), "");
  expect(await objects().list("images/")).toEqual(["images/a", "images/b"]);
  expect(await objects().list("")).toEqual(["images/a", "images/b", "live"]);
});

test("a place that cannot be used is named", async () => {
  writeFileSync(path.join(directory, "a"), "");
  await expect(objects().read("a/b")).rejects.toThrow(/b cannot be read: ENOTDIR/);
  await expect(objects().write("a", "{}", "1")).rejects.toThrow(/2\.json cannot be written: E/);
});
