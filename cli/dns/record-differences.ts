import type { Problem } from "../../constructs/fleet/problem";
import {
  canonical,
  type FilteredSet,
  type RecordSet,
  type RoutedSet,
  type Zone,
} from "../../sandbox/dns/zone";
import type { Filter, SteeredAnswer } from "../../sandbox/dns/filter-chain";
import type { Routing } from "../../sandbox/dns/route53-answers";

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
  if ("routed" in wanted && "routed" in held) return routedDifferences(where, wanted, held);
  if ("routed" in wanted || "routed" in held) return []; // one service's zone, so never
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

/** Records that are chosen between have no order. */
function routedDifferences(where: string, wanted: RoutedSet, held: RoutedSet): readonly Problem[] {
  const [expected, found] = [describeRouted(wanted), describeRouted(held)];
  return [
    ...without(expected, found).map((record) => ({ where, what: `lacks what the code says: ${record}` })),
    ...without(found, expected).map((record) => ({
      where,
      what: `has what the code does not say: ${record}`,
    })),
  ];
}

/** What is left of a list; each of the others takes away one. */
function without(list: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return list.filter((each) => {
    const index = left.indexOf(each);
    if (index !== -1) left.splice(index, 1);
    return index === -1;
  });
}

function describeRouted({ type, owner, routed, healthChecks }: RoutedSet): readonly string[] {
  return routed
    .filter((record) => record.name === owner && record.type === type)
    .map(({ ttl, values, alias, routing, healthCheck }) => {
      const check = healthCheck === undefined ? undefined : healthChecks.get(healthCheck);
      return [
        describeRouting(routing),
        ...(alias === undefined
          ? [...values.map(canonical).toSorted(), `TTL ${ttl}`]
          : [`alias of ${alias.name}`]),
        ...(alias?.evaluateTargetHealth === true ? ["while that is healthy"] : []),
        ...(healthCheck === undefined ? [] : [`health check ${healthCheck}`]),
        ...(check?.disabled === true ? ["disabled"] : []),
        ...(check?.invert_healthcheck === true ? ["inverted"] : []),
      ].join(", ");
    });
}

function describeRouting(routing: Routing): string {
  switch (routing.kind) {
    case "weighted":
      return `weighted ${routing.weight}`;
    case "failover":
      return `failover ${routing.role}`;
    case "geolocation":
      return `geolocation ${Object.values(routing.location).join(" ")}`;
    case "simple":
    case "multivalue":
      return routing.kind;
  }
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
