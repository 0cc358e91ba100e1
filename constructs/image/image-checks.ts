import { z } from "zod";
import { PolycastError } from "../fleet/problem";

/** What the checks of an image said. */
export const imageChecksSchema = z.strictObject({
  /**
   * Where they ran: in the builder, before the snapshot; only at a node's first boot, where the provider keeps no
   * images; nowhere, since the builder was simulated.
   */
  ran: z.enum(["in-builder", "at-first-boot", "simulated"]),
  /** TAP lines: `ok 1 - nginx is installed`. */
  lines: z.array(z.string()),
});
export type ImageChecks = z.infer<typeof imageChecksSchema>;

/** A line of TAP behind what Packer puts before each line: `    amazon-ebs.edge-node: ok 1 - ...`. */
const TAP = /^(?:==>\s+|\s*)(?:[\w.-]+:\s+)?((?:not )?ok \d+ - .*|1\.\.\d+)\s*$/;

/**
 * What the checks said in a builder, found in Packer's output.
 * @throws PolycastError where they did not run to their end or one is red: Packer has missed it, or was not asked.
 */
export function checksIn(output: string): ImageChecks {
  const lines = output.split(/\r?\n/).flatMap((line) => TAP.exec(line)?.[1] ?? []);
  const results = lines.filter((line) => !line.startsWith("1.."));
  const red = results.filter((line) => line.startsWith("not ok"));
  const planned = lines.filter((line) => line.startsWith("1..")).at(-1);
  if (red.length === 0 && results.length > 0 && planned === `1..${results.length}`) {
    return { ran: "in-builder", lines: results };
  }
  throw new PolycastError("The image's checks did not pass.", [
    ...red.map((line) => ({ where: "checks", what: line })),
    ...(results.length > 0 && planned === `1..${results.length}`
      ? []
      : [{ where: "checks", what: `${results.length} were seen, of ${planned ?? "an unknown number"}` }]),
  ]);
}
