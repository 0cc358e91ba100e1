import type { Environment } from "../../constructs/fleet/environment";
import { sitesText } from "../../live/live-release";
import { fleetStackName } from "../../live/stack-names";
import type { DnsLook, Finding, FleetLook, Look } from "../../rollout/look";
import { waveInTransition, type RolloutState } from "../../rollout/rollout-state";
import { findDrift } from "../dns/find-drift";
import { knownNodes, type KnownNodes } from "../known-nodes";
import { alarmEvidence } from "./alarm-evidence";
import { answerEvidence } from "./answer-evidence";
import { readDnsState } from "./dns-state";
import { findAt, firstLine, orUnclear, type Find } from "./finding";
import { nodeEvidence } from "./node-evidence";
import { verifyOf } from "./asked-wish";
import type { RolloutScene } from "./scene";
import { runVerify } from "./verify-command";

/** How often the name servers are asked for each name. */
const QUERIES = 400;

/** Gathers all evidence anew, from the world: nothing here comes from a plan, or from a look before. */
export async function lookAtWorld(scene: RolloutScene, rollout: RolloutState): Promise<Look> {
  const { plan } = rollout;
  const { clock, environment, env } = scene;
  await clock.read();
  const at = clock.now();
  const find = findAt(at);
  const state = await readDnsState(scene, plan).catch(() => undefined);
  const [served, known] = await Promise.all([
    orUnclear(find, () => servedDns(environment, env, find)),
    knownNodes(environment, env).catch((error: unknown) => firstLine(error)),
  ]);
  const dns: DnsLook | undefined = state && { ...state, served };
  const fleets = await Promise.all(
    environment.fleets.map(
      async ({ name }) => [name, await lookAtFleet(scene, rollout, name, known, dns, find)] as const,
    ),
  );
  return { at, fleets: Object.fromEntries(fleets), ...(dns !== undefined && { dns }) };
}

/** Whether the name servers answer what was last applied. */
async function servedDns(environment: Environment, env: NodeJS.ProcessEnv, find: Find): Promise<Finding> {
  const { verdict, answers, serviceDifferences, notCompared } = await findDrift(
    environment,
    QUERIES,
    env,
    "applied",
  );
  if (verdict === "same") {
    const replies = answers.reduce((sum, each) => sum + each.replies, 0);
    return find("good", `${replies} replies are as applied`);
  }
  const reasons = [
    ...serviceDifferences.map(({ where, what }) => `${where}: ${what}`),
    ...answers.flatMap(({ differences }) => differences),
    ...notCompared,
  ];
  return find(verdict === "different" ? "bad" : "unclear", reasons.join("; ") || verdict);
}

async function lookAtFleet(
  scene: RolloutScene,
  rollout: RolloutState,
  name: string,
  known: KnownNodes | string,
  dns: DnsLook | undefined,
  find: Find,
): Promise<FleetLook> {
  const { environment, live, env, clock } = scene;
  const { plan } = rollout;
  const fleet = environment.fleets.find((each) => each.name === name);
  if (fleet === undefined) return {};
  const runs = (await live.read().catch(() => undefined))?.record.fleets[name];
  const address = await addressOf(scene, name).catch(() => undefined);
  const drained = dns?.percents[name] === 0 && dns.arrived;
  const verify = verifyOf(environment);
  const withAddress = (look: (address: string) => Promise<Finding>): Promise<Finding> =>
    address === undefined
      ? Promise.resolve(find("unclear", "its address is not known"))
      : orUnclear(find, () => look(address));

  const unknown = typeof known === "string" ? known : known.unknown;
  const nodes: FleetLook =
    typeof known === "string" || known.source === "none"
      ? Object.fromEntries(["nodes", "replacement"].map((key) => [key, find("unclear", unknown ?? "")]))
      : nodeEvidence(fleet, known, runs, find, wholeSeconds(rollout, name, clock.now()));
  const [answers, alarms, command] = await Promise.all([
    withAddress((to) => answerEvidence(scene, { fleet: name, address: to }, find)),
    plan.evidence.includes("alarms")
      ? orUnclear(find, () => alarmEvidence(scene, name, drained, find))
      : undefined,
    plan.evidence.includes("command") && verify !== undefined
      ? withAddress((to) =>
          runVerify(
            verify,
            {
              ...{ fleet: name, provider: fleet.provider, address: to },
              ...{ release: runs?.release ?? "", siteReleases: runs === undefined ? "" : sitesText(runs) },
            },
            env,
            find,
          ),
        )
      : undefined,
  ]);
  return {
    ...nodes,
    answers,
    ...(alarms !== undefined && { alarms }),
    ...(command !== undefined && { command }),
  };
}

/** For how long the nodes of the release should have been there: since it was verified that they are. */
function wholeSeconds(rollout: RolloutState, fleet: string, now: number): number | undefined {
  const wave = waveInTransition(rollout);
  if (wave?.plan.fleet !== fleet || wave.state.direction === "back") return undefined;
  return ["restoring", "baking"].includes(wave.state.phase) ? now - wave.state.since : undefined;
}

async function addressOf({ live }: RolloutScene, fleet: string): Promise<string | undefined> {
  const state = (await live.readState(fleetStackName(fleet))) as
    { readonly outputs?: Readonly<Record<string, { readonly value?: unknown }>> } | undefined;
  const address = state?.outputs?.["anycast_ipv4"]?.value;
  return typeof address === "string" ? address : undefined;
}
