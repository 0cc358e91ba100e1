import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Notice } from "../../../cli/rollout/notice";
import { changeRollout, keepEnded, withRollout } from "../../../cli/rollout/rollout-store";
import { newsTeller, type TellNews } from "../../../cli/rollout/tell-news";
import type { RolloutNotify } from "../../../constructs/fleet/environment";
import { fileObjectStore } from "../../../live/file-object-store";
import type { ObjectStore } from "../../../live/object-store";
import { command } from "../../../rollout/command";
import { startRollout } from "../../../rollout/rollout-state";
import { testEnvironment } from "../../environment-for-tests";
import { modelPlan } from "../../rollout/model";

const PLAN = { ...modelPlan(2, "parts"), environment: "test" };
const SECRET = "s3cr3t-path";

let directory: string;
let objects: ObjectStore;
let server: Server;
/** What the webhook has got, and what it answers. */
let got: { readonly headers: IncomingMessage["headers"]; readonly notice: Notice }[];
let status: number | "never";
let logged: string[];
let time: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "polycast-news-"));
  objects = fileObjectStore(join(directory, "live"));
  [got, status, logged, time] = [[], 200, [], 0];
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      if (status === "never") return;
      if (status === 200) got.push({ headers: request.headers, notice: JSON.parse(body) as Notice });
      response.writeHead(status, { location: "http://127.0.0.1:1/" }).end("no");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true });
});

function teller(notify: RolloutNotify, url = hook(), store: ObjectStore = objects): TellNews {
  const environment = testEnvironment({ rollout: { peak: { connections: 1 }, notify } });
  const env = { command: process.env, webhook: { HOOK: url } };
  return newsTeller(
    { environment, live: { objects: store } },
    env,
    (line) => logged.push(line),
    () => time,
  );
}
const hook = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${SECRET}`;
const WEBHOOK = { webhookFrom: "HOOK" };

async function start(id: string): Promise<void> {
  await withRollout(objects, "test", "test", async (store) => {
    const last = await store.read();
    if (last !== undefined) await keepEnded(objects, last.rollout);
    await store.write(startRollout(undefined, PLAN, { id, at: 1, by: "ann" }), last?.version);
  });
}
const pause = (why: string): Promise<unknown> =>
  changeRollout(objects, "test", (rollout) => command(rollout, { kind: "pause" }, { at: 2, by: "ben", why }));
const events = (): string[] =>
  got.flatMap(({ notice }) =>
    notice.events.map(({ rollout, number, what }) => `${rollout} ${number} ${what}`),
  );

test("a webhook gets JSON with a text, once", async () => {
  await start("r");
  const tell = teller(WEBHOOK);
  await tell();
  await tell();
  expect(got).toHaveLength(1);
  expect(got[0]?.headers["content-type"]).toBe("application/json");
  expect(got[0]?.notice.text).toContain("Rollout r of new in test: going on");
  await pause("lunch");
  await tell();
  expect(events()).toEqual(["r 0 start", "r 1 pause"]);
  expect(logged).toEqual([]);
});

test("another process knows what was told", async () => {
  await start("r");
  await teller(WEBHOOK)();
  await teller(WEBHOOK)();
  expect(events()).toEqual(["r 0 start"]);
});

test("a command gets the same on its standard input", async () => {
  await start("r");
  const file = join(directory, "told");
  const tell = teller({ command: `cat >> ${file}` });
  await tell();
  await tell();
  const notice = JSON.parse(readFileSync(file, "utf8")) as Notice;
  expect(notice).toMatchObject({ rollout: "r", state: "running", events: [{ what: "start" }] });
});

test("nobody is told where nobody is named, and nothing where there is no rollout", async () => {
  await teller(WEBHOOK)();
  expect(got).toEqual([]);
  await start("r");
  const unread = { ...objects, read: () => Promise.reject(new Error("read")) };
  await teller({}, hook(), unread)();
  expect([got, logged]).toEqual([[], []]);
});

test("what a receiver did not take comes with the next notice, the other one's is not repeated", async () => {
  await start("r");
  const file = join(directory, "told");
  const both = { ...WEBHOOK, command: `cat >> ${file}` };
  status = 500;
  await teller(both)();
  expect(logged).toEqual(["The webhook was not told, and will be later: it answered 500"]);
  status = 200;
  await pause("lunch");
  await teller(both)();
  expect(events()).toEqual(["r 0 start", "r 1 pause"]);
  const told = readFileSync(file, "utf8").trim().split("\n");
  expect(told.map((line) => (JSON.parse(line) as Notice).events.map(({ what }) => what))).toEqual([
    ["start"],
    ["pause"],
  ]);
});

test("one that fails is left alone for a minute by the process that has tried", async () => {
  await start("r");
  const tell = teller(WEBHOOK);
  status = 503;
  await tell();
  await tell();
  expect(logged).toHaveLength(1);
  status = 200;
  time = 60_000;
  await tell();
  expect(events()).toEqual(["r 0 start"]);
});

test("what is left of a rollout is told with the next one", async () => {
  await start("r");
  await teller(WEBHOOK)();
  await pause("lunch");
  await start("s");
  await teller(WEBHOOK)();
  expect(events()).toEqual(["r 0 start", "r 1 pause", "s 0 start"]);
});

test("whoever is killed before it is recorded tells it again", async () => {
  await start("r");
  const killed = { ...objects, write: () => Promise.reject(new Error("killed")) };
  await teller(WEBHOOK, hook(), killed)();
  expect(logged).toEqual(["Nobody was told what has happened: killed"]);
  await teller(WEBHOOK)();
  expect(events()).toEqual(["r 0 start", "r 0 start"]);
});

test("one who does not answer holds nothing up for longer than it may", async () => {
  await start("r");
  status = "never";
  await teller({ ...WEBHOOK, command: "sleep 30", seconds: 0.2 })();
  expect(logged).toEqual([
    "The command was not told, and will be later: it took longer than 0.2 s",
    "The webhook was not told, and will be later: no answer within 0.2 s",
  ]);
});

test.each([
  ["it is not set", "", "HOOK is not set"],
  ["it is no URL", `${SECRET} `, "HOOK holds no https: URL"],
  ["it could be read on the way", `http://hooks.example.net/${SECRET}`, "HOOK holds no https: URL"],
  ["it names a user", `https://ann:${SECRET}@127.0.0.1:1/`, "it cannot be reached"],
  ["nobody listens", `http://127.0.0.1:1/${SECRET}`, "it cannot be reached"],
])("the URL is a secret, also where %s", async (_, url, trouble) => {
  await start("r");
  await teller(WEBHOOK, url)();
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain(trouble);
  expect(logged[0]).not.toContain(SECRET);
});

test("a webhook is not followed elsewhere", async () => {
  await start("r");
  status = 307;
  await teller(WEBHOOK)();
  expect(logged).toEqual(["The webhook was not told, and will be later: it answered 307"]);
});

test.each(["{", '{"version": 9}'])(
  "a record of notices that reads %j stops nothing, and is not written over",
  async (text) => {
    await start("r");
    await objects.write("rollout-notices", text, undefined);
    await teller(WEBHOOK)();
    expect(logged).toEqual([
      expect.stringContaining("Nobody was told what has happened: The record of notices"),
    ]);
    expect((await objects.read("rollout-notices"))?.text).toBe(text);
  },
);

test("a command that does not read what it is told is told all the same", async () => {
  await start("r");
  // More than a pipe holds.
  await pause("lunch ".repeat(50_000));
  await teller({ command: "exec 0<&-; sleep 0.1" })();
  expect(logged).toEqual([]);
});
