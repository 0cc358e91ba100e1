import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import type {
  AttributeSchema,
  BlockSchema,
  CtyType,
  Diagnostic,
  NestedBlockSchema,
  ProviderSchema,
  ResourceSchema,
  Values,
} from "../../constructs/fleet/simulation";
import { LARGEST_MESSAGE, tfplugin5 } from "./plugin-protocol";
import { blockType } from "./values";
import { decodeValue, encodeValue, type DynamicValue } from "./wire";

/** What makes a plugin believe that Terraform started it; the same for every provider. */
const MAGIC_COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/** How long a plugin may take to say where it listens. */
const START_TIMEOUT_MS = 60_000;

/** What Terraform calls itself to a plugin when it configures it. */
const TERRAFORM_VERSION = "1.11.4";

/** How a real plugin would change one object. */
export interface PluginPlan {
  /** Null where the plugin refuses. */
  readonly planned: Values | null;
  /** The attributes whose change replaces the object: dotted, list indices as numbers. */
  readonly replaces: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** Whether the resource is written with terraform-plugin-sdk v2, whose plans follow rules of their own. */
  readonly legacy: boolean;
}

export interface PluginPlanRequest {
  readonly type: string;
  readonly config: Values;
  /** Null on create. */
  readonly prior: Values | null;
  /** Terraform's proposal: the configuration, with prior values where something computed is left out. */
  readonly proposed: Values;
}

type Call = (
  request: object,
  reply: (error: Error | null, response: Record<string, unknown>) => void,
) => unknown;

/**
 * A real provider plugin, started without Terraform and asked what Terraform would ask it.
 * Plans and validations of most plugins need neither an account nor a network.
 */
export class PluginClient {
  private constructor(
    private readonly child: ChildProcess,
    private readonly client: grpc.Client,
    /** The provider's schema, of all its resource types. */
    public readonly schema: ProviderSchema,
  ) {}

  /**
   * Starts a plugin's binary and reads its schema; about two seconds for AWS's. Close it in the end.
   *
   * @param env the plugin's environment
   * @throws Error when the binary is no plugin or does not speak protocol 5
   */
  public static async start(
    binary: string,
    env: Readonly<NodeJS.ProcessEnv> = process.env,
  ): Promise<PluginClient> {
    const child = spawn(binary, [], {
      env: { ...env, TF_PLUGIN_MAGIC_COOKIE: MAGIC_COOKIE, PLUGIN_PROTOCOL_VERSIONS: "5" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    // A plugin does not notice that nobody talks to it any more.
    const orphaned = (): void => void child.kill("SIGKILL");
    process.once("exit", orphaned);
    child.once("close", () => process.removeListener("exit", orphaned));
    try {
      const client = connect(await handshake(child, binary));
      const reply = await callOf(client, "GetSchema")({});
      return new PluginClient(child, client, schemaOf(reply as unknown as WireSchemas));
    } catch (error) {
      await end(child);
      throw error;
    }
  }

  /**
   * Configures the provider; what is left out is null. Returns what the plugin objects to.
   * @param config attributes and blocks of the provider block
   */
  public async configure(config: Values): Promise<readonly Diagnostic[]> {
    const type = blockType(this.schema.provider.block);
    const prepared = await this.call("PrepareProviderConfig", { config: encodeValue(config, type) });
    const problems = diagnosticsOf(prepared);
    if (problems.some(({ severity }) => severity === "error")) return problems;
    return diagnosticsOf(
      await this.call("Configure", {
        terraform_version: TERRAFORM_VERSION,
        config: prepared["prepared_config"],
      }),
    );
  }

  /** What the plugin says to a configuration before planning. */
  public async validate(type: string, config: Values): Promise<readonly Diagnostic[]> {
    const value = encodeValue(config, this.typeOf(type));
    return diagnosticsOf(await this.call("ValidateResourceTypeConfig", { type_name: type, config: value }));
  }

  /** How the plugin plans to create or change an object. */
  public async plan({ type, config, prior, proposed }: PluginPlanRequest): Promise<PluginPlan> {
    const cty = this.typeOf(type);
    const response = await this.call("PlanResourceChange", {
      type_name: type,
      config: encodeValue(config, cty),
      prior_state: prior === null ? NONE : encodeValue(prior, cty),
      proposed_new_state: encodeValue(proposed, cty),
    });
    const diagnostics = diagnosticsOf(response);
    const refused = diagnostics.some(({ severity }) => severity === "error");
    const planned = refused ? null : decodeValue(response["planned_state"] as DynamicValue, cty);
    return {
      planned: planned as Values | null,
      replaces: pathsOf(response),
      diagnostics,
      legacy: response["legacy_type_system"] === true,
    };
  }

  /** Ends the plugin's process and waits until it is gone. */
  public async close(): Promise<void> {
    this.client.close();
    await end(this.child);
  }

  private async call(method: string, request: object): Promise<Record<string, unknown>> {
    return callOf(this.client, method)(request);
  }

  private typeOf(type: string): CtyType {
    const schema = this.schema.resource_schemas[type];
    if (schema === undefined) throw new Error(`the plugin has no resource type "${type}"`);
    return blockType(schema.block);
  }
}

/** Kills a process, if it runs, and waits until it is gone. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** MessagePack's nil. */
const NONE: DynamicValue = { msgpack: Uint8Array.of(0xc0) };

/** The address that the plugin prints: `1|5|unix|/tmp/plugin123|grpc|`. */
async function handshake(child: ChildProcess, binary: string): Promise<string> {
  if (child.stdout === null) throw new Error("a plugin's output must be a pipe");
  const lines = createInterface({ input: child.stdout });
  const line = await new Promise<string>((resolve, reject) => {
    const fail = (why: string): void => {
      reject(new Error(`${path.basename(binary)} is no Terraform plugin: ${why}`));
    };
    const timer = setTimeout(() => {
      fail("it printed no handshake");
    }, START_TIMEOUT_MS);
    lines.once("line", (text) => {
      clearTimeout(timer);
      resolve(text);
    });
    child.once("error", (error) => {
      clearTimeout(timer);
      fail(error.message);
    });
    // "close", not "exit": what it printed before it ended comes first.
    child.once("close", (code) => {
      clearTimeout(timer);
      fail(`it ended with ${String(code)}`);
    });
  });
  child.stdout.resume();
  const [, protocol, network, address = "", transport] = line.split("|");
  if (protocol !== "5" || transport !== "grpc") {
    throw new Error(`${path.basename(binary)} speaks plugin protocol ${String(protocol)}, not 5 over gRPC`);
  }
  return network === "unix" ? `unix:${address}` : address;
}

function connect(address: string): grpc.Client {
  return new tfplugin5.Provider(address, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": LARGEST_MESSAGE,
  });
}

function callOf(client: grpc.Client, method: string) {
  return (request: object): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const call = (client as unknown as Record<string, Call>)[method];
      if (call === undefined) throw new Error(`the protocol has no method ${method}`);
      call.call(client, request, (error, response) => {
        if (error === null) resolve(response);
        else reject(error);
      });
    });
}

interface WireStep {
  readonly selector?: "attribute_name" | "element_key_string" | "element_key_int";
  readonly attribute_name?: string;
  readonly element_key_string?: string;
  readonly element_key_int?: number;
}

interface WirePath {
  readonly steps: readonly WireStep[];
}

function stepsOf({ steps }: WirePath): (string | number)[] {
  return steps.map((step) => step[step.selector ?? "attribute_name"] ?? "");
}

function pathsOf(response: Record<string, unknown>): string[] {
  return (response["requires_replace"] as WirePath[]).map((steps) => stepsOf(steps).join("."));
}

interface WireDiagnostic {
  readonly severity: number;
  readonly summary: string;
  readonly detail: string;
  readonly attribute: WirePath | null;
}

const ERROR = 1;

function diagnosticsOf(response: Record<string, unknown>): Diagnostic[] {
  return (response["diagnostics"] as WireDiagnostic[]).map(({ severity, summary, detail, attribute }) => ({
    severity: severity === ERROR ? "error" : "warning",
    summary,
    detail,
    ...(attribute === null ? {} : { path: stepsOf(attribute) }),
  }));
}

interface WireBlock {
  readonly attributes: readonly (Omit<AttributeSchema, "type"> & {
    readonly name: string;
    readonly type: Buffer;
  })[];
  readonly block_types: readonly {
    readonly type_name: string;
    readonly nesting: number;
    readonly min_items: number;
    readonly max_items: number;
    readonly block: WireBlock;
  }[];
}

interface WireSchema {
  readonly version: number;
  readonly block: WireBlock;
}

interface WireSchemas {
  readonly provider: WireSchema;
  readonly resource_schemas: { readonly [type: string]: WireSchema };
}

/** The protocol's numbers for how a nested block nests. */
const NESTING: readonly NestedBlockSchema["nesting_mode"][] = [
  "single",
  "single",
  "list",
  "set",
  "map",
  "group",
];

function schemaOf({ provider, resource_schemas: resources }: WireSchemas): ProviderSchema {
  const own = (schema: WireSchema): ResourceSchema => ({
    version: schema.version,
    block: blockOf(schema.block),
  });
  return {
    provider: own(provider),
    resource_schemas: Object.fromEntries(
      Object.entries(resources).map(([type, schema]) => [type, own(schema)]),
    ),
  };
}

/** A block as `terraform providers schema -json` writes it: what is false, zero or empty is left out. */
function blockOf({ attributes, block_types: blocks }: WireBlock): BlockSchema {
  const own = attributes.map(({ name, type, required, optional, computed, sensitive, deprecated }) => [
    name,
    {
      type: JSON.parse(type.toString("utf8")) as CtyType,
      ...truths({ required, optional, computed, sensitive, deprecated }),
    },
  ]);
  const nested = blocks.map(({ type_name: name, nesting, min_items: min, max_items: max, block }) => [
    name,
    {
      nesting_mode: NESTING[nesting] ?? "single",
      block: blockOf(block),
      ...(min > 0 ? { min_items: min } : {}),
      ...(max > 0 ? { max_items: max } : {}),
    },
  ]);
  return {
    ...(own.length > 0 ? { attributes: Object.fromEntries(own) as BlockSchema["attributes"] & object } : {}),
    ...(nested.length > 0
      ? { block_types: Object.fromEntries(nested) as BlockSchema["block_types"] & object }
      : {}),
  };
}

function truths(flags: { readonly [flag: string]: boolean | undefined }): { readonly [flag: string]: true } {
  return Object.fromEntries(
    Object.entries(flags).flatMap(([flag, on]) => (on === true ? [[flag, true as const]] : [])),
  );
}
