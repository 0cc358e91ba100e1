import type { Plan } from "../../fleet/plan-table";

/**
 * Whole machines; a CPU is a thread of theirs, as it is of virtual ones. The prices are remembered from before the service
 * closed: its price list is gone, and no copy of it was found. docs/providers/equinix.md says what of it was seen elsewhere.
 */
export const PLANS = [
  { cpu: 16, memoryGiB: 32, id: "c3.small.x86", dollarsPerHour: 0.75 },
  { cpu: 16, memoryGiB: 64, id: "m3.small.x86", dollarsPerHour: 1.05 },
  { cpu: 48, memoryGiB: 64, id: "c3.medium.x86", dollarsPerHour: 1.5 },
  { cpu: 64, memoryGiB: 256, id: "m3.large.x86", dollarsPerHour: 3.1 },
] satisfies readonly Plan[];
