/** The engine under real Terraform: drift, import, aliases, faults, and nothing that Terraform finds inconsistent. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ns1 } from "../../constructs/dns/ns1/simulation";
import type { CloudObject, Values } from "../../constructs/fleet/simulation";
import { CloudStore } from "../../sandbox/engine/cloud-store";
import { spend, type Fault } from "../../sandbox/engine/fault";
import { servePlugins, type PluginServers } from "../../sandbox/engine/plugin-server";
import { nullProvider } from "../../sandbox/null/simulation";
import { sampleProvider } from "../sandbox/engine/sample-provider";
import { EngineTerraform, describeWithTerraform } from "./engine-terraform";

const REQUIRED = {
  null: { source: "hashicorp/null" },
  sample: { source: "acme/sample" },
  ns1: { source: "ns1-terraform/ns1" },
};
const base = { terraform: { required_providers: REQUIRED }, provider: { ns1: { apikey: "key" } } };

const RECORD = {
  zone: "${ns1_zone.z.zone}",
  domain: "*.edge.example.net",
  type: "A",
  answers: [{ answer: "192.0.2.1", meta: { weight: "25" } }],
  filters: [{ filter: "up" }, { filter: "weighted_shuffle" }],
};
const dns = {
  ...base,
  resource: { ns1_zone: { z: { zone: "edge.example.net" } }, ns1_record: { r: RECORD } },
};
const things = (...names: string[]): object => ({
  ...base,
  resource: { sample_thing: Object.fromEntries(names.map((name) => [name, { name }])) },
});

describeWithTerraform("the engine under Terraform", () => {
  let clouds: string;
  let store: CloudStore;
  let servers: PluginServers;
  let terraform: EngineTerraform;
  let faults: Fault[];

  const only = (type: string): CloudObject => {
    const [object, ...others] = store.list(type);
    if (object === undefined || others.length > 0) throw new Error(`${others.length + 1} objects of ${type}`);
    return object;
  };
  const drift = (type: string, change: Values): void => {
    const object = only(type);
    store.put({ ...object, attributes: { ...object.attributes, ...change } });
  };
  const actions = async (): Promise<Record<string, string[]>> => {
    const { changes, errors } = await terraform.plan();
    expect(errors).toEqual([]);
    return Object.fromEntries(changes.map((change) => [change.address, change.actions]));
  };
  const applies = async (configuration: object): Promise<void> => {
    terraform.configure(configuration);
    expect(await terraform.run("init", "-input=false")).toMatchObject({ status: 0 });
    expect((await terraform.plan()).errors).toEqual([]);
    expect(await terraform.apply()).toEqual([]);
  };
  const serve = async (): Promise<void> => {
    servers = await servePlugins({
      simulations: [nullProvider, ns1, sampleProvider({ behaviour: { size: { force_new: true } } })],
      store,
      faults: () => faults,
      struck: (fault) => (faults = spend(faults, fault)),
      crash: () => void servers.close(),
    });
  };

  beforeEach(async () => {
    clouds = mkdtempSync(join(tmpdir(), "polycast-clouds-"));
    store = CloudStore.open(clouds);
    faults = [];
    await serve();
    terraform = new EngineTerraform(servers.reattach);
  });

  afterEach(async () => {
    terraform.remove();
    await servers.close();
    store.close();
    rmSync(clouds, { recursive: true });
  });

  test("drift is seen: an answer's weight, one filter, a record that is gone", async () => {
    await applies(dns);
    expect(await actions()).toEqual({ "ns1_zone.z": ["no-op"], "ns1_record.r": ["no-op"] });
    drift("ns1_record", {
      answers: [{ answer: "192.0.2.1", answer_parts: [], region: "", meta: { weight: "75" } }],
    });
    expect(await actions()).toMatchObject({ "ns1_record.r": ["update"] });
    await terraform.apply();
    expect(only("ns1_record").attributes["answers"]).toMatchObject([{ meta: { weight: "25" } }]);
    drift("ns1_record", { filters: [{ filter: "up", disabled: false, config: {} }] });
    expect(await actions()).toMatchObject({ "ns1_record.r": ["update"] });
    store.remove("ns1_record", only("ns1_record").id);
    expect(await actions()).toMatchObject({ "ns1_record.r": ["create"], "ns1_zone.z": ["no-op"] });
  });

  test("a filter chain deleted as a whole is not seen: the real plugin's blind spot", async () => {
    await applies(dns);
    drift("ns1_record", { filters: [] });
    expect(await actions()).toEqual({ "ns1_zone.z": ["no-op"], "ns1_record.r": ["no-op"] });
  });

  test("imports what exists and says what does not", async () => {
    await applies(dns);
    await terraform.run("state", "rm", "ns1_record.r", "ns1_zone.z");
    const zone = await terraform.run("import", "-input=false", "ns1_zone.z", "edge.example.net");
    const record = await terraform.run(
      "import",
      "-input=false",
      "ns1_record.r",
      "edge.example.net/*.edge.example.net/A",
    );
    expect([zone, record]).toMatchObject([{ status: 0 }, { status: 0 }]);
    expect(await actions()).toEqual({ "ns1_zone.z": ["no-op"], "ns1_record.r": ["no-op"] });

    await terraform.run("state", "rm", "ns1_record.r");
    const gone = await terraform.run(
      "import",
      "-input=false",
      "ns1_record.r",
      "edge.example.net/no.edge.example.net/A",
    );
    expect(gone.stderr).toContain("Cannot import non-existent remote object");
    const malformed = await terraform.run("import", "-input=false", "ns1_record.r", "edge.example.net");
    expect(malformed.stderr).toContain('Expecting 2 slashes ("zone/domain/type")');
  });

  test("aliases and parallel runs keep their configurations", async () => {
    const regions = ["a", "b", "c"];
    await applies({
      ...base,
      provider: {
        sample: [{ region: "default" }, ...regions.map((region) => ({ alias: region, region }))],
      },
      resource: {
        sample_thing: {
          default: { name: "default" },
          ...Object.fromEntries(
            regions.map((region) => [region, { provider: `sample.${region}`, name: region }]),
          ),
        },
      },
    });
    const found = store
      .list("sample_thing")
      .map(({ attributes }) => [attributes["name"], attributes["where"]]);
    expect(found.sort()).toEqual(["a", "b", "c", "default"].map((name) => [name, name]));
  });

  test("Terraform finds nothing inconsistent in framework resources, at create, update, replacement and destruction", async () => {
    terraform.env = { TF_LOG: "warn", TF_LOG_PATH: join(terraform.directory, "log") };
    const step = async (size: number, note: string, trigger: string): Promise<void> => {
      await applies({
        ...base,
        resource: {
          null_resource: { n: { triggers: { trigger, size: "${sample_modern.m.where}" } } },
          sample_modern: { m: { name: "m", size, note } },
        },
      });
    };
    await step(1, "a", "x");
    await step(1, "b", "y");
    expect(store.list()).toHaveLength(2);
    await step(2, "b", "y");
    expect(await terraform.destroy()).toEqual([]);
    expect(store.list()).toEqual([]);
    expect(terraform.log()).not.toMatch(
      /unexpected|inconsistent|invalid plan|invalid new value|legacy plugin SDK/i,
    );
  });

  describe("faults", () => {
    const fault = (operation: Fault["operation"], effect: Fault["effect"]): Fault => ({
      type: "sample_thing",
      operation,
      object: "a",
      effect,
      times: 1,
    });

    test("a refused create leaves nothing; the next run makes it", async () => {
      faults = [fault("create", { kind: "refuse", message: "quota exceeded" })];
      terraform.configure(things("a", "b"));
      await terraform.run("init", "-input=false");
      await terraform.plan();
      expect(await terraform.apply()).toEqual([
        { summary: "quota exceeded", detail: "", address: "sample_thing.a" },
      ]);
      expect(only("sample_thing").attributes["name"]).toBe("b");
      expect(await actions()).toEqual({ "sample_thing.a": ["create"], "sample_thing.b": ["no-op"] });
      expect(await terraform.apply()).toEqual([]);
    });

    test("an object that exists but whose create failed is tainted and replaced", async () => {
      faults = [fault("create", { kind: "failAfter", message: "timeout while waiting" })];
      terraform.configure(things("a"));
      await terraform.run("init", "-input=false");
      await terraform.plan();
      expect(await terraform.apply()).toMatchObject([{ summary: "timeout while waiting" }]);
      const { id } = only("sample_thing");
      expect(await actions()).toEqual({ "sample_thing.a": ["delete", "create"] });
      expect(await terraform.apply()).toEqual([]);
      expect(only("sample_thing").id).not.toBe(id);
    });

    test("an object that vanishes is made again", async () => {
      await applies(things("a"));
      faults = [fault("read", { kind: "vanish" })];
      expect(await actions()).toEqual({ "sample_thing.a": ["create"] });
    });

    test("killed in the middle: what was made is an orphan, what was not is made by the next run", async () => {
      faults = [fault("create", { kind: "crash" })];
      terraform.configure(things("a"));
      await terraform.run("init", "-input=false");
      await terraform.plan();
      const [error] = await terraform.apply();
      expect(error?.summary).toMatch(/Plugin did not respond|Request cancelled|Plugin error/);
      const orphan = only("sample_thing");

      store.close();
      store = CloudStore.open(clouds);
      await serve();
      terraform.reattach = servers.reattach;
      expect(await actions()).toEqual({ "sample_thing.a": ["create"] });
      expect(await terraform.apply()).toEqual([]);
      expect(store.list("sample_thing").map(({ id }) => id)).toEqual([orphan.id, expect.any(String)]);
    });
  });
});
