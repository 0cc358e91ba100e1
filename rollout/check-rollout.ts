/** Why a rollout would not be safe. */
import { wantedTraffic } from "../constructs/dns/applied-traffic";
import { trafficSteps } from "../constructs/dns/traffic-steps";
import type { Environment } from "../constructs/fleet/environment";
import type { FleetProvider } from "../constructs/fleet/fleet-provider";
import { show, suggest, type Problem } from "../constructs/fleet/problem";
import type { ReleaseManifest } from "../constructs/image/release-manifest";
import type { LiveRecord } from "../live/live-record";
import { normalRelease, releaseIds } from "../live/live-release";
import { describeLoad, overloads } from "./peak-load";
import type { RolloutWish } from "./rollout-wish";

export function checkReleases(
  { fleets }: Environment,
  { releases, channels }: ReleaseManifest,
  { fleets: live }: LiveRecord,
  { release: id }: RolloutWish,
): readonly Problem[] {
  const release = releases[id];
  if (release === undefined) {
    return [{ where: "release", what: `no such release ${show(id)}; ${suggest(id, Object.keys(releases))}` }];
  }
  const problems: Problem[] = [];
  if (release.revoked !== undefined) {
    problems.push({ where: `releases.${id}`, what: `is revoked: ${release.revoked}` });
  }
  if (!Object.values(channels).includes(id)) {
    problems.push({
      where: `releases.${id}`,
      what: `is not promoted; ${Object.entries(channels)
        .map(([channel, promoted]) => `${channel} is ${show(promoted)}`)
        .join(", ")}`,
      remedy: `Promote it: npx polycast image promote --release ${id} --to candidate`,
    });
  }
  const runs = ({ name, wish }: FleetProvider): readonly string[] =>
    live[name] === undefined ? [] : releaseIds(normalRelease(live[name], wish.sites));
  if (fleets.every((fleet) => runs(fleet).join() === id)) {
    problems.push({ where: "release", what: `every fleet runs ${show(id)} already` });
  }
  return [
    ...problems,
    ...fleets.flatMap((fleet): Problem[] => {
      const { name, provider } = fleet;
      const consequence = `the fleet ${show(name)} could not go back to it`;
      return [
        ...checkImage(releases, id, provider, `the fleet ${show(name)} could not get it`),
        ...(live[name] === undefined
          ? [{ where: `fleets.${name}`, what: "is not in the live record", remedy: "Deploy it first." }]
          : runs(fleet).flatMap((previous) => checkImage(releases, previous, provider, consequence))),
      ];
    }),
  ];
}

function checkImage(
  releases: ReleaseManifest["releases"],
  id: string,
  provider: string,
  consequence: string,
): readonly Problem[] {
  return Object.hasOwn(releases[id]?.images ?? {}, provider)
    ? []
    : [{ where: `releases.${id}`, what: `has no image for ${provider}: ${consequence}` }];
}

/** Every fleet must serve before one is taken away, and it must be possible to take it away in steps. */
export function checkShares(
  { fleets: live }: LiveRecord,
  environment: Environment,
  percents: Readonly<Record<string, number>>,
  limit: number,
): readonly Problem[] {
  const drained = environment.fleets.filter(({ name }) => live[name]?.share === 0);
  if (drained.length > 0) {
    return drained.map(({ name }) => ({
      where: `fleets.${name}`,
      what: "is drained; it can neither prove a release nor carry anything for the others",
      remedy: "Give it its share back, or take it out of the environment.",
    }));
  }
  if (environment.fleets.length === 1) return [];
  const full = wantedTraffic(environment, percents);
  return environment.fleets
    .map(({ name }) => ({ name, empty: wantedTraffic(environment, { ...percents, [name]: 0 }) }))
    .filter(
      ({ empty }) =>
        trafficSteps(full, empty, limit, environment.audience) === undefined ||
        trafficSteps(empty, full, limit, environment.audience) === undefined,
    )
    .map(({ name }) => ({
      where: `fleets.${name}`,
      what: `cannot be drained in steps of ${limit} points: without it some users would have no record`,
      remedy: 'Give the other fleets IPv6 too, or set ipv6: "none" for DNS.',
    }));
}

export function checkWish(
  { fleets }: Environment,
  { peak, order, firstSites = {}, alone, spare, ...times }: RolloutWish,
): readonly Problem[] {
  const names = fleets.map(({ name }) => name);
  const problems: Problem[] = [];
  if (!(peak > 0))
    problems.push({ where: "peak", what: `${show(peak)} is not a number of connections above 0` });
  for (const key of ["bakeSeconds", "settleSeconds", "lookSeconds"] as const) {
    const seconds = times[key];
    if (seconds !== undefined && !(seconds > 0 && seconds < Infinity)) {
      problems.push({ where: key, what: `${show(seconds)} is not a number of seconds above 0` });
    }
  }
  if (order !== undefined && show(order.toSorted()) !== show(names.toSorted())) {
    problems.push({
      where: "order",
      what: `${show(order)} does not name each of the fleets once: ${names.join(", ")}`,
    });
  }
  if (spare === 2 && fleets.length < 3) {
    problems.push({ where: "spare", what: `2 takes three fleets or more; there are ${fleets.length}` });
  }
  if (fleets.length === 1 && alone !== true) {
    problems.push({
      where: "fleets",
      what: `there is only ${show(names[0])}: its nodes would be replaced while users are sent to them, nobody else carries the traffic, and a bad release reaches every user`,
      remedy: "Add a second fleet; or ask for it all the same: --alone",
    });
  }
  for (const [name, sites] of Object.entries(firstSites)) {
    problems.push(
      ...checkSites(
        fleets.find((fleet) => fleet.name === name),
        name,
        sites,
        names,
      ),
    );
  }
  return problems;
}

function checkSites(
  fleet: FleetProvider | undefined,
  name: string,
  sites: readonly string[],
  names: readonly string[],
): readonly Problem[] {
  const where = `firstSites.${name}`;
  if (fleet === undefined) return [{ where, what: `no such fleet; ${suggest(name, names)}` }];
  if (!fleet.abilities.releasePerSite) {
    return [{ where, what: `${fleet.provider} cannot run different releases at different sites` }];
  }
  const known = Object.keys(fleet.wish.sites);
  const unknown = sites.filter((site) => !known.includes(site));
  if (unknown.length > 0) {
    return unknown.map((site) => ({ where, what: `no such site ${show(site)}; ${suggest(site, known)}` }));
  }
  const some = new Set(sites).size;
  return some > 0 && some < known.length
    ? []
    : [{ where, what: `${show(sites)} is not a part of its sites: ${known.join(", ")}` }];
}

/** In seconds: a step of a rollout waits that long for whoever does not answer. */
const NOTIFY_AT_MOST = 30;

/** Who is to be told of what happens must be named, and must not hold the rollout up. */
export function checkNotify({ rollout }: Environment): readonly Problem[] {
  if (rollout?.notify === undefined) return [];
  const { command, webhookFrom, seconds } = rollout.notify;
  const problems: Problem[] = [];
  if (command === undefined && webhookFrom === undefined) {
    problems.push({
      where: "rollout.notify",
      what: "names nobody who is to be told",
      remedy: "Add command or webhookFrom, or leave notify out.",
    });
  }
  if (seconds !== undefined && seconds > NOTIFY_AT_MOST) {
    problems.push({
      where: "rollout.notify.seconds",
      what: `${show(seconds)} is more than ${NOTIFY_AT_MOST}: every step would wait that long for whoever does not answer`,
    });
  }
  return problems;
}

/** Whichever fleet is lost, the others carry the peak: always, and so while one is in transition. */
export function checkPeak(
  environment: Environment,
  percents: Readonly<Record<string, number>>,
  { peak }: RolloutWish,
): readonly Problem[] {
  if (environment.fleets.length === 1) return [];
  return environment.fleets.flatMap(({ name }) =>
    overloads(environment, percents, [name], peak).map((load) => ({
      where: `fleets.${name}`,
      what: `without it, ${describeLoad(load)}`,
      remedy: "Add nodes, or change the weights: no fleet may be lost or replaced as it is.",
    })),
  );
}
