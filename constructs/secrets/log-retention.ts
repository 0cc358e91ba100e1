import { show, type Problem } from "../fleet/problem";

/** Unless an environment says otherwise. */
export const RETENTION_DAYS = 30;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const TAKEN: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export interface LogRetention {
  /** How many days lines are kept. Default: 30. */
  readonly retentionDays?: number;
}

/** @param where of the options that it stands in. */
export function checkRetention(
  { retentionDays = RETENTION_DAYS }: LogRetention,
  where: string,
): readonly Problem[] {
  if (TAKEN.includes(retentionDays)) return [];
  return [
    {
      where: `${where}.retentionDays`,
      what: `${show(retentionDays)} is no number of days that CloudWatch Logs takes; there are: ${TAKEN.join(", ")}`,
    },
  ];
}
