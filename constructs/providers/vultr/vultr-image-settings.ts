import { z } from "zod";

/** Vultr's part of `build.json`. */
export const vultrImageSettings = z.strictObject({
  /**
   * Vultr's number of the system to start from: 2136 is Debian 12 x64 (https://api.vultr.com/v2/os). Vultr numbers no
   * versions of one, and renews what is behind the number without a word.
   */
  osId: z.int().positive(),
});
