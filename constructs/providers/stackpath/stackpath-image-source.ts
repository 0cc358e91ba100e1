import type { ImageSource } from "../../image/image-source";
import { citiesOf } from "./stackpath-fleet";
import { stackpathImageSettings } from "./stackpath-image-settings";
import type { StackPathWish } from "./stackpath-wish";

/**
 * Images of a stack, each taken from a machine in the fleet's first city. One serves every city; it is called
 * `<stack>/<environment>-<image>:<first digits of the hash>`.
 */
export function stackpathImageSource({ sites }: StackPathWish): ImageSource {
  return {
    template: "ssh",
    settingsSchema: stackpathImageSettings,
    places: [],
    builder: async (scope, tools) => {
      const { stackpathImageBuilder } = await import("./stackpath-image-builder");
      const [city = ""] = Object.entries(sites).flatMap(([site, wish]) => citiesOf(site, wish));
      return stackpathImageBuilder(scope, tools, city);
    },
  };
}
