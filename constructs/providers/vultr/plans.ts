import type { Plan } from "../../fleet/plan-table";

/**
 * Plans with processors of their own ("optimized cloud compute"): shared ones would be slowed by neighbours under the
 * load that an edge is built for. From https://api.vultr.com/v2/plans on 2025-12-18, by way of
 * https://github.com/gmartindelc/mail-server-poc/blob/main/terraform/PLAN_IDS.md; an hour costs 1/672 of a month.
 */
export const PLANS = [
  { cpu: 1, memoryGiB: 2, id: "voc-c-1c-2gb-25s-amd", dollarsPerMonth: 28 },
  { cpu: 2, memoryGiB: 4, id: "voc-c-2c-4gb-50s-amd", dollarsPerMonth: 40 },
  { cpu: 2, memoryGiB: 8, id: "voc-g-2c-8gb-50s-amd", dollarsPerMonth: 60 },
  { cpu: 4, memoryGiB: 8, id: "voc-c-4c-8gb-75s-amd", dollarsPerMonth: 80 },
  { cpu: 4, memoryGiB: 16, id: "voc-g-4c-16gb-80s-amd", dollarsPerMonth: 120 },
  { cpu: 8, memoryGiB: 16, id: "voc-c-8c-16gb-150s-amd", dollarsPerMonth: 160 },
  { cpu: 8, memoryGiB: 32, id: "voc-g-8c-32gb-160s-amd", dollarsPerMonth: 240 },
] satisfies readonly Plan[];

/** Regions with plans of their own, at half as much again. */
export const PLAN_SUFFIXES: Readonly<Record<string, string>> = { sao: "-sc1" };
