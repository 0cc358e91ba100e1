import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import {
  Refusal,
  UNKNOWN,
  type BlockSchema,
  type ProviderSimulation,
  type ResourceSimulation,
  type Value,
  type Values,
} from "../../../constructs/fleet/simulation";
import { CloudStore } from "../../../sandbox/engine/cloud-store";
import { spend, type Fault } from "../../../sandbox/engine/fault";
import { tfplugin5 } from "../../../sandbox/engine/plugin-protocol";
import { servePlugins, type PluginServers } from "../../../sandbox/engine/plugin-server";
import { asText, blockType } from "../../../sandbox/engine/values";
import { decodeValue, encodeValue, type DynamicValue } from "../../../sandbox/engine/wire";
import { SAMPLE_BLOCK, sampleProvider } from "./sample-provider";

const TYPE = blockType(SAMPLE_BLOCK);
const PROVIDER_TYPE = blockType({ attributes: { region: { type: "string", optional: true } } });

interface Reply {
  readonly diagnostics?: {
    severity: number;
    summary: string;
    detail: string;
    attribute: { steps: { attribute_name?: string }[] } | null;
  }[];
  readonly new_state?: DynamicValue;
  readonly planned_state?: DynamicValue;
  readonly upgraded_state?: DynamicValue;
  readonly legacy_type_system?: boolean;
  readonly private?: Buffer;
  readonly planned_private?: Buffer;
  readonly requires_replace?: { steps: { attribute_name?: string }[] }[];
  readonly imported_resources?: { type_name: string; state: DynamicValue }[];
  readonly resource_schemas?: object;
  readonly server_capabilities?: { get_provider_schema_optional: boolean };
}

/** One connection, as Terraform opens one per provider configuration. */
class Connection {
  private readonly client: grpc.Client;

  public constructor(address: string) {
    // Without a subchannel pool of its own, clients of one process share a connection and so a peer address.
    this.client = new tfplugin5.Provider(address, grpc.credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
    });
  }

  public call(method: string, request: object = {}): Promise<Reply> {
    type Method = (request: object, done: (error: grpc.ServiceError | null, reply: Reply) => void) => void;
    const { [method]: rpc } = this.client as unknown as Record<string, Method>;
    return new Promise((resolve, reject) => {
      rpc?.call(this.client, request, (error, reply) => {
        if (error === null) resolve(reply);
        else reject(error);
      });
    });
  }

  public configure(region: string): Promise<Reply> {
    return this.call("Configure", { config: encodeValue({ region }, PROVIDER_TYPE) });
  }

  public async create(values: Values, type = "sample_thing"): Promise<{ state: Value; reply: Reply }> {
    return this.change(type, null, { id: UNKNOWN, where: UNKNOWN, ...values });
  }

  public async change(type: string, prior: Value, planned: Value): Promise<{ state: Value; reply: Reply }> {
    const reply = await this.call("ApplyResourceChange", {
      type_name: type,
      prior_state: encodeValue(prior, TYPE),
      planned_state: encodeValue(planned, TYPE),
      planned_private: Buffer.from("kept"),
    });
    return { state: decodeValue(reply.new_state, TYPE), reply };
  }

  public async read(state: Value, type = "sample_thing"): Promise<{ state: Value; reply: Reply }> {
    const request = {
      type_name: type,
      current_state: encodeValue(state, TYPE),
      private: Buffer.from("kept"),
    };
    const reply = await this.call("ReadResource", request);
    return { state: decodeValue(reply.new_state, TYPE), reply };
  }

  public close(): void {
    this.client.close();
  }
}

describe("the plugin server", () => {
  let directory: string;
  let store: CloudStore;
  let servers: PluginServers;
  let connection: Connection;
  let faults: Fault[];
  let crashes: number;
  const connections: Connection[] = [];

  const serve = async (
    simulation: ProviderSimulation,
    images?: (id: string) => boolean,
    wait?: (seconds: number) => Promise<void>,
  ): Promise<void> => {
    servers = await servePlugins({
      simulations: [simulation],
      store,
      ...(images === undefined ? {} : { images }),
      ...(wait === undefined ? {} : { wait }),
      faults: () => faults,
      struck: (fault) => (faults = spend(faults, fault)),
      crash: () => crashes++,
    });
    connection = connect();
  };
  const connect = (): Connection => {
    const opened = new Connection(servers.reattach["acme/sample"]?.Addr.String ?? "");
    connections.push(opened);
    return opened;
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "polycast-server-"));
    store = CloudStore.open(directory);
    [faults, crashes] = [[], 0];
  });

  afterEach(async () => {
    for (const each of connections.splice(0)) each.close();
    await servers.close();
    store.close();
    rmSync(directory, { recursive: true });
  });

  test("is found over TCP on loopback, in this process", async () => {
    await serve(sampleProvider());
    expect(servers.reattach["acme/sample"]).toEqual({
      Protocol: "grpc",
      ProtocolVersion: 5,
      Pid: process.pid,
      Test: true,
      Addr: { Network: "tcp", String: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string },
    });
  });

  test("tells its schema, and that once is enough", async () => {
    await serve(sampleProvider());
    const { resource_schemas: resources, server_capabilities: capabilities } =
      await connection.call("GetSchema");
    expect(Object.keys(resources ?? {})).toEqual(["sample_thing", "sample_modern"]);
    expect(capabilities?.get_provider_schema_optional).toBe(true);
  });

  test("keeps configurations apart by connection, and replaces one as a whole", async () => {
    await serve(sampleProvider());
    const [east, west] = [connect(), connect()];
    await east.configure("east");
    await west.configure("west");
    const made = await Promise.all([
      east.create({ name: "a" }),
      west.create({ name: "b" }),
      connection.create({ name: "c" }),
    ]);
    expect(made.map(({ state }) => (state as Values)["where"])).toEqual(["east", "west", "nowhere"]);
    await east.call("Configure", { config: encodeValue({}, PROVIDER_TYPE) });
    expect((await east.create({ name: "d" })).state).toMatchObject({ where: "nowhere" });
    expect((await west.create({ name: "e" })).state).toMatchObject({ where: "west" });
  });

  test.each<[string, ((id: string) => boolean) | undefined, (boolean | undefined)[]]>([
    ["lets clouds ask which images there are", (id) => id === "r1", [true, false]],
    ["lets clouds take any image where nobody knows them", undefined, [undefined, undefined]],
  ])("%s", async (_, images, expected) => {
    const seen: (boolean | undefined)[] = [];
    const create: ResourceSimulation["create"] = (planned, cloud) => {
      seen.push(cloud.imageExists?.("r1"), cloud.imageExists?.("r9"));
      return { ...planned, id: "a", where: "there" };
    };
    await serve(sampleProvider({ resource: { create } }), images);
    await connection.create({ name: "a" });
    expect(seen).toEqual(expected);
  });

  test("knows a configuration that is only being validated, unknown values and all", async () => {
    const seen: Value[] = [];
    await serve(
      sampleProvider({ resource: { validate: (_, { region }) => (seen.push(region ?? null), []) } }),
    );
    const validateIt = { type_name: "sample_thing", config: encodeValue({ name: "a" }, TYPE) };
    await connection.call("PrepareProviderConfig", {
      config: encodeValue({ region: UNKNOWN }, PROVIDER_TYPE),
    });
    await connection.call("ValidateResourceTypeConfig", validateIt);
    expect(seen).toEqual([UNKNOWN]);
  });

  test("shows what validation and configuration say, with the path", async () => {
    const simulation: ProviderSimulation = {
      ...sampleProvider({ behaviour: { size: { range: [1, 5] } } }),
      configure: ({ region }) =>
        region === "moon" ? [{ severity: "error", summary: "no such region", path: ["region"] }] : [],
    };
    await serve(simulation);
    expect((await connection.configure("moon")).diagnostics).toMatchObject([
      { severity: 1, summary: "no such region", attribute: { steps: [{ attribute_name: "region" }] } },
    ]);
    const request = { type_name: "sample_thing", config: encodeValue({ name: "a", size: 9 }, TYPE) };
    expect((await connection.call("ValidateResourceTypeConfig", request)).diagnostics).toMatchObject([
      {
        severity: 1,
        summary: "expected size to be in the range (1 - 5), got 9",
        attribute: { steps: [{ attribute_name: "size" }] },
      },
    ]);
  });

  test("plans, with what replaces, private data untouched, and lenience for SDKv2 resources only", async () => {
    await serve(sampleProvider({ behaviour: { note: { force_new: true } } }));
    const prior = { id: "i", name: "a", note: "x", size: null, where: "w", labels: null };
    const request = (type_name: string): object => ({
      type_name,
      prior_state: encodeValue(prior, TYPE),
      config: encodeValue({ name: "a", note: "y" }, TYPE),
      proposed_new_state: encodeValue({ ...prior, note: "y" }, TYPE),
      prior_private: Buffer.from("kept"),
    });
    const old = await connection.call("PlanResourceChange", request("sample_thing"));
    expect(decodeValue(old.planned_state, TYPE)).toEqual({ ...prior, note: "y" });
    expect(old.requires_replace?.map(({ steps }) => steps.map((step) => step.attribute_name))).toEqual([
      ["note"],
    ]);
    expect(old.planned_private?.toString()).toBe("kept");
    expect(old.legacy_type_system).toBe(true);
    expect((await connection.call("PlanResourceChange", request("sample_modern"))).legacy_type_system).toBe(
      false,
    );
  });

  test("tells what the plugin refuses to plan", async () => {
    const refuse = (): never => {
      throw new Refusal("no such combination", "leave one out");
    };
    await serve(sampleProvider({ resource: { plan: refuse } }));
    const { planned_state: planned, diagnostics } = await connection.call("PlanResourceChange", {
      type_name: "sample_thing",
      prior_state: encodeValue(null, TYPE),
      config: encodeValue({ name: "a" }, TYPE),
      proposed_new_state: encodeValue({ name: "a" }, TYPE),
    });
    expect(planned).toBeNull();
    expect(diagnostics).toMatchObject([
      { severity: 1, summary: "no such combination", detail: "leave one out" },
    ]);
  });

  test("plans a destruction as null", async () => {
    await serve(sampleProvider());
    const request = {
      type_name: "sample_thing",
      prior_state: encodeValue({ id: "i" }, TYPE),
      proposed_new_state: encodeValue(null, TYPE),
      config: encodeValue(null, TYPE),
    };
    expect(
      decodeValue((await connection.call("PlanResourceChange", request)).planned_state, TYPE),
    ).toBeNull();
  });

  test("creates, reads, changes and deletes", async () => {
    await serve(sampleProvider());
    const { state, reply } = await connection.create({ name: "a", size: 1 });
    expect(reply).toMatchObject({ diagnostics: [], legacy_type_system: true });
    expect(reply.private?.toString()).toBe("kept");
    const { id } = state as { id: string };
    expect(state).toEqual({ id, name: "a", note: null, size: 1, where: "nowhere", labels: null });
    expect(store.get("sample_thing", id)?.attributes["size"]).toBe(1);

    const changed = await connection.change("sample_thing", state, { ...(state as Values), size: 2 });
    expect(changed.state).toMatchObject({ id, size: 2 });
    expect((await connection.read(changed.state)).state).toEqual(changed.state);
    expect((await connection.read(changed.state)).reply.private?.toString()).toBe("kept");

    expect((await connection.change("sample_thing", changed.state, null)).state).toBeNull();
    expect(store.list()).toEqual([]);
    expect((await connection.read(changed.state)).state).toBeNull();
  });

  test("sees what changed in the cloud, and what is gone", async () => {
    await serve(sampleProvider());
    const { state } = await connection.create({ name: "a", size: 1 });
    const { id } = state as { id: string };
    const object = store.get("sample_thing", id);
    if (object === undefined) throw new Error("not stored");
    store.put({ ...object, attributes: { ...object.attributes, size: 7, note: "by hand" } });
    expect((await connection.read(state)).state).toEqual({ ...(state as Values), size: 7, note: "by hand" });
    store.remove("sample_thing", id);
    expect((await connection.read(state)).state).toBeNull();
  });

  test("what a plugin does not read stays in the state as it was", async () => {
    await serve(
      sampleProvider({
        resource: {
          read: (object) => Object.fromEntries(Object.entries(object).filter(([name]) => name !== "note")),
        },
      }),
    );
    const { state } = await connection.create({ name: "a", note: "given" });
    expect(state).toMatchObject({ note: "given" });
    expect((await connection.read({ ...(state as Values), note: "known" })).state).toMatchObject({
      note: "known",
    });
  });

  test("an object is gone once its cloud has taken it along with another", async () => {
    let isGone = false;
    await serve(sampleProvider({ resource: { isGone: () => isGone } }));
    const { state } = await connection.create({ name: "a" });
    expect((await connection.read(state)).state).toEqual(state);
    isGone = true;
    expect((await connection.read(state)).state).toBeNull();
    expect(store.list()).toEqual([]);
  });

  test("null and an empty map are one to SDKv2: as planned after an apply, as read after a refresh", async () => {
    await serve(sampleProvider({ resource: { read: (object) => ({ ...object, labels: {} }) } }));
    const { state } = await connection.create({ name: "a" });
    expect(state).toMatchObject({ labels: null });
    expect((await connection.read(state)).state).toHaveProperty("labels", {});
    expect((await connection.create({ name: "a" }, "sample_modern")).state).toMatchObject({ labels: {} });
  });

  test("inside a block, SDKv2 holds zero for what a plugin does not say", async () => {
    const block: BlockSchema = {
      attributes: { id: { type: "string", computed: true }, name: { type: "string", required: true } },
      block_types: {
        part: {
          nesting_mode: "list",
          block: {
            attributes: {
              text: { type: "string", optional: true },
              size: { type: "number", optional: true },
            },
          },
        },
      },
    };
    const type = blockType(block);
    await serve(sampleProvider({ block, resource: { create: (planned) => ({ ...planned, id: "i" }) } }));
    const parts = async (type_name: string): Promise<unknown> => {
      const planned_state = encodeValue({ id: UNKNOWN, name: "a", part: [{ text: "t", size: null }] }, type);
      const reply = await connection.call("ApplyResourceChange", { type_name, planned_state });
      return (decodeValue(reply.new_state, type) as Values)["part"];
    };
    expect(await parts("sample_thing")).toEqual([{ text: "t", size: 0 }]);
    expect(await parts("sample_modern")).toEqual([{ text: "t", size: null }]);
  });

  test("ids may be unique only within a part of the cloud", async () => {
    const create = (planned: Values): Values => ({ ...planned, id: planned["name"] ?? null, where: null });
    await serve(sampleProvider({ resource: { create, place: ({ region }) => asText(region) } }));
    const [east, west] = [connect(), connect()];
    await east.configure("east");
    await west.configure("west");
    const { state } = await east.create({ name: "a", size: 1 });
    expect((await west.read(state)).state).toBeNull();
    await west.create({ name: "a", size: 2 });
    expect((await east.read(state)).state).toMatchObject({ size: 1 });
    expect(store.list("sample_thing")).toHaveLength(2);
    await east.change("sample_thing", state, null);
    expect(store.list("sample_thing").map(({ place }) => place)).toEqual(["west"]);
  });

  test("imports by id, and reads the rest", async () => {
    await serve(sampleProvider());
    const { state } = await connection.create({ name: "a" });
    const { id } = state as { id: string };
    const { imported_resources: imported } = await connection.call("ImportResourceState", {
      type_name: "sample_thing",
      id,
    });
    expect(imported).toHaveLength(1);
    expect(decodeValue(imported?.[0]?.state, TYPE)).toMatchObject({ id, name: null });
    expect((await connection.read(decodeValue(imported?.[0]?.state, TYPE))).state).toEqual(state);
    expect((await connection.read({ id: "no such" })).state).toBeNull();
  });

  test("imports by another identifier, and refuses a malformed one", async () => {
    await serve(
      sampleProvider({
        resource: {
          find(importId, cloud) {
            if (!importId.includes("/")) throw new Refusal("expecting 1 slash");
            return cloud
              .list("sample_thing")
              .find(({ attributes }) => `x/${asText(attributes["name"])}` === importId);
          },
        },
      }),
    );
    const { state } = await connection.create({ name: "a" });
    const { imported_resources: imported } = await connection.call("ImportResourceState", {
      type_name: "sample_thing",
      id: "x/a",
    });
    expect(decodeValue(imported?.[0]?.state, TYPE)).toEqual(state);
    const refused = await connection.call("ImportResourceState", { type_name: "sample_thing", id: "a" });
    expect(refused).toMatchObject({
      imported_resources: [],
      diagnostics: [{ severity: 1, summary: "expecting 1 slash" }],
    });
  });

  test("does not import a type that cannot be", async () => {
    await serve(sampleProvider({ behaviour: { "*": { importable: false } } as never }));
    const reply = await connection.call("ImportResourceState", { type_name: "sample_thing", id: "a" });
    expect(reply.diagnostics).toMatchObject([{ summary: "resource sample_thing doesn't support import" }]);
  });

  test("reads a state of Terraform's own JSON, older or newer", async () => {
    await serve(sampleProvider());
    const json = Buffer.from('{"id":"i","name":"a","size":3,"gone":1}');
    const { upgraded_state: state } = await connection.call("UpgradeResourceState", {
      type_name: "sample_thing",
      version: 0,
      raw_state: { json },
    });
    expect(decodeValue(state, TYPE)).toEqual({
      id: "i",
      name: "a",
      note: null,
      size: 3,
      where: null,
      labels: null,
    });
  });

  test("a refusal leaves cloud and state as they were", async () => {
    const no = (): never => {
      throw new Refusal("limit exceeded", "ask for more");
    };
    await serve(sampleProvider({ resource: { update: no, delete: no } }));
    const { state } = await connection.create({ name: "a" });
    const changed = await connection.change("sample_thing", state, { ...(state as Values), size: 2 });
    expect(changed.state).toEqual(state);
    expect(changed.reply.diagnostics).toMatchObject([
      { severity: 1, summary: "limit exceeded", detail: "ask for more" },
    ]);
    expect((await connection.change("sample_thing", state, null)).state).toEqual(state);
    expect(store.list()).toHaveLength(1);
  });

  test("an object that is gone cannot be changed", async () => {
    await serve(sampleProvider());
    const { reply } = await connection.change("sample_thing", { id: "i", name: "a" }, { id: "i", name: "b" });
    expect(reply.diagnostics).toMatchObject([{ summary: "sample_thing (i) not found" }]);
  });

  test("a simulation's defect is an error, not the end", async () => {
    await serve(sampleProvider({ resource: { create: () => ({ name: "no id" }) } }));
    await expect(connection.create({ name: "a" })).rejects.toThrow(
      "sample_thing: the simulation returned no id",
    );
    await expect(connection.call("ReadResource", { type_name: "sample_none" })).rejects.toThrow(
      "acme/sample has no sample_none",
    );
    expect((await connection.call("GetSchema")).resource_schemas).toBeDefined();
  });

  describe("faults", () => {
    const at = (
      operation: Fault["operation"],
      effect: Fault["effect"],
      rest: Partial<Fault> = {},
    ): Fault => ({ type: "sample_thing", operation, effect, ...rest });

    test("refuse: nothing is made", async () => {
      await serve(sampleProvider());
      faults = [at("create", { kind: "refuse", message: "quota" }, { object: "a", times: 1 })];
      expect((await connection.create({ name: "b" })).reply.diagnostics).toEqual([]);
      const { state, reply } = await connection.create({ name: "a" });
      expect([state, reply.diagnostics]).toMatchObject([null, [{ summary: "quota" }]]);
      expect(store.list()).toHaveLength(1);
      expect((await connection.create({ name: "a" })).reply.diagnostics).toEqual([]);
    });

    test("delay: others are served meanwhile", async () => {
      await serve(sampleProvider());
      faults = [at("create", { kind: "delay", milliseconds: 60 }, { object: "slow" })];
      const order: string[] = [];
      const start = performance.now();
      await Promise.all(
        ["slow", "quick"].map((name) => connection.create({ name }).then(() => order.push(name))),
      );
      expect(order).toEqual(["quick", "slow"]);
      expect(performance.now() - start).toBeGreaterThan(55);
    });

    test("failAfter: the object exists, and its state comes with the error", async () => {
      await serve(sampleProvider());
      faults = [at("create", { kind: "failAfter", message: "timeout" })];
      const { state, reply } = await connection.create({ name: "a" });
      expect(reply.diagnostics).toMatchObject([{ summary: "timeout" }]);
      expect(state).toMatchObject({ name: "a" });
      expect(store.list()).toHaveLength(1);
    });

    test("vanish: gone at the next read, from the cloud too", async () => {
      await serve(sampleProvider());
      const { state } = await connection.create({ name: "a" });
      faults = [at("read", { kind: "vanish" }, { object: "a" })];
      expect((await connection.read(state)).state).toBeNull();
      expect(store.list()).toEqual([]);
    });

    test("crash: after the change is made", async () => {
      await serve(sampleProvider());
      faults = [at("create", { kind: "crash" })];
      await connection.create({ name: "a" });
      expect(crashes).toBe(1);
      expect(objectsFoundIn(directory)).toBe(1);
    });

    test("update, delete and read can fail too", async () => {
      await serve(sampleProvider());
      const { state } = await connection.create({ name: "a" });
      faults = (["update", "delete", "read"] as const).map((operation) =>
        at(operation, { kind: "refuse", message: operation }),
      );
      const changed = await connection.change("sample_thing", state, { ...(state as Values), size: 2 });
      const deleted = await connection.change("sample_thing", state, null);
      const read = await connection.read(state);
      expect([changed, deleted, read].map(({ reply }) => reply.diagnostics?.[0]?.summary)).toEqual([
        "update",
        "delete",
        "read",
      ]);
      expect([changed.state, deleted.state, read.state]).toEqual([state, state, state]);
    });
  });

  describe("waits where the plugin does", () => {
    const slow = (): ProviderSimulation => {
      const sample = sampleProvider();
      const { sample_thing: thing, ...others } = sample.resources;
      if (thing === undefined) throw new Error("no sample_thing");
      return { ...sample, resources: { ...others, sample_thing: { ...thing, waitSeconds: { create: 20 } } } };
    };

    test("once the object is there, and only at what takes time", async () => {
      const waited: [seconds: number, objects: number][] = [];
      await serve(slow(), undefined, (seconds) => {
        waited.push([seconds, store.list().length]);
        return Promise.resolve();
      });
      const { state } = await connection.create({ name: "a" });
      await connection.change("sample_thing", state, { ...(state as Values), note: "b" });
      await connection.change("sample_thing", state, null);
      expect(waited).toEqual([[20, 1]]);
    });

    test("and answers when that is over", async () => {
      let over = (): void => undefined;
      await serve(slow(), undefined, () => new Promise((resolve) => (over = resolve)));
      let answered = false;
      const made = connection.create({ name: "a" }).then(() => (answered = true));
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect([answered, store.list().length]).toEqual([false, 1]);
      over();
      await made;
    });

    test("not at all without a clock, nor for what was refused", async () => {
      const waited: number[] = [];
      faults = [{ type: "*", operation: "create", effect: { kind: "refuse", message: "no" } }];
      await serve(slow(), undefined, (seconds) => {
        waited.push(seconds);
        return Promise.resolve();
      });
      await connection.create({ name: "a" });
      expect(waited).toEqual([]);
      faults = [];
      await servers.close();
      await serve(slow());
      expect((await connection.create({ name: "a" })).reply.diagnostics).toEqual([]);
    });
  });

  test("commits a create whose caller went away, as a real cloud does", async () => {
    await serve(sampleProvider());
    faults = [{ type: "*", operation: "create", effect: { kind: "delay", milliseconds: 500 } }];
    const lost = connect();
    const made = lost.create({ name: "orphan" }).catch(() => "lost");
    // Long enough for the call to arrive on a busy machine, and less than the cloud takes.
    await new Promise((resolve) => setTimeout(resolve, 250));
    lost.close();
    const until = Date.now() + 5_000;
    while (store.list().length === 0 && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(store.list().map(({ attributes }) => attributes["name"])).toEqual(["orphan"]);
    await made;
  });
});

/** How many objects another process would find. */
function objectsFoundIn(directory: string): number {
  const copy = CloudStore.open(directory);
  const { length } = copy.list();
  copy.close();
  return length;
}
