/** What a person may ask of a rollout. */
export interface RolloutWish {
  /** Id in the manifest. */
  readonly release: string;
  /** The declared peak of the environment, in connections. */
  readonly peak: number;
  /** Default: 4 hours. */
  readonly bakeSeconds?: number;
  /** Default: an hour. */
  readonly settleSeconds?: number;
  /** Default: 15 minutes, since schedulers run late. */
  readonly lookSeconds?: number;
  /** 2: even while a fleet is in transition, another may be lost; for three or more fleets. Default: 1. */
  readonly spare?: 1 | 2;
  /** Default: `once`, at the start. */
  readonly approve?: "once" | "each";
  /** The fleets in the order of their waves. Default: those with the least traffic first. */
  readonly order?: readonly string[];
  /** Fleet -> sites that get the release in a wave of their own, before its others. Default: none. */
  readonly firstSites?: Readonly<Record<string, readonly string[]>>;
  /** Whether a command of the user's own judges each fleet too. Default: false. */
  readonly command?: boolean;
  /** The user knows that the environment's one fleet is replaced while it serves. Default: false. */
  readonly alone?: boolean;
}
