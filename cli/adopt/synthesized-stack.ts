import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** A synthesized stack, and what Terraform needs to work on it. */
export interface SynthesizedStack {
  /** `aws-fleet`. */
  readonly name: string;
  /** Where Terraform runs it: `cdktf.out/stacks/aws-fleet`. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The file that CDKTF writes. */
export const CONFIGURATION = "cdk.tf.json";

const resourceSchema = z.looseObject({
  lifecycle: z.record(z.string(), z.unknown()).optional(),
  "//": z.object({ metadata: z.object({ path: z.string() }) }).optional(),
});
const configurationSchema = z.looseObject({
  resource: z.record(z.string(), z.record(z.string(), resourceSchema)).default({}),
});
export type Configuration = z.infer<typeof configurationSchema>;

/** What CDKTF wrote for a stack: its resources by type and name, with the paths of their constructs. */
export function readConfiguration({ directory }: SynthesizedStack): Configuration {
  return configurationSchema.parse(JSON.parse(readFileSync(join(directory, CONFIGURATION), "utf8")));
}
