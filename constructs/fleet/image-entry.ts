import type { FleetRelease } from "./fleet-provider";
import { show, type Problem } from "./problem";

/**
 * What is wrong with a manifest's entry that is a text.
 * @param form what it is to be, with its article: `the id of a snapshot, which is a UUID`.
 */
export function checkImageText(
  { id, image }: FleetRelease,
  provider: string,
  pattern: RegExp,
  form: string,
): readonly Problem[] {
  if (typeof image === "string" && pattern.test(image)) return [];
  return [{ where: `releases.${id}.${provider}`, what: `${show(image)} is not ${form}` }];
}
