import path from "node:path";
import type { Environment } from "../constructs/fleet/environment";
import type { FleetProvider } from "../constructs/fleet/fleet-provider";
import { PolycastError, refuseIfAny, show, suggest, type Problem } from "../constructs/fleet/problem";
import { contentAddress } from "../constructs/image/content-address";
import { readRecipe, settingsOf } from "../constructs/image/image-recipe";
import type { ImageSource, TemplateVariables } from "../constructs/image/image-source";
import { imagesDirectory } from "../live/state-location";

/** An image that an environment needs of one provider, as the source in the work tree has it. */
export interface WantedImage {
  readonly environment: string;
  readonly image: string;
  readonly provider: string;
  /** Content address, and that of what all providers share. */
  readonly hash: string;
  readonly shared: string;
  readonly source: ImageSource;
  /** Of all of the environment's fleets at this provider. */
  readonly places: readonly string[];
  /** The image's folder, absolute. */
  readonly folder: string;
  readonly settings: unknown;
  readonly variables: TemplateVariables;
}

/**
 * The images that an environment needs now, one a provider.
 * @param only of this provider; the recipe's parts for others may be wrong then.
 * @throws PolycastError where a provider has none to build, or the recipe cannot be used; all problems at once.
 */
export function wantedImages({ name, image, fleets }: Environment, only?: string): readonly WantedImage[] {
  const folder = path.join(imagesDirectory(), image);
  const recipe = readRecipe(folder);
  const all = [...new Set(fleets.map(({ provider }) => provider))];
  const providers = only === undefined ? all : all.filter((provider) => provider === only);
  const problems: Problem[] = [];
  const wanted = providers.flatMap((provider): readonly WantedImage[] => {
    const own = fleets.filter((fleet) => fleet.provider === provider);
    const source = own[0]?.image;
    if (source === undefined) return [];
    try {
      const settings = settingsOf(recipe, provider, source);
      const { template } = source;
      const { variables } = recipe;
      const address = contentAddress({ folder, provider, template, variables, settings });
      const places = placesOf(own);
      return [
        { environment: name, image, provider, ...address, source, places, folder, settings, variables },
      ];
    } catch (error) {
      if (!(error instanceof PolycastError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  refuseIfAny(() => `The image "${image}" cannot be built.`, problems);
  return wanted;
}

/**
 * The image that an environment needs of one provider.
 * @throws PolycastError where it needs none, or the recipe cannot be used.
 */
export function wantedImage(environment: Environment, provider: string): WantedImage {
  const [found] = wantedImages(environment, provider);
  if (found !== undefined) return found;
  const built = environment.fleets.filter(({ image }) => image !== undefined).map((fleet) => fleet.provider);
  throw new PolycastError("There is no such image to build.", [
    {
      where: "--provider",
      what: `no provider ${show(provider)} whose images are built; ${suggest(provider, [...new Set(built)])}`,
    },
  ]);
}

function placesOf(fleets: readonly FleetProvider[]): readonly string[] {
  return [...new Set(fleets.flatMap(({ image }) => image?.places ?? []))].sort();
}
