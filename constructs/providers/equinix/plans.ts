import { HOURS_A_MONTH, type Size } from "../../fleet/fleet-inputs";

/** One size, what Equinix Metal calls it, and what it cost. */
interface Plan extends Size {
  readonly id: string;
  /** US dollars an hour, before tax. */
  readonly dollarsPerHour: number;
}

/**
 * Whole machines; a CPU is a thread of theirs, as it is of virtual ones. The prices are remembered from before the service
 * closed: its price list is gone, and no copy with a date was found.
 */
export const PLANS: readonly Plan[] = [
  { cpu: 16, memoryGiB: 32, id: "c3.small.x86", dollarsPerHour: 0.75 },
  { cpu: 16, memoryGiB: 64, id: "m3.small.x86", dollarsPerHour: 1.05 },
  { cpu: 48, memoryGiB: 64, id: "c3.medium.x86", dollarsPerHour: 1.5 },
  { cpu: 64, memoryGiB: 256, id: "m3.large.x86", dollarsPerHour: 3.1 },
];

export const EQUINIX_SIZES: readonly Size[] = PLANS.map(({ cpu, memoryGiB }) => ({ cpu, memoryGiB }));

/** What a size in {@link EQUINIX_SIZES} is called. */
export function planId(size: Size): string {
  return planOf(size).id;
}

/** US dollars a month of a size in {@link EQUINIX_SIZES}. */
export function equinixMonthlyPrice(size: Size): number {
  return planOf(size).dollarsPerHour * HOURS_A_MONTH;
}

function planOf({ cpu, memoryGiB }: Size): Plan {
  const found = PLANS.find((plan) => plan.cpu === cpu && plan.memoryGiB === memoryGiB);
  if (found === undefined) throw new Error(`no plan for ${cpu} CPU and ${memoryGiB} GiB`);
  return found;
}
