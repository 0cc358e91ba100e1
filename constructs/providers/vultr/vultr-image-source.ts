import type { ImageSource } from "../../image/image-source";
import { vultrImageSettings } from "./vultr-image-settings";
import type { VultrWish } from "./vultr-wish";

/** Snapshots, taken by Packer's vultr plugin of a machine in the fleet's first region. One serves every region. */
export function vultrImageSource({ sites }: VultrWish): ImageSource {
  return {
    template: "vultr",
    settingsSchema: vultrImageSettings,
    places: [],
    builder: async (scope, tools) => {
      const { vultrImageBuilder } = await import("./vultr-image-builder");
      return vultrImageBuilder(scope, tools, Object.keys(sites)[0] ?? "");
    },
  };
}
