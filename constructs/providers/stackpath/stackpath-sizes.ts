import { HOURS_A_MONTH, type Size } from "../../fleet/fleet-inputs";

/** The vendor's instance sizes, SP-1 to SP-5. */
export const STACKPATH_SIZES: readonly Size[] = [
  { cpu: 1, memoryGiB: 2 },
  { cpu: 2, memoryGiB: 4 },
  { cpu: 2, memoryGiB: 8 },
  { cpu: 4, memoryGiB: 16 },
  { cpu: 8, memoryGiB: 32 },
];

/**
 * US dollars an hour in the vendor's own example of a bill, which it calls a sample (read 2026-11-23, the root disk left out):
 * https://support.stackpath.com/hc/en-us/articles/16357451463195-Understanding-Your-Edge-Compute-Bill
 */
const DOLLARS_PER_HOUR = { cpu: 0.039421, memoryGiB: 0.0043286 };

/** US dollars a month of a size. */
export function stackpathMonthlyPrice({ cpu, memoryGiB }: Size): number {
  return (cpu * DOLLARS_PER_HOUR.cpu + memoryGiB * DOLLARS_PER_HOUR.memoryGiB) * HOURS_A_MONTH;
}
