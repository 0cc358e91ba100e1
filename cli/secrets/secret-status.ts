import type { Command } from "commander";
import type { Environment } from "../../constructs/fleet/environment";
import type { LogAccessCost } from "../../constructs/fleet/log-access";
import { watchedIn } from "../../constructs/management/watched-fleets";
import type { LiveStore } from "../../live/live-store";
import { readRotation, type RotationPhase } from "../../live/rotation-record";
import { appliedSlots } from "../../live/applied-identity";
import { isDeployed } from "../../live/secret-rotation";
import { fleetStackName } from "../../live/stack-names";
import { FAILED } from "../exit-code";
import { plainTable } from "../plain-table";
import { tellManagement } from "../tell-management";
import { openEnvironment } from "./fleet-secrets";

type SecretPlace = Pick<LiveStore, "objects" | "readState">;

const DAY = 24 * 3600 * 1000;
/** So long before a secret ends by itself it is to be rotated: a step is deployed four times, and nodes are replaced. */
const RENEW_DAYS = 10;

/** One fleet in `polycast secrets status --json`. No secret is in it. */
export interface FleetSecretStatus {
  readonly fleet: string;
  readonly strategy: string;
  readonly cost: LogAccessCost;
  /** How far a rotation is, for a secret that can be rotated. */
  readonly phase?: RotationPhase;
  /** When it came there. */
  readonly since?: string;
  /** Id of the secret that nodes were given by the last apply, when it was made, and when it ends by itself. */
  readonly secretId?: string;
  readonly made?: string;
  readonly ends?: string;
  /** The other secret, while there are two. */
  readonly other?: { readonly id: string; readonly works: boolean };
  /** Whether the last apply left what the phase says. */
  readonly deployed?: boolean;
  /** It has ended, or does within ten days, or nobody can tell when. */
  readonly due: boolean;
}

/** `polycast secrets status`; the exit code is 1 where a secret ends soon or has ended. For a schedule too: it tells who watches. */
export function addSecretStatus(secrets: Command): void {
  secrets
    .command("status")
    .description("Show how each fleet's nodes write logs, which secrets lie where, and how old they are")
    .option("--json", "as JSON")
    .action(async ({ json }: { json?: true }) => {
      const { environment, store } = await openEnvironment();
      const { fleets, untold } = await reportSecrets(environment, store, Date.now(), process.env);
      process.stdout.write(`${json ? JSON.stringify(fleets, null, 2) : describe(fleets)}\n`);
      if (fleets.some(({ due }) => due)) process.exitCode = FAILED;
      if (untold !== undefined) process.stderr.write(`${untold}\n`);
    });
}

/**
 * How every fleet's secret is. Where one ends by itself, whoever watches is told how many are due.
 * @param now in milliseconds since 1970.
 * @returns `untold`: why nobody could be told.
 */
export async function reportSecrets(
  environment: Environment,
  store: SecretPlace,
  now: number,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly fleets: readonly FleetSecretStatus[]; readonly untold: string | undefined }> {
  const fleets = await secretStatus(environment, store, now);
  if (!watchedIn(environment).secretsEnd) return { fleets, untold: undefined };
  const due = fleets.filter((fleet) => fleet.due).length;
  return { fleets, untold: await tellManagement(environment, "secrets-due", due, env) };
}

function secretStatus(
  { fleets }: Environment,
  store: SecretPlace,
  now: number,
): Promise<readonly FleetSecretStatus[]> {
  return Promise.all(
    fleets.map(async ({ name: fleet, logs }) => {
      if (logs === undefined) throw new Error(`${fleet} has no way to write logs`);
      const { strategy, cost, rotation, secretEnds } = logs;
      if (rotation === "none") return { fleet, strategy, cost, due: false };
      const { step, since } = await readRotation(store, fleet);
      const applied = appliedSlots(await store.readState(fleetStackName(fleet)));
      const { id, made, ends } = applied?.given ?? {};
      const other = applied?.other;
      return {
        ...{ fleet, strategy, cost, phase: step.phase },
        ...(since !== undefined && { since }),
        ...(id !== undefined && { secretId: id }),
        ...(made !== undefined && { made }),
        ...(ends !== undefined && { ends }),
        ...(other !== undefined && { other: { id: other.id, works: other.isActive } }),
        deployed: isDeployed(step, applied),
        due: secretEnds && id !== undefined && !(Date.parse(ends ?? "") - now >= RENEW_DAYS * DAY),
      };
    }),
  );
}

function describe(fleets: readonly FleetSecretStatus[]): string {
  const table = plainTable(
    ["FLEET", "STRATEGY", "IN STATE", "IN USER DATA", "GOOD FOR", "NOW"],
    fleets.map(({ fleet, strategy, cost, ...rest }) => [
      fleet,
      strategy,
      cost.inState,
      cost.inUserData,
      cost.lifetime,
      describeNow(rest),
    ]),
  );
  const due = fleets
    .filter((fleet) => fleet.due)
    .map(
      ({ fleet, ends }) =>
        `${fleet}: ends ${ends === undefined ? "at a time that its state does not tell" : `on ${ends}`}. Renew it: npx polycast secrets rotate --fleet ${fleet}`,
    );
  return [table, ...due].join("\n");
}

function describeNow({
  phase,
  secretId,
  made,
  other,
  deployed,
}: Pick<FleetSecretStatus, "phase" | "secretId" | "made" | "other" | "deployed">): string {
  if (phase === undefined) return "";
  if (secretId === undefined) return "not deployed";
  const step = deployed === true ? `step "${phase}"` : `step "${phase}", not deployed yet`;
  return [
    `nodes have ${secretId}${made === undefined ? "" : ` of ${made.slice(0, 10)}`}`,
    ...(other === undefined ? [] : [`${other.id} ${other.works ? "works too" : "is switched off"}`]),
    ...(phase === "settled" && deployed === true ? [] : [step]),
  ].join("; ");
}
