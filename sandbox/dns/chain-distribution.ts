import {
  FIXED_FILTERS,
  shedProbability,
  weightOf,
  type Filter,
  type SteeredAnswer,
  type Whereabouts,
} from "./filter-chain";

/** What may be left of the answers, and how likely that is. */
interface Outcome {
  readonly answers: readonly SteeredAnswer[];
  readonly probability: number;
}

/**
 * How likely each answer is the first one after a filter chain: exact, by going through every throw of its dice.
 *
 * @returns probabilities by `data`, which add up to 1 unless the chain may leave no answer.
 * @throws Error where anything but select_first_n follows a shuffle: of a shuffle only the first answer is followed up.
 */
export function chainDistribution(
  answers: readonly SteeredAnswer[],
  filters: readonly Filter[],
  client: Whereabouts = {},
): ReadonlyMap<string, number> {
  let outcomes: readonly Outcome[] = [{ answers, probability: 1 }];
  let shuffled = false;
  for (const { filter, disabled, config = {} } of filters) {
    if (disabled === true) continue;
    if (shuffled && filter !== "select_first_n") throw new Error(`${filter} follows a shuffle`);
    shuffled ||= filter === "shuffle" || filter === "weighted_shuffle";
    outcomes = outcomes.flatMap((outcome) =>
      branches(filter, config, outcome.answers, client).map((branch) => ({
        answers: branch.answers,
        probability: branch.probability * outcome.probability,
      })),
    );
  }
  const first = new Map<string, number>();
  for (const {
    answers: [winner],
    probability,
  } of outcomes) {
    if (winner !== undefined) first.set(winner.data, (first.get(winner.data) ?? 0) + probability);
  }
  return first;
}

function branches(
  filter: string,
  config: Readonly<Record<string, string>>,
  answers: readonly SteeredAnswer[],
  client: Whereabouts,
): readonly Outcome[] {
  switch (filter) {
    case "shed_load":
      return subsets(answers, (answer) => 1 - shedProbability(answer, config));
    case "shuffle":
      return firstDrawn(answers, () => 1);
    case "weighted_shuffle":
      return firstDrawn(answers, weightOf);
    default:
      return [{ answers: FIXED_FILTERS[filter]?.(answers, config, client) ?? answers, probability: 1 }];
  }
}

/** Each answer stays by itself with its probability. */
function subsets(
  answers: readonly SteeredAnswer[],
  stays: (answer: SteeredAnswer) => number,
): readonly Outcome[] {
  return answers.reduce<readonly Outcome[]>(
    (outcomes, answer) =>
      outcomes
        .flatMap(({ answers: kept, probability }) => [
          { answers: [...kept, answer], probability: probability * stays(answer) },
          { answers: kept, probability: probability * (1 - stays(answer)) },
        ])
        .filter(({ probability }) => probability > 0),
    [{ answers: [], probability: 1 }],
  );
}

function firstDrawn(
  answers: readonly SteeredAnswer[],
  weight: (answer: SteeredAnswer) => number,
): readonly Outcome[] {
  const total = answers.reduce((sum, answer) => sum + weight(answer), 0);
  return answers
    .map((answer) => ({
      answers: [answer],
      probability: total > 0 ? weight(answer) / total : 1 / answers.length,
    }))
    .filter(({ probability }) => probability > 0);
}
