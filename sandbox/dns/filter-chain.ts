/** A number from [0, 1), each as likely; `Math.random` has this shape. */
export type RandomSource = () => number;

/** What NS1 knows about an answer; every value is text, as Terraform keeps it. */
export type Metadata = Readonly<Record<string, string>>;

/** One answer of a record, with the metadata that counts for it. */
export interface SteeredAnswer {
  /** The answer as NS1 writes it: `192.0.2.1`, or `10 5 443 host.example.` for SRV. */
  readonly data: string;
  readonly meta: Metadata;
}

/** One filter of a record's chain. */
export interface Filter {
  readonly filter: string;
  readonly disabled?: boolean;
  readonly config?: Readonly<Record<string, string>>;
}

type Step = (
  answers: readonly SteeredAnswer[],
  config: Metadata,
  random: RandomSource,
) => readonly SteeredAnswer[];

const STEPS: Readonly<Record<string, Step>> = {
  up: keepUp,
  shuffle: (answers, _config, random) => drawAll(answers, () => 1, random),
  weighted_shuffle: (answers, _config, random) =>
    drawAll(answers, ({ meta }) => number(meta["weight"]) ?? 0, random),
  priority: byPriority,
  select_first_n: (answers, config) => answers.slice(0, number(config["N"]) ?? 1),
};

/**
 * The answers of a record in the order in which NS1 would give them, after its whole filter chain.
 * Without a filter that shuffles, the order is the record's own.
 *
 * @param onUnknown is told the name of a filter that is not simulated; the chain goes on without it.
 */
export function applyFilterChain(
  answers: readonly SteeredAnswer[],
  filters: readonly Filter[],
  random: RandomSource,
  onUnknown: (filter: string) => void,
): readonly SteeredAnswer[] {
  return filters.reduce((left, { filter, disabled, config }) => {
    if (disabled === true) return left;
    const step = STEPS[filter];
    if (step === undefined) onUnknown(filter);
    return step?.(left, config ?? {}, random) ?? left;
  }, answers);
}

/** Answers that are known to be down go, unless all are: NS1 then bypasses the filter. An unset `up` counts as up. */
function keepUp(answers: readonly SteeredAnswer[]): readonly SteeredAnswer[] {
  const up = answers.filter(({ meta }) => !["0", "false"].includes(meta["up"] ?? ""));
  return up.length === 0 ? answers : up;
}

/** Lowest number first, answers without one last; with `eliminate` only those that share the lowest number stay. */
function byPriority(answers: readonly SteeredAnswer[], config: Metadata): readonly SteeredAnswer[] {
  const rank = ({ meta }: SteeredAnswer): number => number(meta["priority"]) ?? Number.MAX_SAFE_INTEGER;
  const sorted = answers.toSorted((one, other) => rank(one) - rank(other));
  const [first] = sorted;
  const eliminate = ["1", "true"].includes(config["eliminate"] ?? "");
  return eliminate && first !== undefined ? sorted.filter((answer) => rank(answer) === rank(first)) : sorted;
}

/**
 * Draws one answer after the other, each as likely as its weight says among those left. Answers of weight 0 come
 * last, in an order of chance too; NS1 does not document what it does with them.
 */
function drawAll(
  answers: readonly SteeredAnswer[],
  weight: (answer: SteeredAnswer) => number,
  random: RandomSource,
): readonly SteeredAnswer[] {
  const left = [...answers];
  const drawn: SteeredAnswer[] = [];
  while (left.length > 0) drawn.push(...left.splice(draw(left.map(weight), random), 1));
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

/** A metadata value as a number of 0 or more; a feed (`{"feed":"…"}`) has not told its value yet. */
function number(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
