import { z } from "zod";

export interface CloudWatchOptions {
  /** AWS region of the dashboard's stack and of what is measured of the environment as a whole. */
  readonly region: string;
  /** Whom alarms call: mail addresses, and ARNs of SNS topics, of which each serves the alarms of its own region. */
  readonly notify: readonly string[];
  /** Percent of a site's connections that may fail. Default: 5. */
  readonly errorPercent?: number;
  /** Twelve digits; credentials of any other account are refused before anything is planned. Default: any account. */
  readonly accountId?: string;
}

export const optionsSchema = z.strictObject({
  region: z.string(),
  notify: z.array(z.string()).min(1, { error: "expected whom alarms call" }),
  errorPercent: z.number().gt(0).max(100).optional(),
  accountId: z
    .string()
    .regex(/^\d{12}$/, { error: "expected twelve digits" })
    .optional(),
});
