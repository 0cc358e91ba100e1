/**
 * What a plugin's validation says beyond what Terraform checks itself from the schema (required and unknown
 * attributes, types, numbers of blocks), in the words of the SDK that the plugin is written with.
 */
import type {
  AttributeFacts,
  AttributePath,
  BlockSchema,
  CtyType,
  Diagnostic,
  ProviderSimulation,
  ResourceBehaviour,
  Value,
  Values,
} from "../../constructs/fleet/simulation";
import { isFramework } from "./plan";
import { asText, blockType, isList, isUnknown, isValues, isWhollyKnown } from "./values";

/** Everything that the simulated plugin finds wrong with a resource's configuration. Unknown values pass. */
export function validate(
  simulation: ProviderSimulation,
  type: string,
  config: Values,
  provider: Values,
): Diagnostic[] {
  const schema = simulation.schema.resource_schemas[type];
  if (schema === undefined) return [{ severity: "error", summary: `unknown resource type: ${type}` }];
  const behaviour = simulation.behaviour[type] ?? {};
  const nulls = isFramework(simulation, type) ? [] : nullElements(config, blockType(schema.block), []);
  const facts = new Validator(behaviour, config, schema.block).block(schema.block, config, {
    key: "",
    path: [],
  });
  const own = simulation.resources[type]?.validate?.(config, provider) ?? [];
  return [...nulls, ...facts, ...own];
}

interface Place {
  /** Dotted, without indices: where the facts are. */
  readonly key: string;
  readonly path: AttributePath;
}

class Validator {
  public constructor(
    private readonly behaviour: ResourceBehaviour,
    private readonly config: Values,
    private readonly schema: BlockSchema,
  ) {}

  public block(schema: BlockSchema, values: Values, place: Place): Diagnostic[] {
    const attributes = Object.entries(schema.attributes ?? {}).flatMap(([name, { type }]) =>
      this.attribute(type, values[name] ?? null, below(place, name)),
    );
    const blocks = Object.entries(schema.block_types ?? {}).flatMap(([name, nested]) => {
      const here = below(place, name);
      const elements = values[name];
      const given = isList(elements) ? elements : [];
      const combination = this.combination(given.length > 0 || isUnknown(elements) ? elements : null, here);
      // The SDK does not look into blocks while anything in any of them is unknown.
      if (combination.length > 0 || !isWhollyKnown(elements)) return combination;
      return given.flatMap((element, i) =>
        isValues(element) ? this.block(nested.block, element, { ...here, path: [...here.path, i] }) : [],
      );
    });
    return [...attributes, ...blocks];
  }

  private attribute(type: CtyType, value: Value, place: Place): Diagnostic[] {
    const combination = this.combination(value, place);
    if (combination.length > 0) return combination;
    const facts = this.behaviour[place.key];
    if (facts === undefined || value === null) return [];
    // A collection with an unknown element is itself unknown to the SDK.
    if (!isWhollyKnown(value)) return [];
    const elements = isList(value) ? value : [value];
    return elements.flatMap((element, i) => {
      if (element === null || isValues(element)) return [];
      const path = isList(value) && !isSet(type) ? [...place.path, i] : place.path;
      return valueProblems(facts, element, flat(path)).map((problem) => ({
        severity: "error",
        ...problem,
        path,
      }));
    });
  }

  /** Attributes that exclude or need each other. The SDK stops at an attribute's first such problem. */
  private combination(value: Value | undefined, place: Place): Diagnostic[] {
    const {
      exactly_one_of: one,
      at_least_one_of: any,
      required_with: company,
      conflicts_with: others,
    } = this.behaviour[place.key] ?? {};
    const problem =
      (one === undefined ? undefined : this.exactlyOne(place, one)) ??
      (any === undefined ? undefined : this.atLeastOne(place, any)) ??
      (company === undefined ? undefined : this.allOf(value, place, company)) ??
      (others === undefined ? undefined : this.conflict(value, place, others));
    return problem === undefined ? [] : [{ severity: "error", ...problem, path: place.path }];
  }

  private exactlyOne({ path }: Place, keys: readonly string[]): Problem | undefined {
    const all = sorted(keys);
    const given = all.filter((key) => this.isGivenAt(key) && isWhollyKnown(this.at(key)));
    const undecided = all.some((key) => !isWhollyKnown(this.at(key)));
    const summary = "Invalid combination of arguments";
    if (given.length === 0 && !undecided) {
      return { summary, detail: `${quoted(path)}: one of ${list(all)} must be specified` };
    }
    if (given.length < 2) return undefined;
    return {
      summary,
      detail: `${quoted(path)}: only one of ${list(all)} can be specified, but ${list(given)} were specified.`,
    };
  }

  private atLeastOne({ path }: Place, keys: readonly string[]): Problem | undefined {
    const all = sorted(keys);
    if (all.some((key) => this.isGivenAt(key))) return undefined;
    return {
      summary: "Missing required argument",
      detail: `${quoted(path)}: one of ${list(all)} must be specified`,
    };
  }

  private allOf(value: Value | undefined, { path }: Place, keys: readonly string[]): Problem | undefined {
    const all = sorted(keys);
    if (!isGiven(value) || all.every((key) => this.isGivenAt(key))) return undefined;
    return {
      summary: "Missing required argument",
      detail: `${quoted(path)}: all of ${list(all)} must be specified`,
    };
  }

  private conflict(
    value: Value | undefined,
    { path }: Place,
    others: readonly string[],
  ): Problem | undefined {
    if (!isGiven(value) || !isWhollyKnown(value)) return undefined;
    const other = others.find((key) => this.isGivenAt(key) && !isUnknown(this.at(key)));
    if (other === undefined) return undefined;
    return {
      summary: "Conflicting configuration arguments",
      detail: `${quoted(path)}: conflicts with ${other}`,
    };
  }

  /** An empty list of blocks is none; an empty collection is given. */
  private isGivenAt(key: string): boolean {
    const value = this.at(key);
    if (!isList(value) || value.length > 0) return isGiven(value);
    const names = key.split(".").filter((step) => !/^\d+$/.test(step));
    const owner = names
      .slice(0, -1)
      .reduce<BlockSchema>((block, name) => block.block_types?.[name]?.block ?? {}, this.schema);
    return owner.attributes?.[names.at(-1) ?? ""] !== undefined;
  }

  /** The value at a path that other attributes name: indices where it has them, else of the first element. */
  private at(key: string): Value | undefined {
    return key.split(".").reduce<Value | undefined>((value, step) => {
      if (isUnknown(value)) return value;
      if (isList(value)) {
        return /^\d+$/.test(step) ? value[Number(step)] : isValues(value[0]) ? value[0][step] : undefined;
      }
      return isValues(value) ? value[step] : undefined;
    }, this.config);
  }
}

type Problem = Pick<Diagnostic, "summary" | "detail">;

/** What the SDK's own validators say of one known scalar. `name` is its flat name: `rule.0.port`. */
function valueProblems(facts: AttributeFacts, value: Value, name: string): Problem[] {
  const text = asText(value);
  const { one_of: allowed, ignore_case: ignoreCase = false, range, length, format } = facts;
  const problems: Problem[] = [];
  const same = (a: string, b: string): boolean =>
    a === b || (ignoreCase && a.toLowerCase() === b.toLowerCase());
  if (allowed !== undefined && !allowed.some((each) => same(each, text))) {
    const shown = allowed.map((each) => (typeof value === "number" ? each : `"${each}"`)).join(" ");
    problems.push({ summary: `expected ${name} to be one of [${shown}], got ${text}` });
  }
  if (range !== undefined && (Number(text) < range[0] || Number(text) > range[1])) {
    problems.push({
      summary: `expected ${name} to be in the range (${range[0]} - ${range[1]}), got ${text}`,
    });
  }
  if (length !== undefined && (Buffer.byteLength(text) < length[0] || Buffer.byteLength(text) > length[1])) {
    problems.push({
      summary: `expected length of ${name} to be in the range (${length[0]} - ${length[1]}), got ${text}`,
    });
  }
  if (format === "arn" && text !== "" && arnProblem(text) !== undefined) {
    problems.push({ summary: `"${name}" (${text}) is an invalid ARN: ${arnProblem(text)}` });
  }
  return problems;
}

/** What is wrong with an ARN, as the AWS plugin words it. */
function arnProblem(text: string): string | undefined {
  const [prefix, partition = "", service, region = "", account = "", ...resource] = text.split(":");
  if (prefix !== "arn") return "arn: invalid prefix";
  if (resource.length === 0 || service === undefined) return "arn: not enough sections";
  if (partition === "") return "missing partition value";
  if (!/^aws(-[a-z]+)*$/.test(partition))
    return `invalid partition value (expecting to match regular expression: ^aws(-[a-z]+)*$)`;
  if (region !== "" && !/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/.test(region)) {
    return "invalid region value";
  }
  if (account !== "" && !/^(aws|aws-managed|third-party|aws-marketplace|\d{12}|cw.{10})$/.test(account)) {
    return `invalid account ID value (expecting to match regular expression: ^(aws|aws-managed|third-party|aws-marketplace|\\d{12}|cw.{10})$)`;
  }
  return resource.join(":") === "" ? "missing resource value" : undefined;
}

/** SDKv2 cannot hold a null inside a list or set and refuses it. */
function nullElements(value: Value | undefined, type: CtyType, path: AttributePath): Diagnostic[] {
  if (!Array.isArray(type)) return [];
  if (type[0] === "object") {
    if (!isValues(value)) return [];
    return Object.entries(type[1]).flatMap(([name, inner]) =>
      nullElements(value[name], inner, [...path, name]),
    );
  }
  if (!isList(value)) return [];
  return value.flatMap((element, i): Diagnostic[] => {
    const here = type[0] === "set" ? path : [...path, i];
    if (element !== null) return nullElements(element, type[1], here);
    return [
      {
        severity: "error",
        summary: "Null value found in list",
        detail: "Null values are not allowed for this attribute value.",
        path: here,
      },
    ];
  });
}

function below({ key, path }: Place, name: string): Place {
  return { key: key === "" ? name : `${key}.${name}`, path: [...path, name] };
}

function isGiven(value: Value | undefined): boolean {
  return value !== null && value !== undefined;
}

function isSet(type: CtyType): boolean {
  return Array.isArray(type) && type[0] === "set";
}

function flat(path: AttributePath): string {
  return path.join(".");
}

function quoted(path: AttributePath): string {
  return `"${flat(path)}"`;
}

function list(keys: readonly string[]): string {
  return `\`${keys.join(",")}\``;
}

function sorted(keys: readonly string[]): string[] {
  return [...new Set(keys)].sort();
}
