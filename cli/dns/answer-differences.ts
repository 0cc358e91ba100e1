import { firstAnswers, sampler, type Circumstances } from "../../sandbox/dns/first-answers";
import type { RecordSet } from "../../sandbox/dns/zone";
import { spelling, type Tally } from "./name-servers";

/** How far a share may be from what is likely: in standard errors of the sample. Beyond, chance is one in a million. */
const STANDARD_ERRORS = 5;

/** What name servers should answer. */
export interface Prediction {
  /** How likely each answer is the first one; empty: there is none. */
  readonly first: ReadonlyMap<string, number>;
  /** What may be in a reply. */
  readonly possible: ReadonlySet<string>;
  /** How many answers a reply has. */
  readonly size: number;
  /** In seconds; undefined: no answer has one. */
  readonly ttl: number | undefined;
}

const NO_ANSWER: Prediction = { first: new Map(), possible: new Set(), size: 0, ttl: undefined };

/**
 * What a record set amounts to.
 * @returns undefined where that cannot be worked out.
 */
export function predict(set: RecordSet | undefined, circumstances: Circumstances): Prediction | undefined {
  if (set === undefined) return NO_ANSWER;
  try {
    const likely = [...firstAnswers(set, circumstances)];
    const first = new Map(likely.map(([answer, probability]) => [spelling(answer), probability]));
    const reply = sampler(set, circumstances, () => 0.5)().map(spelling);
    const possible = new Set([...first.keys(), ...reply]);
    return { first, possible, size: reply.length, ttl: first.size === 0 ? undefined : ttlOf(set) };
  } catch {
    return undefined; // a filter chain that nobody here has written
  }
}

/** Aliases have that of what they lead to, and all that they lead to has the same. */
function ttlOf(set: RecordSet): number | undefined {
  return "routed" in set
    ? set.routed.find(({ type, values }) => type === set.type && values.length > 0)?.ttl
    : set.ttl;
}

/** Where answers are not what they should be, for a person. */
export function answerDifferences(
  tally: Tally,
  { first, possible, size, ttl }: Prediction,
): readonly string[] {
  const { replies } = tally;
  const answers = [...new Set([...first.keys(), ...tally.first.keys()])];
  const shares = answers.flatMap((answer) => {
    const likely = first.get(answer) ?? 0;
    const share = (tally.first.get(answer) ?? 0) / replies;
    const tolerance = STANDARD_ERRORS * Math.sqrt((likely * Math.max(0, 1 - likely)) / replies) + 1e-9;
    return Math.abs(share - likely) <= tolerance
      ? []
      : [`${answer} came first in ${percent(share)} of ${replies} replies, not in ${percent(likely)}`];
  });
  const unknown = [...tally.seen].filter((answer) => !possible.has(answer) && !tally.first.has(answer));
  const sizes = [...tally.sizes].filter((each) => each !== size);
  const ttls = ttl === undefined ? [] : [...tally.ttls].filter((each) => each !== ttl);
  return [
    ...shares,
    ...unknown.map((answer) => `${answer} was in replies, and should not be`),
    ...sizes.map((each) => `replies had ${each} answers, not ${size}`),
    ...ttls.map((each) => `the TTL was ${each} s, not ${ttl ?? 0} s`),
  ];
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}
