/** A number from [0, 1), each as likely; `Math.random` has this shape. */
export type RandomSource = () => number;

/** What NS1 knows about an answer; every value is text, as Terraform keeps it. */
export type Metadata = Readonly<Record<string, string>>;

/** One answer of a record, with the metadata that counts for it. */
export interface SteeredAnswer {
  /** The answer as NS1 writes it: `192.0.2.1`, or `10 5 443 host.example.` for SRV. */
  readonly data: string;
  readonly meta: Metadata;
  /** Name of its answer group, if it is in one. */
  readonly group?: string;
}

/** One filter of a record's chain. */
export interface Filter {
  readonly filter: string;
  readonly disabled?: boolean;
  readonly config?: Readonly<Record<string, string>>;
}

/** Where the client of a query is, as NS1 names regions of the world; undefined: nobody knows. */
export interface Whereabouts {
  readonly georegion?: string | undefined;
}

type Answers = readonly SteeredAnswer[];

/** A filter that leaves nothing to chance. */
type FixedFilter = (answers: Answers, config: Metadata, client: Whereabouts) => Answers;

/** A filter that throws dice. */
type RandomFilter = (answers: Answers, config: Metadata, random: RandomSource) => Answers;

const LARGEST = Number.MAX_VALUE;

/** What they do, in NS1's own words: https://www.ibm.com/docs/en/ns1-connect?topic=filters-overview-traffic-steering */
export const FIXED_FILTERS: Readonly<Record<string, FixedFilter>> = {
  up: keepUp,
  geofence_regional: keepRegion,
  select_first_region: keepFirstGroup,
  priority: byPriority,
  select_first_n: (answers, config) => answers.slice(0, number(config["N"]) ?? 1),
};

const RANDOM_FILTERS: Readonly<Record<string, RandomFilter>> = {
  shed_load: (answers, config, random) =>
    answers.filter((answer) => random() >= shedProbability(answer, config)),
  shuffle: (answers, _config, random) => drawAll(answers, () => 1, random),
  weighted_shuffle: (answers, _config, random) => drawAll(answers, weightOf, random),
};

/**
 * The answers of a record in the order in which NS1 would give them, after its whole filter chain.
 * Without a filter that shuffles, the order is the record's own.
 *
 * @param onUnknown is told the name of a filter that is not simulated; the chain goes on without it.
 */
export function applyFilterChain(
  answers: Answers,
  filters: readonly Filter[],
  { random, ...client }: Whereabouts & { readonly random: RandomSource },
  onUnknown: (filter: string) => void,
): Answers {
  let left = answers;
  for (const { filter, disabled, config = {} } of filters) {
    if (disabled === true) continue;
    const fixed = FIXED_FILTERS[filter];
    const dice = RANDOM_FILTERS[filter];
    if (fixed !== undefined) left = fixed(left, config, client);
    else if (dice !== undefined) left = dice(left, config, random);
    else onUnknown(filter);
  }
  return left;
}

/** What weighted_shuffle goes by. */
export function weightOf({ meta }: SteeredAnswer): number {
  return number(meta["weight"]) ?? 0;
}

/**
 * How likely shed_load takes an answer out: as far as its load lies between the watermarks. One without a load or a
 * watermark stays (https://www.ibm.com/docs/en/ns1-connect?topic=configurations-automatic-load-shedding).
 */
export function shedProbability({ meta }: SteeredAnswer, config: Metadata): number {
  const load = number(meta[config["metric"] ?? "loadavg"]);
  const [low, high] = [number(meta["low_watermark"]), number(meta["high_watermark"])];
  if (load === undefined || low === undefined || high === undefined) return 0;
  if (load >= high) return 1;
  return load <= low ? 0 : (load - low) / (high - low);
}

/** Answers that are known to be down go, unless all are: NS1 then bypasses the filter. An unset `up` counts as up. */
function keepUp(answers: Answers): Answers {
  const up = answers.filter(({ meta }) => meta["up"] !== "0" && meta["up"] !== "false");
  return up.length === 0 ? answers : up;
}

/**
 * Answers for other regions go. With `remove_no_georegion` those for no region go too, where there are some for the
 * client's; it is on unless it is switched off (`GET /v1/filtertypes`).
 */
function keepRegion(answers: Answers, config: Metadata, { georegion }: Whereabouts): Answers {
  const isFor = ({ meta }: SteeredAnswer): boolean =>
    georegion !== undefined && listed(meta["georegion"]).includes(georegion);
  const isForNone = ({ meta }: SteeredAnswer): boolean => listed(meta["georegion"]).length === 0;
  const strictly = isOn(config["remove_no_georegion"] ?? "1") && answers.some(isFor);
  return answers.filter((answer) => isFor(answer) || (!strictly && isForNone(answer)));
}

/** Only answers of the first one's group stay. */
function keepFirstGroup(answers: Answers): Answers {
  return answers.filter(({ group }) => group === answers[0]?.group);
}

/** Lowest number first, answers without one last; with `eliminate` only those that share the lowest number stay. */
function byPriority(answers: Answers, config: Metadata): Answers {
  const ranks = answers.map(({ meta }) => number(meta["priority"]) ?? LARGEST);
  if (isOn(config["eliminate"])) {
    const lowest = ranks.reduce((least, rank) => (rank < least ? rank : least), LARGEST);
    return answers.filter((_, index) => ranks[index] === lowest);
  }
  const order = [...answers.keys()].sort((one, other) => (ranks[one] ?? 0) - (ranks[other] ?? 0));
  return order.flatMap((index) => answers[index] ?? []);
}

/**
 * Draws one answer after the other, each as likely as its weight says among those left. Answers of weight 0 come
 * last, in an order of chance too; NS1 does not document what it does with them.
 */
function drawAll(answers: Answers, weight: (answer: SteeredAnswer) => number, random: RandomSource): Answers {
  const left = [...answers];
  const weights = left.map(weight);
  const drawn: SteeredAnswer[] = [];
  while (left.length > 0) {
    const index = draw(weights, random);
    drawn.push(...left.splice(index, 1));
    weights.splice(index, 1);
  }
  return drawn;
}

function draw(weights: readonly number[], random: RandomSource): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total <= 0) return Math.min(Math.floor(random() * weights.length), weights.length - 1);
  let rest = random() * total;
  // The last one with a weight takes what rounding leaves over.
  const last = weights.findLastIndex((weight) => weight > 0);
  return weights.findIndex((weight, index) => (rest -= weight) < 0 || index === last);
}

function isOn(text: string | undefined): boolean {
  return text === "1" || text === "true";
}

function listed(text: string | undefined): readonly string[] {
  return text === undefined || text === "" ? [] : text.split(",").map((item) => item.trim());
}

/** A metadata value as a number of 0 or more. */
function number(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const value = +text;
  return value >= 0 && value <= LARGEST ? value : undefined;
}
