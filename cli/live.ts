import type { Command } from "commander";
import type { Environment } from "../constructs/fleet/environment";
import { PolycastError, show, suggest } from "../constructs/fleet/problem";
import type { LiveRelease } from "../live/live-release";
import type { LiveStore } from "../live/live-store";
import { addAwait } from "./await-node";

interface Chosen {
  readonly environment?: string;
}

interface PinOptions extends Chosen {
  readonly fleet: string;
  readonly release: string;
  readonly sites?: string;
}

interface ShareOptions extends Chosen {
  readonly fleet: string;
  readonly percent: string;
}

/** `polycast live`: the record of what is running. */
export function addLive(program: Command): void {
  const live = program.command("live").description("The record of what is running");
  const verb = (name: string, description: string): Command =>
    live
      .command(name)
      .description(description)
      .option("--environment <name>", "the environment (default: what POLYCAST_ENV names)");

  verb("show", "Print the record as JSON: each fleet's release and share").action(async (options: Chosen) => {
    const { store } = await open(options);
    process.stdout.write(`${JSON.stringify((await store.read()).record, null, 2)}\n`);
  });

  // What Terraform calls before a release reaches a node; by hand, what mends a record that was lost.
  verb("pin", "Record the release that a fleet starts with; a fleet that is recorded already stays as it is")
    .requiredOption("--fleet <name>", "the fleet")
    .requiredOption("--release <id>", "the release")
    .option("--sites <site=id>", "sites that run another one: us-east-1=r2,eu-west-1=r2")
    .action(async ({ fleet, release, sites: text, ...options }: PinOptions) => {
      const { store, environment } = await open(options);
      const { parseSites, releaseText } = await import("../live/live-release");
      const sites = parseSites(text ?? "");
      await checkNames(environment, fleet, { release, sites }, text);
      const chosen = environment.fleets.find(({ name }) => name === fleet);
      const { pinRelease } = await import("../live/pin-release");
      const { fleets } = await pinRelease(store, fleet, release, sites, chosen?.wish.sites);
      const { share, ...runs } = fleets[fleet] ?? { release, share: 0 };
      process.stdout.write(
        `${environment.name}: ${fleet} runs ${releaseText(runs)}, with ${share} % of its share.\n`,
      );
    });

  addAwait(live);

  verb("share", "Record how much of its policy share a fleet is to get: 100 all, 0 drained")
    .requiredOption("--fleet <name>", "the fleet")
    .requiredOption("--percent <number>", "from 0 to 100")
    .action(async ({ fleet, percent, ...options }: ShareOptions) => {
      const share = parsePercent(percent);
      const { store, environment } = await open(options);
      const { setShare } = await import("../live/set-share");
      await setShare(store, fleet, share);
      process.stdout.write(
        `${environment.name}: ${fleet} is to get ${share} % of its share. DNS follows: npx polycast dns apply --in-steps\n`,
      );
    });

  verb("forget", "Take a destroyed fleet out of the record")
    .requiredOption("--fleet <name>", "the fleet")
    .action(async ({ fleet, ...options }: Omit<PinOptions, "release">) => {
      const { store, environment } = await open(options);
      const { forgetFleet } = await import("../live/forget-fleet");
      await forgetFleet(store, fleet);
      process.stdout.write(`${environment.name}: ${fleet} is forgotten.\n`);
    });
}

/** An environment brings CDKTF and the providers' bindings with it; the other verbs do without. */
async function open({ environment: named }: Chosen): Promise<{ store: LiveStore; environment: Environment }> {
  const { chosenEnvironment, loadEnvironment } = await import("../environments/load-environment");
  const { openLiveStore } = await import("../live/open-live-store");
  const environment = await loadEnvironment(named ?? chosenEnvironment());
  return { environment, store: await openLiveStore(environment) };
}

function parsePercent(text: string): number {
  const percent = Number(text.trim() === "" ? NaN : text);
  if (percent >= 0 && percent <= 100) return percent;
  throw new PolycastError("Nothing was recorded:", [
    { where: "--percent", what: `${show(text)} is not a number from 0 to 100` },
  ]);
}

/** A slip in the record would stand in the way of every later deploy. */
async function checkNames(
  environment: Environment,
  fleet: string,
  { release, sites = {} }: LiveRelease,
  sitesAsked = "",
): Promise<void> {
  const { readManifest } = await import("../live/read-manifest");
  const fleets = environment.fleets.map(({ name }) => name);
  const chosen = environment.fleets.find(({ name }) => name === fleet);
  const known = Object.keys(chosen?.wish.sites ?? {});
  const releases = Object.keys(readManifest(environment).releases);
  const where = "--sites";
  const problems = [
    ...(fleets.includes(fleet)
      ? []
      : [{ where: "--fleet", what: `no fleet ${show(fleet)}; ${suggest(fleet, fleets)}` }]),
    ...(releases.includes(release)
      ? []
      : [{ where: "--release", what: `no release ${show(release)}; ${suggest(release, releases)}` }]),
    ...(sitesAsked === "" || sitesAsked.split(",").length === Object.keys(sites).length
      ? []
      : [{ where, what: `${show(sitesAsked)} is not of the form "us-east-1=r2,eu-west-1=r2"` }]),
    ...(chosen?.abilities.releasePerSite === false && sitesAsked !== ""
      ? [{ where, what: `${chosen.provider} cannot run different releases at different sites` }]
      : []),
    ...Object.entries(sites).flatMap(([site, id]) => [
      ...(known.length === 0 || known.includes(site)
        ? []
        : [{ where, what: `no site ${show(site)} of ${fleet}; ${suggest(site, known)}` }]),
      ...(releases.includes(id) ? [] : [{ where, what: `no release ${show(id)}; ${suggest(id, releases)}` }]),
    ]),
  ];
  if (problems.length > 0) {
    throw new PolycastError(`Nothing was recorded for the environment "${environment.name}":`, problems);
  }
}
