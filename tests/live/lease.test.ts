import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileObjectStore } from "../../live/file-object-store";
import { takeLease, type HeldLease, type Lease } from "../../live/lease";

const directory = mkdtempSync(path.join(tmpdir(), "polycast-lease-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});
const objects = fileObjectStore(directory);

let time = Date.parse("2026-01-01T00:00:00Z");
const now = (): number => time;
let key = "";
let number = 0;
beforeEach(() => {
  key = `locks/${number++}`;
});

const take = (purpose = "work") => takeLease(objects, key, purpose, 30, now);
const taken = async (): Promise<Lease> => {
  const lease = await take();
  if (!("token" in lease)) throw new Error(`held by ${lease.heldBy}`);
  return lease;
};

test("one has it, and another is told who and since when", async () => {
  await taken();
  time += 10_000;
  const held = (await take("other work")) as HeldLease;
  expect(held.heldBy).toContain(`process ${process.pid}: work`);
  expect(held.since).toEqual(new Date(time - 10_000));
  expect(held.until).toEqual(new Date(time + 20_000));
});

test("of many at once, one gets it", async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => take()));
  expect(all.filter((each) => "token" in each)).toHaveLength(1);
});

test("what was given back is free, under a greater token", async () => {
  const first = await taken();
  await first.release();
  expect((await taken()).token).toBe(first.token + 1);
});

test("what is not renewed ends, and its holder learns that it was lost", async () => {
  const first = await taken();
  time += 29_999;
  expect("token" in (await take())).toBe(false);
  time += 1;
  const second = await taken();
  expect(second.token).toBe(first.token + 1);
  expect(await first.renew()).toBe(false);
  await first.release();
  expect("token" in (await take())).toBe(false);
});

test("what is renewed lasts", async () => {
  const first = await taken();
  for (let i = 0; i < 5; i++) {
    time += 20_000;
    expect(await first.renew()).toBe(true);
    expect("token" in (await take())).toBe(false);
  }
});

test("a lease that had ended is renewed while nobody has taken it", async () => {
  const first = await taken();
  time += 60_000;
  expect(await first.renew()).toBe(true);
  expect("token" in (await take())).toBe(false);
});
