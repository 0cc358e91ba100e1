import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pinRelease } from "../../live/pin-release";
import { clearRetirement, readRetirement, writeRetirement } from "../../live/retirement-record";
import { s3LiveStore } from "../../live/s3-live-store";

/** Objects by path, as a bucket that honours If-Match and If-None-Match on PUT. */
const objects = new Map<string, string>();
const etagOf = (text: string) => `"${createHash("md5").update(text).digest("hex")}"`;
let refuse = false;
/** How many writes are done, but answered as if they were not. */
let unanswered = 0;
/** What another writer writes while a write goes unanswered. */
let overtaking: string | undefined;

function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
  const { method, headers, url = "" } = request;
  const path = url.split("?")[0] ?? "";
  const current = objects.get(path);
  const error = (status: number, code: string) =>
    response
      .writeHead(status, { "content-type": "application/xml" })
      .end(`<Error><Code>${code}</Code><Message>no</Message></Error>`);
  if (refuse) error(403, "AccessDenied");
  else if (method === "PUT" && overtaking !== undefined) {
    objects.set(path, overtaking);
    overtaking = undefined;
    error(503, "SlowDown");
  } else if (method === "GET" && current === undefined) error(404, "NoSuchKey");
  else if (method === "GET") response.writeHead(200, { etag: etagOf(current ?? "") }).end(current);
  else if (headers["if-match"] !== undefined && current === undefined) error(404, "NoSuchKey");
  else if (headers["if-none-match"] === "*" && current !== undefined) error(412, "PreconditionFailed");
  else if (headers["if-match"] !== undefined && headers["if-match"] !== etagOf(current ?? ""))
    error(412, "PreconditionFailed");
  else if (method === "DELETE" && headers["if-match"] !== undefined) {
    objects.delete(path);
    if (unanswered-- > 0) error(503, "SlowDown");
    else response.writeHead(204).end();
  } else if (headers["if-match"] === undefined && headers["if-none-match"] === undefined)
    error(400, "UnconditionalWrite");
  else {
    objects.set(path, body);
    if (unanswered-- > 0) error(503, "SlowDown");
    else response.writeHead(200, { etag: etagOf(body) }).end();
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    answer(request, response, Buffer.concat(chunks).toString());
  });
});
const before = { ...process.env };
const store = () => s3LiveStore("test", { bucket: "state", region: "us-east-1" });

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: "key",
    AWS_SECRET_ACCESS_KEY: "hidden",
    AWS_MAX_ATTEMPTS: "1",
    // Checksums would be sent in a framing that this bucket does not read.
    AWS_REQUEST_CHECKSUM_CALCULATION: "when_required",
  });
});
afterAll(() => {
  process.env = before;
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  objects.clear();
  refuse = false;
  unanswered = 0;
  overtaking = undefined;
});

test("the retirement of a fleet is written by one at a time, and cleared by who read it last", async () => {
  const retirement = { fleet: "a", phase: "draining", share: 100, ttl: 60, by: "ann" } as const;
  const { objects: bucket } = store();
  expect(await readRetirement(bucket)).toBeUndefined();
  await writeRetirement(bucket, retirement, undefined);
  await expect(writeRetirement(bucket, retirement, undefined)).rejects.toThrow("Somebody else is retiring");
  const first = await readRetirement(bucket);
  if (first === undefined) throw new Error("no record");
  expect([...objects.keys()]).toEqual(["/state/polycast/test/retirement.json"]);
  expect(first.record).toEqual({ version: 1, ...retirement });
  await writeRetirement(bucket, { ...retirement, phase: "leaving" }, first.version);
  await expect(clearRetirement(bucket, first)).rejects.toThrow("Somebody else is retiring");
  expect((await readRetirement(bucket))?.record.phase).toBe("leaving");
  const last = await readRetirement(bucket);
  if (last !== undefined) await clearRetirement(bucket, last);
  expect(await readRetirement(bucket)).toBeUndefined();
  expect(objects.size).toBe(0);
});

test("a record that was never written is empty", async () => {
  expect(await store().read()).toEqual({
    record: { version: 1, environment: "test", fleets: {} },
    version: undefined,
  });
});

test("a record is read as it was written, under the environment's own key", async () => {
  await pinRelease(store(), "aws", "r1");
  expect([...objects.keys()]).toEqual(["/state/polycast/test/live.json"]);
  expect((await store().read()).record.fleets).toEqual({ aws: { release: "r1", share: 100 } });
});

test("the first of two writers wins, and the second is told: at the first version and at a later one", async () => {
  for (const share of [1, 2]) {
    const { record, version } = await store().read();
    const write = (release: string) =>
      store().write({ ...record, fleets: { a: { release, share } } }, version);
    expect(await write("first")).toBe(true);
    expect(await write("second")).toBe(false);
    expect((await store().read()).record.fleets["a"]).toEqual({ release: "first", share });
  }
});

test("no change of two writers at once is lost", async () => {
  const names = ["a", "b", "c", "d"];
  await Promise.all(names.map((name) => pinRelease(store(), name, "r1")));
  expect(Object.keys((await store().read()).record.fleets).sort()).toEqual(names);
});

describe("sent again by the SDK", () => {
  beforeEach(() => {
    process.env["AWS_MAX_ATTEMPTS"] = "2";
  });
  afterEach(() => {
    process.env["AWS_MAX_ATTEMPTS"] = "1";
  });

  test("after its answer was lost, a write is not taken for another's", async () => {
    const bucket = store().objects;
    for (const text of ["one", "two"]) {
      const there = await bucket.read("lock");
      unanswered = 1;
      expect(await bucket.write("lock", text, there?.version)).toBe(true);
      expect((await bucket.read("lock"))?.text).toBe(text);
    }
    const there = await bucket.read("lock");
    unanswered = 1;
    expect(await bucket.remove("lock", there?.version ?? "")).toBe(true);
  });

  test("another's write is not taken for it", async () => {
    const bucket = store().objects;
    const before = etagOf("one");
    overtaking = "three";
    objects.set("/state/polycast/test/lock.json", "one");
    expect(await bucket.write("lock", "two", before)).toBe(false);
    expect((await bucket.read("lock"))?.text).toBe("three");
  });
});

test("what was removed meanwhile is overtaken, and no fault of the bucket", async () => {
  const { objects: bucket } = store();
  expect(await bucket.write("lock", "two", '"gone"')).toBe(false);
  expect(await bucket.remove("lock", '"gone"')).toBe(false);
});

test("Terraform's state is read from beside it", async () => {
  expect(await store().readState("aws-fleet")).toBeUndefined();
  objects.set("/state/polycast/test/aws-fleet.tfstate", '{"resources":[]}');
  expect(await store().readState("aws-fleet")).toEqual({ resources: [] });
});

test("a lock on a stack's state says who holds it", async () => {
  expect(await store().readLock("aws-fleet")).toBeUndefined();
  const path = "/state/polycast/test/aws-fleet.tfstate.tflock";
  const lock = { ID: "6428b80b", Operation: "OperationTypeApply", Who: "ann@laptop", Created: "2026-01-02" };
  objects.set(path, JSON.stringify({ ...lock, Path: "x", Info: "" }));
  expect(await store().readLock("aws-fleet")).toEqual(lock);
  expect(await store().readLock("edge-dns")).toBeUndefined();
  objects.set(path, "half of a lo");
  expect(await store().readLock("aws-fleet")).toBeUndefined();
});

test("a refusal names the object and the remedy, and no secret", async () => {
  refuse = true;
  const reading = store().read();
  await expect(reading).rejects.toThrow(
    /Cannot read s3:\/\/state\/polycast\/test\/live.json: AccessDenied[^]*Check AWS_PROFILE/,
  );
  await expect(store().write({ version: 1, environment: "test", fleets: {} }, undefined)).rejects.toThrow(
    /Cannot write/,
  );
  await expect(reading).rejects.not.toThrow(/hidden/);
});
