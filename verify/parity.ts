import type { BlockSchema } from "../constructs/fleet/simulation";
import { aws } from "../constructs/providers/aws/simulation";
import { blockType } from "../sandbox/engine/values";
import { differences, UNKNOWN, withUnknowns, type Difference, type Renaming } from "./likeness";
import type { Json, ResourceChange, StateResource } from "./terraform";

interface Pair<Entry> {
  readonly address: string;
  readonly type: string;
  readonly real: Entry;
  readonly simulated: Entry;
}

/** Compares what two worlds plan: actions, values, what is unknown, what replaces. */
export function comparePlans(
  real: readonly ResourceChange[],
  simulated: readonly ResourceChange[],
  renaming: Renaming,
): Difference[] {
  const { pairs, alone } = matched(real, simulated);
  return [
    ...alone,
    ...pairs.flatMap((pair) => {
      const planned = ({ change }: ResourceChange): Json => withUnknowns(change.after, change.after_unknown);
      const part = (name: string, of: (change: ResourceChange) => Json) =>
        named(pair, name, differences(of(pair.real), of(pair.simulated), undefined, renaming));
      return [
        ...part("(actions)", ({ change }) => change.actions.join(", ")),
        ...part("(replaces)", ({ change }) => sorted(change.replace_paths)),
        ...named(
          pair,
          "",
          valueDifferences(pair.type, planned(pair.real), planned(pair.simulated), renaming),
        ),
      ];
    }),
  ];
}

/** Compares what two worlds hold after an apply. */
export function compareStates(
  real: readonly StateResource[],
  simulated: readonly StateResource[],
  renaming: Renaming,
): Difference[] {
  const { pairs, alone } = matched(real, simulated);
  // An object's own names first, so that all that refer to it are held to them.
  for (const pair of pairs) {
    for (const name of ["id", "arn"]) {
      const [one, other] = [pair.real.values[name], pair.simulated.values[name]];
      if (typeof one === "string" && typeof other === "string") renaming.same(one, other);
    }
  }
  const compared = pairs.flatMap((pair) =>
    named(pair, "", valueDifferences(pair.type, pair.real.values, pair.simulated.values, renaming)),
  );
  return [...alone, ...compared];
}

function valueDifferences(type: string, real: Json, simulated: Json, renaming: Renaming) {
  const schema = aws.schema.resource_schemas[type];
  // Both worlds have the same simulation of what is not AWS's.
  if (schema === undefined) return [];
  const [one, other] = [real, simulated].map((value) => withoutSecrets(schema.block, value)) as [Json, Json];
  return differences(one, other, blockType(schema.block), renaming);
}

/** Secrets count only as given or not, and are never shown. */
function withoutSecrets(block: BlockSchema, value: Json): Json {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const isSecret = block.attributes?.[name]?.sensitive === true && typeof inner === "string";
      return [name, isSecret && inner !== "" && inner !== UNKNOWN ? "(sensitive)" : inner];
    }),
  );
}

function matched<Entry extends { address: string; type: string }>(
  real: readonly Entry[],
  simulated: readonly Entry[],
): { pairs: Pair<Entry>[]; alone: Difference[] } {
  const [one, other] = [real, simulated].map((all) => new Map(all.map((entry) => [entry.address, entry])));
  const entries = new Map([...real, ...simulated].map((entry) => [entry.address, entry]));
  const pairs: Pair<Entry>[] = [];
  const alone: Difference[] = [];
  for (const [address, { type }] of entries) {
    const [a, b] = [one?.get(address), other?.get(address)];
    if (a !== undefined && b !== undefined) pairs.push({ address, type, real: a, simulated: b });
    else {
      alone.push({
        address,
        type,
        path: "(exists)",
        real: String(a !== undefined),
        simulated: String(b !== undefined),
      });
    }
  }
  return { pairs, alone };
}

function named(
  { address, type }: Pair<unknown>,
  prefix: string,
  found: readonly Pick<Difference, "path" | "real" | "simulated">[],
): Difference[] {
  return found.map(({ path, real, simulated }) => ({
    address,
    type,
    path: [prefix, path].filter(Boolean).join(" "),
    real,
    simulated,
  }));
}

/** Replace paths have no order. */
function sorted(paths: Json | undefined): Json {
  return Array.isArray(paths) ? paths.map((path) => JSON.stringify(path)).sort() : [];
}
