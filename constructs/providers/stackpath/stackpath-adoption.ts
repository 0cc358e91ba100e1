import type { AdoptedObject } from "../../fleet/fleet-provider";
import { show, type Problem } from "../../fleet/problem";
import { ANYCAST_RESULT } from "./stackpath-fleet";

/** What a workload that was made elsewhere would lose in a fleet: its address, which lives as long as the workload. */
export function checkAdopted(fleet: string, { type, before, after }: AdoptedObject): readonly Problem[] {
  if (type !== "stackpath_compute_workload") return [];
  const problems: Problem[] = [];
  if (before["slug"] !== after["slug"]) {
    problems.push({
      where: `fleets.${fleet}.slug`,
      what: `the workload's is ${show(before["slug"])}, the fleet's would be ${show(after["slug"])}: StackPath would replace the workload, and its address with it`,
      remedy: `Keep it: stackpath({ slug: ${JSON.stringify(before["slug"])}, ... }) in the environment.`,
    });
  }
  const annotations = before["annotations"] as Readonly<Record<string, string>> | null | undefined;
  if (annotations?.[ANYCAST_RESULT] === undefined) {
    problems.push({
      where: `fleets.${fleet}`,
      what: `the workload ${show(before["slug"])} has no anycast address, and StackPath gives one at creation only`,
      remedy: "Let the fleet make a workload of its own.",
    });
  }
  return problems;
}
