import type { Plan } from "../../fleet/plan-table";

/**
 * Sizes and the instance types behind them: current x86 families with a fixed CPU share,
 * since a burstable node would throttle under the load that an edge is built for.
 * https://aws.amazon.com/ec2/instance-types/
 * US dollars an hour are those of Linux on demand in us-east-1, as https://aws.amazon.com/ec2/pricing/on-demand/ has
 * had them since these families began (2021); other regions ask more. AWS was not asked: somebody else's copy of January 2026
 * has the same eight.
 */
export const INSTANCE_TYPES = [
  { cpu: 2, memoryGiB: 4, id: "c6i.large", dollarsPerHour: 0.085 },
  { cpu: 2, memoryGiB: 8, id: "m6i.large", dollarsPerHour: 0.096 },
  { cpu: 4, memoryGiB: 8, id: "c6i.xlarge", dollarsPerHour: 0.17 },
  { cpu: 4, memoryGiB: 16, id: "m6i.xlarge", dollarsPerHour: 0.192 },
  { cpu: 8, memoryGiB: 16, id: "c6i.2xlarge", dollarsPerHour: 0.34 },
  { cpu: 8, memoryGiB: 32, id: "m6i.2xlarge", dollarsPerHour: 0.384 },
  { cpu: 16, memoryGiB: 32, id: "c6i.4xlarge", dollarsPerHour: 0.68 },
  { cpu: 16, memoryGiB: 64, id: "m6i.4xlarge", dollarsPerHour: 0.768 },
] satisfies readonly Plan[];
