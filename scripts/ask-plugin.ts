/**
 * Asks a real provider plugin what its schema does not say, and prints it in the form of `behaviour.json`.
 *
 *   npx ts-node scripts/ask-plugin.ts SOURCE VERSION TYPE... > behaviour.json
 *   npx ts-node scripts/ask-plugin.ts --check constructs/providers/aws/behaviour.json hashicorp/aws 5.100.0 TYPE...
 *
 * With `--check FILE` it prints how the facts of FILE differ from the plugin's; facts that only FILE has and that
 * cannot be asked (`notes`, `refuses`, ...) are passed over. Exit code 1 when they differ.
 *
 * Every fact is the answer to a plan or a validation of a made-up configuration, so no account and no network is
 * needed. `plugin-samples.json` has values for attributes that take not just any text or number. What depends on more
 * than one attribute (CustomizeDiff) cannot be found this way; it is code in the provider's simulation.
 * Where the plugin is looked for: see cut-schema.ts.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { PolycastError } from "../constructs/fleet/problem";
import {
  Unknown,
  type BlockSchema,
  type CtyType,
  type Diagnostic,
  type ProviderSchema,
  type Value,
  type Values,
} from "../constructs/fleet/simulation";
import type { PluginPlan, PluginPlanRequest } from "../sandbox/engine/plugin-client";
import { emptyBlock, equal, isList, isUnknown, isValues } from "../sandbox/engine/values";
import { startPlugin } from "./cut-schema";

/** What is asked: a plugin, or whatever plans and validates like one. */
export interface Askable {
  readonly schema: ProviderSchema;
  plan(request: PluginPlanRequest): Promise<PluginPlan>;
  validate(type: string, config: Values): Promise<readonly Diagnostic[]>;
}

/** Values that attributes take: by `type.path`, or by the attribute's name alone; two of each, where they can change. */
export interface Samples {
  readonly [key: string]: readonly (string | number | boolean)[];
}

export interface SampleSet {
  readonly samples: Samples;
  /** Optional attributes, as `type.path`, without which the plugin refuses to plan. */
  readonly always: readonly string[];
}

/** Facts by path; `*` is the type's own. */
export type AskedFacts = Record<string, Record<string, unknown>>;

/** Everything that one resource type's plans and validations say. */
export async function askType(plugin: Askable, type: string, set: SampleSet): Promise<AskedFacts> {
  const schema = plugin.schema.resource_schemas[type];
  if (schema === undefined) throw new PolycastError(`the plugin has no resource type "${type}"`);
  const question = new Question(plugin, type, schema.block, set);
  return question.ask();
}

/** The samples for a provider; none where the file does not name it. */
export function samplesOf(source: string): SampleSet {
  const file = JSON.parse(readFileSync(path.join(__dirname, "plugin-samples.json"), "utf8")) as {
    readonly [source: string]: SampleSet | undefined;
  };
  return file[source] ?? { samples: {}, always: [] };
}

/** A leaf or block of a schema and where it stands: `["health_check", "port"]`. */
interface Place {
  readonly path: readonly string[];
  readonly type?: CtyType;
  readonly given: "required" | "optional" | "never";
  readonly computed: boolean;
}

class Question {
  private readonly facts: AskedFacts = {};
  private readonly places: readonly Place[];

  public constructor(
    private readonly plugin: Askable,
    private readonly type: string,
    private readonly block: BlockSchema,
    private readonly set: SampleSet,
  ) {
    this.places = placesOf(block, []);
  }

  public async ask(): Promise<AskedFacts> {
    await this.askCreates();
    await this.askUpdates();
    await this.askValidations();
    return Object.fromEntries(Object.entries(this.facts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** What a create plans for what is left out, with no optional block and with each of them. */
  private async askCreates(): Promise<void> {
    for (const opened of this.blockPaths()) {
      const config = this.config(opened);
      const { planned, legacy } = await this.create(config);
      this.note("*", { engine: legacy ? "sdkv2" : "framework" });
      if (planned === null) continue;
      for (const place of this.places) {
        if (place.path.slice(0, -1).join(".") !== opened.slice(0, place.path.length - 1).join(".")) continue;
        const [got, wanted] = [at(planned, place.path), at(config, place.path)];
        if (got === undefined || (wanted !== null && !isEmpty(wanted))) continue;
        if (isUnknown(got)) this.note(place.path.join("."), { computed_on_create: true });
        // An empty text is what SDKv2 makes of null within a set.
        else if (got !== null && got !== "" && !isEmpty(got))
          this.note(place.path.join("."), { default: got });
      }
    }
  }

  /** What an update of one attribute plans: a replacement, or other attributes that become unknown. */
  private async askUpdates(): Promise<void> {
    for (const place of this.places.filter(({ type, given }) => type !== undefined && given !== "never")) {
      const key = place.path.join(".");
      const first = this.config(place.path.slice(0, -1), place, 0);
      const second = this.config(place.path.slice(0, -1), place, 1);
      const { planned } = await this.create(first);
      if (planned === null) continue;
      const prior = known(this.block, planned);
      const { planned: changed, replaces } = await this.plugin.plan({
        type: this.type,
        config: second,
        prior,
        proposed: keepComputed(this.block, prior, second),
      });
      if (changed === null) continue;
      if (replaces.some((cause) => this.isCause(withoutIndices(cause), key)))
        this.note(key, { force_new: true });
      const ripples = Object.keys(changed).filter(
        (name) => isUnknown(changed[name]) && name !== place.path[0] && name !== "tags_all" && name !== "id",
      );
      if (ripples.length > 0) this.note(key, { update_makes_unknown: ripples.toSorted() });
      if (
        equal(at(changed, place.path), at(prior, place.path)) &&
        !equal(at(first, place.path), at(second, place.path))
      ) {
        this.note(key, { diff_suppressed: true });
      }
    }
  }

  /** The cause of a replacement that lies within a set is given as the set. */
  private isCause(cause: string, key: string): boolean {
    if (cause === key) return true;
    const names = cause.split(".");
    const owner = blockAt(this.block, names.slice(0, -1)).block_types?.[names.at(-1) ?? ""];
    return owner?.nesting_mode === "set" && key.startsWith(`${cause}.`);
  }

  /** What validation says to values that few attributes take, and to attributes given together or not at all. */
  private async askValidations(): Promise<void> {
    for (const place of this.places.filter(({ given }) => given !== "never")) {
      const open = place.path.slice(0, -1);
      for (const wrong of wrongValues(place.type)) {
        for (const problem of await this.validate(this.config(open, place, 0, wrong))) {
          if (concerns(problem, place)) this.note(place.path.join("."), factOf(problem));
        }
      }
      for (const other of this.siblings(place)) {
        const both = this.config(open, place, 0);
        put(both, other.path, this.sample(other, 0));
        for (const problem of await this.validate(both)) {
          if (concerns(problem, place)) this.combine(place.path.join("."), problem);
        }
      }
    }
    for (const problem of await this.validate(emptyBlock(this.block))) {
      // terraform-plugin-framework says once, and without a path, what SDKv2 says for each attribute.
      const names =
        problem.path === undefined ? (combinationOf(problem)?.[1] ?? []) : problem.path.slice(0, 1);
      for (const name of names) this.combine(String(name), problem);
    }
  }

  /** Attributes and blocks beside this one that a user may give too. */
  private siblings({ path: own }: Place): Place[] {
    const prefix = own.slice(0, -1).join(".");
    return this.places.filter(
      ({ path: other, given }) =>
        given === "optional" && other.slice(0, -1).join(".") === prefix && other.at(-1) !== own.at(-1),
    );
  }

  private combine(key: string, problem: Diagnostic): void {
    const combination = combinationOf(problem);
    if (combination === undefined) return;
    const [fact, names] = combination;
    const before = (this.facts[key]?.[fact] as string[] | undefined) ?? [];
    this.note(key, { [fact]: [...new Set([...before, ...names])].toSorted() });
  }

  private note(key: string, facts: Record<string, unknown>): void {
    if (Object.keys(facts).length > 0) this.facts[key] = { ...this.facts[key], ...facts };
  }

  private async create(config: Values): Promise<PluginPlan> {
    return this.plugin.plan({ type: this.type, config, prior: null, proposed: config });
  }

  private async validate(config: Values): Promise<Diagnostic[]> {
    const problems = await this.plugin.validate(this.type, config);
    return problems.filter(({ severity }) => severity === "error");
  }

  /** Paths of the blocks to open: none, then each. */
  private blockPaths(): (readonly string[])[] {
    return [[], ...this.places.filter(({ type }) => type === undefined).map(({ path: block }) => block)];
  }

  /** What is required, the blocks on the way to a place opened, and a sample or a given value at the place itself. */
  private config(opened: readonly string[], place?: Place, variant = 0, value?: Value): Values {
    const config = emptyBlock(this.block);
    const needed = this.places.filter(
      ({ path: own, given, type }) =>
        (given === "required" && (type !== undefined || own.length === 1)) ||
        this.set.always.includes(`${this.type}.${own.join(".")}`),
    );
    for (let depth = 1; depth <= opened.length; depth += 1) open(config, opened.slice(0, depth), this.block);
    for (const required of this.places.filter(
      ({ given, type }) => given === "required" && type === undefined,
    )) {
      open(config, required.path, this.block);
    }
    for (const each of needed) if (each.type !== undefined) put(config, each.path, this.sample(each, 0));
    if (place !== undefined) put(config, place.path, value ?? this.sample(place, variant));
    return config;
  }

  private sample({ path: own, type }: Place, variant: number): Value {
    if (type === undefined) {
      const inner = emptyBlock(blockAt(this.block, own));
      for (const required of this.places) {
        const isWithin =
          required.path.length === own.length + 1 && required.path.slice(0, -1).join() === own.join();
        if (isWithin && required.given === "required")
          inner[required.path.at(-1) ?? ""] = this.sample(required, variant);
      }
      return [inner];
    }
    return this.sampleOf(type, own, variant);
  }

  private sampleOf(type: CtyType, own: readonly string[], variant: number): Value {
    const { samples } = this.set;
    const values = samples[`${this.type}.${own.join(".")}`] ?? samples[own.at(-1) ?? ""];
    const value = values?.[variant % values.length];
    if (type === "number") return Number(value ?? variant + 1);
    if (type === "bool") return value === undefined ? variant === 0 : value === true || value === "true";
    if (type === "string") return String(value ?? ["x", "y"][variant]);
    if (type[0] === "object") {
      return Object.fromEntries(
        Object.entries(type[1]).map(([name, inner]) => [name, this.sampleOf(inner, [...own, name], variant)]),
      );
    }
    const element = this.sampleOf(type[1], own, variant);
    return type[0] === "map" ? { k: element } : [element];
  }
}

function placesOf(block: BlockSchema, prefix: readonly string[]): Place[] {
  const attributes = Object.entries(block.attributes ?? {}).map(
    ([name, { type, required, optional, computed }]): Place => ({
      path: [...prefix, name],
      type,
      given: required === true ? "required" : optional === true && name !== "id" ? "optional" : "never",
      computed: computed === true,
    }),
  );
  const blocks = Object.entries(block.block_types ?? {})
    .filter(([name]) => name !== "timeouts")
    .flatMap(([name, { block: inner, min_items: min }]): Place[] => [
      { path: [...prefix, name], given: (min ?? 0) > 0 ? "required" : "optional", computed: false },
      ...placesOf(inner, [...prefix, name]),
    ]);
  return [...attributes, ...blocks];
}

function blockAt(block: BlockSchema, names: readonly string[]): BlockSchema {
  return names.reduce((here, name) => here.block_types?.[name]?.block ?? {}, block);
}

/** The object that holds the last of the names, in the first element of each block on the way. */
function holder(values: Values, names: readonly string[]): Values | undefined {
  return names.slice(0, -1).reduce<Values | undefined>((here, name) => {
    const inner = here?.[name];
    const element = isList(inner) ? inner[0] : inner;
    return isValues(element) ? element : undefined;
  }, values);
}

function at(values: Values, names: readonly string[]): Value | undefined {
  return holder(values, names)?.[names.at(-1) ?? ""];
}

function put(values: Values, names: readonly string[], value: Value): void {
  const owner = holder(values, names);
  if (owner !== undefined) owner[names.at(-1) ?? ""] = value;
}

function open(values: Values, names: readonly string[], block: BlockSchema): void {
  const before = at(values, names);
  if (isList(before) && before.length === 0) put(values, names, [emptyBlock(blockAt(block, names))]);
}

function isEmpty(value: Value | undefined): boolean {
  return isList(value) ? value.length === 0 : isValues(value) && Object.keys(value).length === 0;
}

/** A planned object as it may be once it exists. */
function known(block: BlockSchema, planned: Values): Values {
  const value = (each: Value, type: CtyType): Value => {
    if (!(each instanceof Unknown)) return each;
    if (type === "string") return "known";
    if (type === "number") return 7;
    if (type === "bool") return false;
    return type[0] === "map" || type[0] === "object" ? {} : [];
  };
  const object: Values = {};
  for (const [name, { type }] of Object.entries(block.attributes ?? {}))
    object[name] = value(planned[name] ?? null, type);
  for (const [name, { block: inner }] of Object.entries(block.block_types ?? {})) {
    const elements = planned[name] ?? null;
    if (isUnknown(elements)) object[name] = [];
    else
      object[name] = isList(elements)
        ? elements.map((each) => (isValues(each) ? known(inner, each) : each))
        : elements;
  }
  return object;
}

/** The configuration, with prior values for what is computed and left out. */
function keepComputed(block: BlockSchema, prior: Values, config: Values): Values {
  const proposed: Values = { ...config };
  for (const [name, { computed }] of Object.entries(block.attributes ?? {})) {
    if (computed === true && config[name] === null) proposed[name] = prior[name] ?? null;
  }
  for (const [name, { block: inner }] of Object.entries(block.block_types ?? {})) {
    const [given, before] = [config[name], prior[name]];
    if (!isList(given) || !isList(before)) continue;
    proposed[name] = given.map((each, i) => {
      const old = before[i];
      return isValues(each) && isValues(old) ? keepComputed(inner, old, each) : each;
    });
  }
  return proposed;
}

function withoutIndices(cause: string): string {
  return cause
    .split(".")
    .filter((step) => !/^\d+$/.test(step))
    .join(".");
}

/** Values that reveal by their refusal what is allowed. */
function wrongValues(type: CtyType | undefined): Value[] {
  if (type === "string") return ["\u0001 no such value", "", "x".repeat(5000)];
  if (type === "number") return [-1e9, 1e9];
  if (type === undefined || !Array.isArray(type) || type[0] === "object" || type[0] === "map") return [];
  return wrongValues(type[1]).map((value) => [value]);
}

/** Whether a problem is about this place. Within a set a problem's path ends at the set; then its text tells. */
function concerns({ path: where, summary, detail = "" }: Diagnostic, { path: own }: Place): boolean {
  const names = (where ?? []).filter((step) => typeof step === "string").join(".");
  const key = own.join(".");
  const said = `${summary} ${detail}`.replaceAll(/\.\d+(?=\.)/g, "");
  return (
    names === key || (key.startsWith(`${names}.`) && new RegExp(`(^|["\\s])${key}(["\\s]|$)`).test(said))
  );
}

/** The fact that a refused value reveals; what no fact can say is kept as worded. */
export function factOf({ summary, detail = "" }: Diagnostic): Record<string, unknown> {
  const said = `${summary} ${detail}`;
  if (combinationOf({ severity: "error", summary, detail }) !== undefined) return {};
  const oneOf = /to be one of \[(.*?)\](?:, got|$)/.exec(said)?.[1];
  if (oneOf !== undefined) {
    const quoted = [...oneOf.matchAll(/"([^"]*)"/g)].map(([, value]) => value ?? "");
    return { one_of: (quoted.length > 0 ? quoted : oneOf.split(" ")).toSorted() };
  }
  if (said.includes("to be a valid port number")) return { range: [said.includes("or 0") ? 0 : 1, 65535] };
  const limits = /(?:in the range \(|be between )(-?[\d.]+) (?:-|and) (-?[\d.]+)/.exec(said);
  if (limits !== null) {
    const [low, high] = [Number(limits[1]), Number(limits[2])];
    return said.includes("length of") ? { length: [low, high] } : { range: [low, high] };
  }
  if (said.includes("is an invalid ARN")) return { format: "arn" };
  return {};
}

/** What a problem says of attributes that exclude or need each other: `["conflicts_with", ["cidr_block"]]`. */
export function combinationOf({ summary, detail = "" }: Diagnostic): [string, string[]] | undefined {
  const list = /(?:one|all) of `([^`]+)`/.exec(detail)?.[1]?.split(",");
  const other = /conflicts with ([\w.]+)/.exec(detail)?.[1];
  if (other !== undefined) return ["conflicts_with", [withoutIndices(other)]];
  const exactly = /Exactly one of these attributes must be configured: \[([^\]]+)\]/.exec(detail)?.[1];
  if (exactly !== undefined) return ["exactly_one_of", exactly.split(",").toSorted()];
  if (list === undefined) return undefined;
  const names = list.map(withoutIndices).toSorted();
  if (detail.includes(": all of `")) return ["required_with", names];
  if (summary === "Invalid combination of arguments") return ["exactly_one_of", names];
  return summary === "Missing required argument" ? ["at_least_one_of", names] : undefined;
}

/**
 * Facts that are compared. The others in a file are somebody's knowledge, and what becomes unknown with a change
 * (`update_makes_unknown`) is often code of the simulation instead.
 */
const ASKED = [
  "engine",
  "computed_on_create",
  "default",
  "force_new",
  "conflicts_with",
  "exactly_one_of",
  "at_least_one_of",
  "required_with",
  "one_of",
  "range",
  "length",
  "format",
];

/** How a file's facts differ from the plugin's, a line each. */
export function differences(type: string, file: AskedFacts, asked: AskedFacts): string[] {
  const paths = [...new Set([...Object.keys(file), ...Object.keys(asked)])].toSorted();
  return paths.flatMap((key) =>
    ASKED.flatMap((fact) => {
      // SDKv2 says one thing at a time: where exactly one is allowed, no conflict is ever told.
      if (fact === "conflicts_with" && (asked[key]?.["exactly_one_of"] ?? asked[key]?.["required_with"]))
        return [];
      const [ours, theirs] = [file[key]?.[fact], asked[key]?.[fact]].map(inOrder);
      return ours === theirs ? [] : [`${type}.${key} ${fact}: file ${ours ?? "-"}, plugin ${theirs ?? "-"}`];
    }),
  );
}

function inOrder(fact: unknown): string | undefined {
  const isNames = Array.isArray(fact) && fact.every((each) => typeof each === "string");
  return JSON.stringify(isNames ? fact.toSorted() : fact);
}

async function main(args: readonly string[]): Promise<void> {
  const check = args[0] === "--check" ? args[1] : undefined;
  const [source, version, ...types] = check === undefined ? args : args.slice(2);
  if (source === undefined || version === undefined || types.length === 0) {
    throw new PolycastError("usage: npx ts-node scripts/ask-plugin.ts [--check FILE] SOURCE VERSION TYPE...");
  }
  const plugin = await startPlugin(source, version);
  try {
    await plugin.configure(providerBlock(plugin.schema));
    const asked: Record<string, AskedFacts> = {};
    for (const type of types) asked[type] = await askType(plugin, type, samplesOf(source));
    if (check === undefined) {
      console.log(JSON.stringify(asked, null, 1));
      return;
    }
    const file = JSON.parse(readFileSync(check, "utf8")) as Record<string, AskedFacts>;
    const lines = types.flatMap((type) => differences(type, file[type] ?? {}, asked[type] ?? {}));
    lines.forEach((line) => {
      console.log(line);
    });
    console.error(`${String(types.length)} types, ${String(lines.length)} facts differ`);
    if (lines.length > 0) process.exitCode = 1;
  } finally {
    await plugin.close();
  }
}

/** A provider block that a plugin accepts without an account: made-up keys, and every check it offers to skip skipped. */
export function providerBlock(schema: ProviderSchema): Values {
  const { block } = schema.provider;
  const config = emptyBlock(block);
  for (const [name, { type }] of Object.entries(block.attributes ?? {})) {
    if (name.startsWith("skip_")) config[name] = type === "bool" ? true : "true";
    else if (name === "region") config[name] = "us-east-1";
    else if (/(^|_)(key|secret|token|id)$/.test(name) && type === "string" && name !== "token")
      config[name] = "made-up";
  }
  return config;
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof PolycastError ? error.message : error);
    process.exitCode = 1;
  });
}
