import { stackpathApi, type StackPathApi } from "../../../constructs/providers/stackpath/stackpath-api";
import type { CloudObject } from "../../../constructs/fleet/simulation";
import { stackpath } from "../../../constructs/providers/stackpath/simulation";
import { spend, type Fault } from "../../../sandbox/engine/fault";
import { serveStackPathApi, type ServedStackPathApi } from "../../../sandbox/stackpath-api/server";
import { manualClock } from "../../../sandbox/world/clock";

const object = (type: string, id: string, attributes: object): CloudObject => ({
  ...{ provider: "stackpath/stackpath", type, id },
  attributes: { id, ...attributes },
});
const workload = (slug: string, instances: object[] = []): CloudObject =>
  object("stackpath_compute_workload", `w-${slug}`, { name: slug, slug, instances });
const instance = (name: string, phase = "RUNNING") => ({ name, phase, external_ip_address: "198.18.0.2" });

let objects: Map<string, CloudObject>;
let faults: readonly Fault[];
let clock: ReturnType<typeof manualClock>;
let crashes: number;
let served: ServedStackPathApi;
let api: StackPathApi;

const store = {
  list: (type: string) => [...objects.values()].filter((each) => each.type === type),
  put: (each: CloudObject) => void objects.set(each.id, each),
  remove: (_: string, id: string) => void objects.delete(id),
};
const serve = async (): Promise<void> => {
  served = await serveStackPathApi({
    objects: store,
    clock,
    faults: {
      faults: () => faults,
      struck: (fault) => {
        faults = spend(faults, fault);
      },
    },
    crash: () => (crashes += 1),
  });
  api = await client();
};
const client = (changes = {}): Promise<StackPathApi> =>
  stackpathApi({ variables: { ...served.variables, ...changes }, fetch, pause: () => Promise.resolve() });
const SOURCE = { workload: "w-b", instance: "b-0" };
const bootable = (): string[] => (stackpath.life?.images?.(store) ?? []).map(({ id }) => id);

beforeEach(async () => {
  objects = new Map(
    [workload("a"), workload("b", [instance("b-0"), instance("b-1", "STARTING")])].map((each) => [
      each.id,
      each,
    ]),
  );
  [faults, crashes] = [[], 0];
  clock = manualClock();
  await serve();
});
afterEach(() => served.close());

test("the stack, by its slug", async () => {
  expect(await api.stackSlug()).toBe("polycast-sandbox");
  await expect((await client({ STACKPATH_STACK_ID: "other" })).stackSlug()).rejects.toThrow(/status 404/);
  await expect((await client({ STACKPATH_STACK_ID: "other" })).workloads()).rejects.toThrow(/status 404/);
});

test.each([
  ["STACKPATH_CLIENT_ID", /there is no such client/],
  ["STACKPATH_CLIENT_SECRET", /the client's secret is wrong/],
])("nothing without the right %s", async (name, expected) => {
  await expect((await client({ [name]: "wrong" })).workloads()).rejects.toThrow(expected);
});

test("nothing without a token, and a token may be asked for in JSON too", async () => {
  const url = served.variables["STACKPATH_BASE_URL"] ?? "";
  const workloads = `${url}/workload/v1/stacks/polycast-sandbox/workloads`;
  expect((await fetch(workloads)).status).toBe(401);
  expect((await fetch(workloads, { headers: { Authorization: "Bearer x" } })).status).toBe(401);
  const { STACKPATH_CLIENT_ID: id, STACKPATH_CLIENT_SECRET: secret } = served.variables;
  const response = await fetch(`${url}/identity/v1/oauth2/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ grant_type: "client_credentials", client_id: id, client_secret: secret }),
  });
  expect(await response.json()).toMatchObject({ token_type: "bearer", expires_in: 3600 });
});

test("workloads and policies are found by their slugs, on all pages, and deleted", async () => {
  for (let i = 0; i < 60; i++) store.put(workload(`more-${i}`));
  store.put(object("stackpath_compute_network_policy", "p-1", { name: "n", slug: "s" }));
  expect((await api.workloads()).map(({ slug }) => slug)).toEqual([
    "a",
    "b",
    ...Array.from({ length: 60 }, (_, i) => `more-${i}`),
  ]);
  expect(await api.instances("w-b")).toEqual([
    { name: "b-0", phase: "RUNNING", externalIpAddress: "198.18.0.2" },
    { name: "b-1", phase: "STARTING", externalIpAddress: "198.18.0.2" },
  ]);
  expect(await api.networkPolicies()).toEqual([{ id: "p-1", slug: "s" }]);
  await api.deleteWorkload("w-a");
  await api.deleteNetworkPolicy("p-1");
  expect(objects.has("w-a")).toBe(false);
  expect(await api.networkPolicies()).toEqual([]);
  await expect(api.deleteWorkload("w-a")).resolves.toBeUndefined();
});

describe("a capture", () => {
  test("is PENDING, PROCESSING, READY by the world's clock; then nodes boot from it", async () => {
    expect((await api.capture("f", "t", SOURCE, "why")).status).toBe("PENDING");
    clock.advance(19);
    expect((await api.image("f", "t"))?.status).toBe("PENDING");
    clock.advance(2);
    expect((await api.image("f", "t"))?.status).toBe("PROCESSING");
    expect(bootable()).toEqual([]);
    clock.advance(100);
    expect(await api.image("f", "t")).toMatchObject({
      status: "READY",
      imageSize: "1300000000",
      conditions: [],
    });
    expect(bootable()).toEqual(["polycast-sandbox/f:t"]);
    await api.deleteImage("f", "t");
    expect(await api.image("f", "t")).toBeUndefined();
    expect(bootable()).toEqual([]);
  });

  test("goes on after the sandbox was started anew", async () => {
    await api.capture("f", "t", SOURCE, "");
    await served.close();
    clock.advance(60);
    await serve();
    expect((await api.image("f", "t"))?.status).toBe("PROCESSING");
    clock.advance(60);
    expect((await api.image("f", "t"))?.status).toBe("READY");
  });

  test("of a machine that does not run, or is not there, is refused", async () => {
    await expect(api.capture("f", "t", { ...SOURCE, instance: "b-1" }, "")).rejects.toThrow(/STARTING/);
    await expect(api.capture("f", "t", { ...SOURCE, instance: "b-2" }, "")).rejects.toThrow(
      /instance not found/,
    );
    await expect(api.capture("f", "t", { ...SOURCE, workload: "w-c" }, "")).rejects.toThrow(
      /workload not found/,
    );
    expect(await api.image("f", "t")).toBeUndefined();
  });

  test("under a name that is taken is refused; after its removal it is another one", async () => {
    await api.capture("f", "t", SOURCE, "");
    await expect(api.capture("f", "t", SOURCE, "")).rejects.toThrow(/already exists/);
    clock.advance(100);
    await api.deleteImage("f", "t");
    await api.capture("f", "t", SOURCE, "");
    clock.advance(30);
    expect((await api.image("f", "t"))?.status).toBe("PROCESSING");
  });

  test("can fail, and says why", async () => {
    const effect = { kind: "failAfter", message: "the volume could not be read" } as const;
    faults = [{ type: "stackpath_image", operation: "create", effect, times: 1 }];
    await api.capture("f", "t", SOURCE, "");
    clock.advance(200);
    expect(await api.image("f", "t")).toMatchObject({
      status: "FAILED",
      conditions: [{ message: "the volume could not be read" }],
    });
    expect(bootable()).toEqual([]);
    expect(faults).toEqual([]);
  });

  test("can be refused, vanish, and be the last thing that the process does", async () => {
    const on = { type: "stackpath_image", object: "f:t" };
    faults = [{ ...on, operation: "create", effect: { kind: "refuse", message: "quota" }, times: 1 }];
    await expect(api.capture("f", "t", SOURCE, "")).rejects.toThrow(/status 400: "quota"/);
    faults = [{ ...on, operation: "create", effect: { kind: "crash" } }];
    await api.capture("f", "t", SOURCE, "");
    expect(crashes).toBe(1);
    faults = [{ ...on, operation: "read", effect: { kind: "vanish" } }];
    expect(await api.image("f", "t")).toBeUndefined();
    expect(objects.has("f:t")).toBe(false);
  });
});
