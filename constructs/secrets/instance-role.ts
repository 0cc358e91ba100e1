import { z } from "zod";
import type { LogAccess } from "../fleet/log-access";
import { checkRetention, RETENTION_DAYS, type LogRetention } from "./log-retention";

/** The machines' own role: no secret exists. The provider makes role and log group. */
export function instanceRole(options: LogRetention = {}): LogAccess {
  return {
    strategy: "instanceRole",
    options,
    optionsSchema: z.strictObject({ retentionDays: z.number().optional() }),
    cost: {
      inState: "nothing",
      inUserData: "nothing",
      onNode: "a session of the machine's role, from its metadata service",
      lifetime: "hours; renewed by the cloud",
    },
    // Sites of a provider with such roles are regions.
    regionOf: (site) => site,
    retentionDays: options.retentionDays ?? RETENTION_DAYS,
    secretsInState: false,
    secretEnds: false,
    rotation: "none",
    credentials: () => [],
    check: (_, where) => checkRetention(options, where),
    longest: () => undefined,
    grant: () => undefined,
  };
}
