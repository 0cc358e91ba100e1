import type { Size } from "../../fleet/fleet-inputs";

/** One size, what Vultr calls it, and what it costs. */
interface Plan extends Size {
  readonly id: string;
  /** US dollars a month, before tax; an hour costs 1/672 of it. */
  readonly dollarsPerMonth: number;
}

/**
 * Plans with processors of their own ("optimized cloud compute"): shared ones would be slowed by neighbours under the
 * load that an edge is built for. From https://api.vultr.com/v2/plans on 2025-12-18, by way of
 * https://github.com/gmartindelc/mail-server-poc/blob/main/terraform/PLAN_IDS.md
 */
export const PLANS: readonly Plan[] = [
  { cpu: 1, memoryGiB: 2, id: "voc-c-1c-2gb-25s-amd", dollarsPerMonth: 28 },
  { cpu: 2, memoryGiB: 4, id: "voc-c-2c-4gb-50s-amd", dollarsPerMonth: 40 },
  { cpu: 2, memoryGiB: 8, id: "voc-g-2c-8gb-50s-amd", dollarsPerMonth: 60 },
  { cpu: 4, memoryGiB: 8, id: "voc-c-4c-8gb-75s-amd", dollarsPerMonth: 80 },
  { cpu: 4, memoryGiB: 16, id: "voc-g-4c-16gb-80s-amd", dollarsPerMonth: 120 },
  { cpu: 8, memoryGiB: 16, id: "voc-c-8c-16gb-150s-amd", dollarsPerMonth: 160 },
  { cpu: 8, memoryGiB: 32, id: "voc-g-8c-32gb-160s-amd", dollarsPerMonth: 240 },
];

/** Regions with plans of their own, at half as much again. */
const PLAN_SUFFIXES: Readonly<Record<string, string>> = { sao: "-sc1" };

export const VULTR_SIZES: readonly Size[] = PLANS.map(({ cpu, memoryGiB }) => ({ cpu, memoryGiB }));

/** The plan of a size in {@link VULTR_SIZES}, as a region calls it. */
export function planIn(region: string, size: Size): string {
  return `${planOf(size).id}${PLAN_SUFFIXES[region] ?? ""}`;
}

/** US dollars a month of a size in {@link VULTR_SIZES}. */
export function vultrMonthlyPrice(size: Size): number {
  return planOf(size).dollarsPerMonth;
}

function planOf({ cpu, memoryGiB }: Size): Plan {
  const found = PLANS.find((plan) => plan.cpu === cpu && plan.memoryGiB === memoryGiB);
  if (found === undefined) throw new Error(`no plan for ${cpu} CPU and ${memoryGiB} GiB`);
  return found;
}
