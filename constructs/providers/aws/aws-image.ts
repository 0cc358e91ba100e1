import { z } from "zod";
import { suggest, type Problem } from "../../fleet/problem";

/** A manifest's entry: region -> AMI. */
const schema = z.record(
  z.string(),
  z.string().regex(/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/, "must be an AMI id"),
);

/** Region -> AMI. */
export type AwsImage = z.infer<typeof schema>;

/** An entry as the manifest or a record has it; throws for another form. */
export function parseAwsImage(image: unknown): AwsImage {
  return schema.parse(image);
}

/** What is wrong with a manifest's entry for the regions of a fleet. */
export function checkAwsImage(image: unknown, regions: readonly string[], where: string): readonly Problem[] {
  const parsed = schema.safeParse(image);
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => ({
      where: [where, ...path].join("."),
      what: `${message}; expected { "<region>": "ami-..." }`,
    }));
  }
  return regions
    .filter((region) => parsed.data[region] === undefined)
    .map((region) => ({
      where,
      what: `no AMI for ${region}; ${suggest(region, Object.keys(parsed.data))}`,
      remedy: "Copy the image to the region, or leave the site out.",
    }));
}

/** The AMI of a region, from an entry without problems. */
export function awsImage(image: unknown, region: string): string {
  const ami = parseAwsImage(image)[region];
  if (ami === undefined) throw new Error(`no AMI for ${region}`);
  return ami;
}
