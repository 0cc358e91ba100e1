import { z } from "zod";

/** StackPath's part of `build.json`. */
export const stackpathImageSettings = z.strictObject({
  /** A Debian 12, one version of it: without a tag StackPath would take the newest. */
  baseImage: z
    .string()
    .regex(
      /^[a-z0-9-]+\/[a-z0-9-]+:[A-Za-z0-9._-]+$/,
      'is not "<stack>/<family>:<tag>", as StackPath names an image',
    ),
});
