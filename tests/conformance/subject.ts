import type { FleetProvider } from "../../constructs/fleet/fleet-provider";
import type { FleetWish, SiteWish } from "../../constructs/fleet/fleet-inputs";
import type { ProviderSimulation } from "../../constructs/fleet/simulation";
import type { ReleaseManifest } from "../../constructs/image/release-manifest";
import { byId, readImages, type SimulatedImage, type SimulatedImages } from "../../sandbox/world/images";
import { simulations } from "../../sandbox/simulations";
import { MANIFEST } from "../synthesize";

/** What is judged: how a fleet is made, and a wish for one with two sites. */
export interface Subject<Wish extends FleetWish = FleetWish> {
  /** The provider's own function: `vultr`. */
  readonly make: (wish: Wish) => FleetProvider;
  /** Two sites, the first with the more nodes, IPv6 where the provider has it. */
  readonly wish: Wish;
  /** Two images in the provider's own form, where the sandbox's manifest has none. */
  readonly images?: readonly [unknown, unknown];
  /** What stands in for the plugins and clouds. Default: all of the sandbox's. */
  readonly simulations?: readonly ProviderSimulation[];
}

export const FIRST_RELEASE = "r1";
export const NEXT_RELEASE = "r2";
const RELEASES = [FIRST_RELEASE, NEXT_RELEASE];

/** The manifest of the sandbox, with the subject's images in it. */
export function manifestOf({ images }: Subject, provider: string): ReleaseManifest {
  if (images === undefined) return MANIFEST;
  const releases = RELEASES.map((release, index) => [release, { images: { [provider]: images[index] } }]);
  return { ...MANIFEST, releases: Object.fromEntries(releases) as ReleaseManifest["releases"] };
}

/** What can boot: the recorded images, and the subject's own where their form is a text. */
export function imagesOf({ images = [] as never }: Subject, provider: string): SimulatedImages {
  const own = images.flatMap((image, index): readonly SimulatedImage[] =>
    typeof image === "string"
      ? [
          {
            ...{ ids: [image], provider, release: RELEASES[index] ?? "" },
            ...{ bootSeconds: 30, latencyMs: 5, behaviour: [] },
          },
        ]
      : [],
  );
  return new Map([...readImages(), ...byId(own)]);
}

export function simulationsOf({ simulations: own = simulations }: Subject): readonly ProviderSimulation[] {
  return own;
}

/** What stands in for one provider: its plugin is called as it is. */
export function simulationOf(subject: Subject, provider: string): ProviderSimulation | undefined {
  return simulationsOf(subject).find(({ source }) => source.endsWith(`/${provider}`));
}

/** The wish with other sites; `undefined` leaves one out. */
export function withSites<Wish extends FleetWish>(
  wish: Wish,
  sites: Readonly<Record<string, SiteWish | undefined>>,
): Wish {
  const kept = Object.entries({ ...wish.sites, ...sites }).filter(([, site]) => site !== undefined);
  return { ...wish, sites: Object.fromEntries(kept) };
}

/** The two sites of the wish, in its order. */
export function sitesOf({ wish }: Subject): readonly [first: string, second: string] {
  const [first, second] = Object.keys(wish.sites);
  if (first === undefined || second === undefined) throw new Error("the wish needs two sites");
  return [first, second];
}
