/**
 * Every case of tests/fixtures/plugins, which says what the real plugins planned, held and refused, is run through real
 * Terraform against the simulated ones, and has to come out the same. Ids and addresses only have to be equal where
 * they are equal in the fixture. What may differ stands with its reason in accepted-differences.json.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ns1 } from "../../constructs/dns/ns1/simulation";
import { stackpath } from "../../constructs/providers/stackpath/simulation";
import { vultr } from "../../constructs/providers/vultr/simulation";
import { CloudStore } from "../../sandbox/engine/cloud-store";
import { NO_FAULTS } from "../../sandbox/engine/fault";
import { servePlugins, type PluginServers } from "../../sandbox/engine/plugin-server";
import accepted from "./accepted-differences.json";
import { EngineTerraform, describeWithTerraform, type Json } from "./engine-terraform";

const FIXTURES = join(__dirname, "..", "fixtures", "plugins");

type Resources = { [type: string]: { [name: string]: Json } };

/** What a real plugin planned, or refused. */
interface ExpectedPlan {
  readonly resource_changes?: { address: string; actions: string[]; [key: string]: Json }[];
  readonly errors?: { summary: string; detail: string; address: string | null }[];
}

interface Fixture {
  readonly provider: string;
  readonly resources: Resources;
  readonly plan: ExpectedPlan;
  readonly state?: { [address: string]: Json };
  /** The actions of a plan right after the apply. */
  readonly plan_again?: string[][];
  readonly apply_error?: string[];
  readonly changes?: { change: string; resources: Resources; plan: ExpectedPlan }[];
}

/** A difference that is meant to be, by the path in the comparison. */
interface AcceptedDifference {
  readonly fixture: string;
  readonly path: string;
  readonly reason: string;
}

const acceptedDifferences: readonly AcceptedDifference[] = accepted;

const CREDENTIALS: { [source: string]: { [name: string]: Json } } = {
  "stackpath/stackpath": { stack_id: "stack", client_id: "client", client_secret: "secret" },
  "vultr/vultr": { api_key: "key" },
  "ns1-terraform/ns1": { apikey: "key" },
};

describeWithTerraform("likeness to the real plugins", () => {
  for (const file of readdirSync(FIXTURES).sort()) {
    const name = file.replace(/\.json$/, "");
    const fixture = JSON.parse(readFileSync(join(FIXTURES, file), "utf8")) as Fixture;

    describe(name, () => {
      let clouds: string;
      let store: CloudStore;
      let servers: PluginServers;
      let terraform: EngineTerraform;

      beforeAll(async () => {
        clouds = mkdtempSync(join(tmpdir(), "polycast-clouds-"));
        store = CloudStore.open(clouds);
        servers = await servePlugins({ simulations: [stackpath, vultr, ns1], store, ...NO_FAULTS });
        terraform = new EngineTerraform(servers.reattach);
        terraform.configure(configuration(fixture, fixture.resources));
        expect(await terraform.run("init", "-input=false")).toMatchObject({ status: 0 });
      });

      afterAll(async () => {
        terraform.remove();
        await servers.close();
        store.close();
        rmSync(clouds, { recursive: true });
      });

      const plans = async (resources: Resources, expected: ExpectedPlan): Promise<void> => {
        terraform.configure(configuration(fixture, resources));
        const { changes, errors } = await terraform.plan();
        const planned = changes.map(({ address, actions, ...rest }) =>
          actions[0] === "no-op" ? { address, actions } : { address, actions, ...rest },
        );
        compare(
          name,
          { errors, resource_changes: planned },
          { errors: [], resource_changes: [], ...expected },
        );
      };

      test(fixture.plan.errors === undefined ? "plans the same" : "refuses the same", async () => {
        await plans(fixture.resources, fixture.plan);
      });

      const { apply_error: refusals, state, plan_again: again, changes = [] } = fixture;
      if (refusals !== undefined) {
        test("refuses the same at apply", async () => {
          const errors = await terraform.apply();
          expect(errors.map(({ summary }) => `Error: ${summary}`)).toEqual(refusals);
        });
      }
      if (state !== undefined) {
        test("holds the same state", async () => {
          expect(await terraform.apply()).toEqual([]);
          compare(name, await terraform.state(), state);
        });
        test("plans the same again", async () => {
          const { changes: planned } = await terraform.plan();
          const actions = planned.map((change) => change.actions).filter(([action]) => action !== "no-op");
          expect(actions).toEqual(again);
        });
      }
      for (const { change, resources, plan } of changes) {
        test(`plans the same when changed: ${change}`, async () => {
          await plans(resources, plan);
        });
      }
    });
  }
});

function configuration({ provider }: Fixture, resources: Resources): object {
  const [, local = ""] = provider.split("/");
  return {
    terraform: { required_providers: { [local]: { source: provider } } },
    provider: { [local]: CREDENTIALS[provider] },
    resource: resources,
  };
}

/** Expects equality, but for what is made anew in each cloud and what is accepted. */
function compare(fixture: string, actual: Json | object, expected: Json | object): void {
  const paths = acceptedDifferences.filter((each) => each.fixture === fixture).map(({ path }) => path);
  const isMadeUp = (value: string): boolean =>
    MADE_UP.test(value) || (fixture.startsWith("vultr-") && MADE_UP_BY_VULTR.test(value));
  const seen = leaves(numbered(actual as Json, isMadeUp));
  const wanted = leaves(numbered(expected as Json, isMadeUp));
  for (const path of paths) {
    expect(seen[path]).not.toEqual(wanted[path]); // an acceptance that is no longer needed goes
    seen[path] = wanted[path] ?? null;
  }
  expect(seen).toEqual(wanted);
}

/** What a cloud makes up: NS1's ids, UUIDs, and the addresses of StackPath's workloads and instances. */
const MADE_UP =
  /^([0-9a-f]{24}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(185\.85|203\.0)\.\d+\.\d+\/32|198\.(51\.100|18\.\d+)\.\d+|10\.128\.0\.(?!1$)\d+)$/;

/** The same of Vultr alone: the addresses of its instances and reserved addresses. In others' fixtures they are given. */
const MADE_UP_BY_VULTR = /^((192\.0\.2|198\.19\.\d+|203\.0\.113)\.\d+|2001:db8:.*)$/;

/** The document with such values replaced by numbers, in order of appearance. */
function numbered(document: Json, isMadeUp: (value: string) => boolean): Json {
  const numbers = new Map<string, string>();
  const walk = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value === "object" && value !== null) {
      const keys = Object.keys(value).sort();
      return Object.fromEntries(keys.map((key) => [key, walk(value[key] ?? null)]));
    }
    if (typeof value !== "string" || !isMadeUp(value)) return value;
    const number = numbers.get(value) ?? `made up ${numbers.size + 1}`;
    numbers.set(value, number);
    return number;
  };
  return walk(document);
}

/** A document's leaves by path: differences then show one by one. */
function leaves(value: Json, path = "", found: { [path: string]: Json } = {}): { [path: string]: Json } {
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (inner.length === 0) found[path] = value;
  for (const [key, each] of inner) leaves(each, path === "" ? key : `${path}.${key}`, found);
  return found;
}
