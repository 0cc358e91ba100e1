import type { Problem } from "../../constructs/fleet/problem";
import { canonical, type FilteredSet, type RecordSet, type Zone } from "../../sandbox/dns/zone";
import type { Filter, SteeredAnswer } from "../../sandbox/dns/filter-chain";

/** Types whose records lead clients somewhere: where there are more of them, the wildcard does not count for that name. */
const LEADING = ["A", "AAAA", "CNAME"];

/** Where a zone holds something else than it should. */
export function recordDifferences(wanted: Zone, held: Zone): readonly Problem[] {
  const expected = recordSets(wanted).flatMap(({ owner, set }) => {
    const found = held.records.get(owner)?.find(({ type }) => type === set.type);
    const where = `${owner} ${set.type}`;
    return found === undefined ? [{ where, what: "is missing" }] : setDifferences(where, set, found);
  });
  const additional = recordSets(held)
    .filter(({ set }) => LEADING.includes(set.type))
    .filter(({ owner, set }) => !wanted.records.get(owner)?.some(({ type }) => type === set.type))
    .map(({ owner, set }) => ({
      where: `${owner} ${set.type}`,
      what: "is there, and the code knows nothing of it; clients of that name are led by it",
    }));
  return [...expected, ...additional];
}

/** All but the name servers at the zone's apex, which the service gives. */
export function recordSets(zone: Zone): readonly { readonly owner: string; readonly set: RecordSet }[] {
  return [...zone.records].flatMap(([owner, sets]) =>
    sets.filter(({ type }) => !(owner === zone.name && type === "NS")).map((set) => ({ owner, set })),
  );
}

function setDifferences(where: string, wanted: RecordSet, held: RecordSet): readonly Problem[] {
  if ("routed" in wanted || "routed" in held) return [];
  return [
    ...difference(where, "TTL", String(wanted.ttl), String(held.ttl)),
    ...difference(where, "filter chain", chain(wanted), chain(held)),
    ...answerDifferences(where, wanted, held),
  ];
}

function answerDifferences(where: string, wanted: FilteredSet, held: FilteredSet): readonly Problem[] {
  if (wanted.answers.length !== held.answers.length) {
    return difference(where, "answers", list(wanted.answers), list(held.answers));
  }
  return wanted.answers.flatMap((answer, index) => {
    const other = held.answers[index];
    const place = `${where}, answer ${index + 1}`;
    return other === undefined ? [] : difference(place, "", describe(answer), describe(other));
  });
}

function difference(where: string, noun: string, wanted: string, held: string): readonly Problem[] {
  if (wanted === held) return [];
  const what = `has ${held === "" ? `no ${noun}` : `the ${noun} ${held}`.replace("  ", " ")}`;
  return [{ where, what: `${what}; the code says ${wanted === "" ? "none" : wanted}` }];
}

function chain({ filters }: FilteredSet): string {
  return filters.map(describeFilter).join(", ");
}

function describeFilter({ filter, disabled = false, config = {} }: Filter): string {
  const settings = Object.entries(config)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name} ${value}`);
  return [
    filter,
    ...(settings.length > 0 ? [`(${settings.join(", ")})`] : []),
    ...(disabled ? ["off"] : []),
  ].join(" ");
}

function list(answers: readonly SteeredAnswer[]): string {
  return answers.map(({ data }) => data).join(", ");
}

function describe({ data, meta, group }: SteeredAnswer): string {
  const fields = Object.entries(meta)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([field, value]) => `${field} ${spelling(field, value)}`);
  return [canonical(data), ...(group === undefined ? [] : [`group ${group}`]), ...fields].join(", ");
}

/** Flags have two spellings. */
function spelling(field: string, value: string): string {
  if (field !== "up") return value;
  return { "1": "true", "0": "false" }[value] ?? value;
}
