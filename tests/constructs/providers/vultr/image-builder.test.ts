import path from "node:path";
import type { BuildJob, ImageTools } from "../../../../constructs/image/image-source";
import { INSTANCE, SNAPSHOT } from "../../../../constructs/providers/vultr/simulation-instance";
import { life } from "../../../../constructs/providers/vultr/simulation-life";
import { vultrApi } from "../../../../constructs/providers/vultr/vultr-api";
import { vultrImageBuilder } from "../../../../constructs/providers/vultr/vultr-image-builder";
import { serveVultrApi } from "../../../../sandbox/vultr-api/server";
import { openImageCloud, type ImageCloud } from "../image-cloud";

const NAME = "test-edge-node-aaaaaaaaaaaa";
const JOB: BuildJob = {
  name: NAME,
  hash: "a".repeat(64),
  folder: path.join(__dirname, "../../../../images/edge-node"),
  settings: { osId: 2136 },
  variables: {},
};

let cloud: ImageCloud;
beforeEach(async () => {
  cloud = await openImageCloud(serveVultrApi);
});
afterEach(() => cloud.close());

const SCOPE = { environment: "test", image: "edge-node", places: [] };
const builder = (changed: Partial<ImageTools> = {}) =>
  vultrImageBuilder(SCOPE, { ...cloud.tools, ...changed }, "ewr");
const client = (variables: NodeJS.ProcessEnv = cloud.variables, answer: typeof fetch = fetch) =>
  vultrApi({ variables, fetch: answer, sleep: (seconds) => cloud.tools.sleep(seconds) });
const held = (type: string) => cloud.store.list(type);

test("a build leaves a snapshot, which can boot, and no builder", async () => {
  const { entry, checks, sizeBytes, tools } = await builder().build(JOB);
  expect(held(SNAPSHOT).map(({ id, attributes }) => [id, attributes["description"]])).toEqual([
    [entry, NAME],
  ]);
  expect(life.images?.(cloud.store).map(({ id, provider }) => [id, provider])).toEqual([[entry, "vultr"]]);
  expect(held(INSTANCE)).toEqual([]);
  expect({ checks, sizeBytes, tools }).toEqual({
    checks: { ran: "simulated", lines: [] },
    sizeBytes: 25 * 1024 ** 3,
    tools: {},
  });
});

test("its machine is of the recipe's system, in the fleet's first region, and no node", async () => {
  let seen = 0;
  const sleep = async (seconds: number, signal?: AbortSignal): Promise<void> => {
    for (const { attributes } of held(INSTANCE)) {
      expect(attributes).toMatchObject({ region: "ewr", os_id: 2136, label: `${NAME}-builder` });
      expect(life.nodeGroups?.(cloud.store)).toEqual([]);
      seen++;
    }
    await cloud.tools.sleep(seconds, signal);
  };
  await builder({ sleep }).build(JOB);
  expect(seen).toBeGreaterThan(0);
});

describe("what is there", () => {
  test("is found by its id where it is recorded, by its name where it is not", async () => {
    expect(await builder().find(NAME, undefined)).toEqual({ entry: undefined, missing: [] });
    const { entry } = await builder().build(JOB);
    expect(await builder().find(NAME, entry)).toEqual({ entry, missing: [] });
    expect((await builder().find(NAME, undefined)).entry).toBe(entry);
    // Another one of that name is not the one whose checks were recorded.
    expect((await builder().find(NAME, "00000000-0000-4000-8000-000000000001")).entry).toBeUndefined();
  });

  test("is not found while it is still being taken", async () => {
    const { id } = await client().startBuilder({ label: "x", region: "ewr", osId: 2136 });
    await client().capture(id, NAME);
    expect((await builder().find(NAME, undefined)).entry).toBeUndefined();
  });

  test("is removed, with whatever else has its name; twice is no error", async () => {
    const { entry } = await builder().build(JOB);
    await builder().build(JOB);
    expect(held(SNAPSHOT)).toHaveLength(2);
    await builder().remove(NAME, entry);
    expect(held(SNAPSHOT)).toEqual([]);
    await builder().remove(NAME, entry);
  });

  test("is found on all pages", async () => {
    const page = (items: readonly string[], next: string) =>
      Response.json({ instances: items.map((id) => ({ id, label: id })), meta: { links: { next } } });
    const answer: typeof fetch = (url) =>
      Promise.resolve(
        new URL(url as string).searchParams.get("cursor") === "2" ? page(["c"], "") : page(["a", "b"], "2"),
      );
    const found = await client(cloud.variables, answer).instances();
    expect(found.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  });
});

test("a builder that a killed run left is found by its label, and destroyed; others stay", async () => {
  for (const label of [`${NAME}-builder`, "other-edge-node-aaaaaaaaaaaa-builder", "test-edge-node-ewr-1"]) {
    await client().startBuilder({ label, region: "ewr", osId: 2136 });
  }
  expect(await builder().builders()).toEqual([NAME]);
  await builder().destroyBuilder(NAME);
  expect(await builder().builders()).toEqual([]);
  expect(held(INSTANCE)).toHaveLength(2);
});

describe("a build that goes wrong leaves no builder", () => {
  test("when it is told to stop", async () => {
    const sleep = (seconds: number, signal?: AbortSignal) => {
      cloud.stop(new Error("stopped"));
      return cloud.tools.sleep(seconds, signal);
    };
    await expect(builder({ sleep }).build(JOB)).rejects.toThrow("stopped");
    expect([held(INSTANCE), held(SNAPSHOT)]).toEqual([[], []]);
  });

  test("when Vultr loses the snapshot", async () => {
    const sleep = (seconds: number, signal?: AbortSignal) => {
      for (const { id } of held(SNAPSHOT)) cloud.store.remove(SNAPSHOT, id);
      return cloud.tools.sleep(seconds, signal);
    };
    await expect(builder({ sleep }).build(JOB)).rejects.toThrow(/could not take the snapshot[^]*is "gone"/);
    expect(held(INSTANCE)).toEqual([]);
  });
});

describe("Vultr's refusals are told, without the key:", () => {
  test("a key that is wrong, with what to check", async () => {
    const wrong = client({ ...cloud.variables, VULTR_API_KEY: "wrong-key" });
    const said = await wrong.snapshots().catch(String);
    expect(said).toMatch(/GET snapshots: status 401: "Invalid API token."[^]*Check VULTR_API_KEY/);
    expect(said).not.toContain("wrong-key");
  });

  test("a key that is missing, and an endpoint that is not to be trusted", () => {
    expect(() => client({})).toThrow(/VULTR_API_KEY: is not set/);
    const elsewhere = { ...cloud.variables, VULTR_API_ENDPOINT: "http://example.net/v2" };
    expect(() => client(elsewhere)).toThrow(/VULTR_API_ENDPOINT: is no https: URL/);
  });

  test("an API that fails is asked again, but not to make something twice", async () => {
    let asked = 0;
    const failing: typeof fetch = () => {
      asked++;
      return Promise.resolve(Response.json({ error: "busy", status: 503 }, { status: 503 }));
    };
    await expect(client(cloud.variables, failing).snapshots()).rejects.toThrow(/status 503: "busy"/);
    expect(asked).toBe(3);
    await expect(client(cloud.variables, failing).capture("x", "y")).rejects.toThrow(/status 503/);
    expect(asked).toBe(4);
  });
});

test("what was built outlives the process", async () => {
  const { entry } = await builder().build(JOB);
  cloud.reopen();
  expect(life.images?.(cloud.store).map(({ id }) => id)).toEqual([entry]);
});
