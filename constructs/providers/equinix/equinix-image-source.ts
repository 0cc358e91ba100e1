import { z } from "zod";
import type { ImageSource } from "../../image/image-source";
import { FIRST_BOOT_TEMPLATE } from "../../image/script-archive";
import type { EquinixWish } from "./equinix-wish";

/** Archives of the scripts, which a machine runs when it first boots, since Equinix Metal keeps no images. One serves every metro. */
export function equinixImageSource({ archives }: EquinixWish): ImageSource {
  return {
    template: FIRST_BOOT_TEMPLATE,
    // Nothing can be pinned: a machine is installed with the Debian 12 of its day.
    settingsSchema: z.strictObject({}),
    places: [],
    builder: async (_, tools) => {
      // The SDK costs a fifth of a second; what does not build does not pay for it.
      // It would warn at each start that Node 20 is to be dropped some day.
      process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
      const { archivePlace } = await import("./archive-place");
      const { equinixImageBuilder } = await import("./equinix-image-builder");
      return equinixImageBuilder(archives, archivePlace(archives, tools.env), tools);
    },
  };
}
