import { parseDuration } from "../../constructs/fleet/duration";
import type { Environment } from "../../constructs/fleet/environment";
import { refuseIfAny, show, type Problem } from "../../constructs/fleet/problem";
import type { RolloutWish } from "../../rollout/rollout-wish";
import type { ShellCommand } from "./shell-command";

/** What `rollout start` may be told besides what the environment says. */
export interface StartOptions {
  readonly release: string;
  readonly peak?: string;
  readonly bake?: string;
  readonly settle?: string;
  readonly spare?: string;
  readonly approve?: "once" | "each";
  readonly order?: string;
  readonly firstSites?: readonly string[];
  readonly alone?: true;
}

/** In seconds. */
const VERIFY_WITHIN = 60;

/** What a person asks of a rollout, the environment filling in what the command line does not say. */
export function rolloutWish({ rollout, fleets }: Environment, options: StartOptions): RolloutWish {
  const problems: Problem[] = [];
  const peak = options.peak === undefined ? rollout?.peak.connections : Number(options.peak);
  if (peak === undefined) {
    problems.push({
      where: "peak",
      what: "nobody has said how many connections all users have at once, so nobody can say what the others carry",
      remedy: "Add rollout: { peak: { connections: NUMBER } } to the environment, or say --peak NUMBER",
    });
  }
  const seconds = (where: string, text: string | undefined): number | undefined => {
    const parsed = text === undefined ? undefined : parseDuration(text);
    if (text !== undefined && parsed === undefined) {
      problems.push({ where, what: `${show(text)} is not a time such as "4h", "90m" or "30s"` });
    }
    return parsed;
  };
  const bakeSeconds = seconds("--bake", options.bake ?? rollout?.bake);
  const settleSeconds = seconds("--settle", options.settle ?? rollout?.settle);
  const asked = options.firstSites?.map((text) => parseFirstSites(text, problems));
  asked?.forEach(([fleet], index) => {
    if (asked.findIndex(([other]) => other === fleet) === index) return;
    const remedy = `Name all of its sites at once: "${fleet}=a,b".`;
    problems.push({ where: "--first-sites", what: `${show(fleet)} is named more than once`, remedy });
  });
  refuseIfAny(() => `The rollout of ${show(options.release)} was not started:`, problems);
  const spare = options.spare === undefined ? rollout?.spare : options.spare === "2" ? 2 : 1;
  const approve = options.approve ?? rollout?.approve;
  const order = options.order?.split(",") ?? rollout?.order;
  const firstSites = asked === undefined ? rollout?.firstSites : Object.fromEntries(asked);
  return {
    release: options.release,
    peak: peak ?? 0,
    ...(bakeSeconds !== undefined && { bakeSeconds }),
    ...(settleSeconds !== undefined && { settleSeconds }),
    ...(spare !== undefined && { spare }),
    ...(approve !== undefined && { approve }),
    ...(order !== undefined && { order }),
    ...(firstSites !== undefined && { firstSites }),
    command: rollout?.verify !== undefined,
    ...(options.alone === true && fleets.length === 1 && { alone: true }),
  };
}

/** `aws=us-east-1,eu-central-1`; what is not of this form is a problem. */
function parseFirstSites(text: string, problems: Problem[]): readonly [fleet: string, sites: string[]] {
  const [fleet = "", sites = "", ...more] = text.split("=");
  if (fleet === "" || sites.split(",").includes("") || more.length > 0) {
    const what = `${show(text)} is not a fleet and its sites, such as "aws=us-east-1,eu-central-1"`;
    problems.push({ where: "--first-sites", what });
  }
  return [fleet, sites.split(",")];
}

/** The environment's own command that judges each fleet. */
export function verifyOf({ rollout }: Environment): ShellCommand | undefined {
  return rollout?.verify && { seconds: VERIFY_WITHIN, ...rollout.verify };
}
