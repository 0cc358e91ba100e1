import { HOURS_A_MONTH, type Size } from "../../fleet/fleet-inputs";

/**
 * Sizes and the instance types behind them: current x86 families with a fixed CPU share,
 * since a burstable node would throttle under the load that an edge is built for.
 * https://aws.amazon.com/ec2/instance-types/
 * US dollars an hour are those of Linux on demand in us-east-1, as https://aws.amazon.com/ec2/pricing/on-demand/ has
 * had them since these families began (2021); other regions ask more.
 */
const INSTANCE_TYPES: readonly (Size & { readonly type: string; readonly dollarsPerHour: number })[] = [
  { cpu: 2, memoryGiB: 4, type: "c6i.large", dollarsPerHour: 0.085 },
  { cpu: 2, memoryGiB: 8, type: "m6i.large", dollarsPerHour: 0.096 },
  { cpu: 4, memoryGiB: 8, type: "c6i.xlarge", dollarsPerHour: 0.17 },
  { cpu: 4, memoryGiB: 16, type: "m6i.xlarge", dollarsPerHour: 0.192 },
  { cpu: 8, memoryGiB: 16, type: "c6i.2xlarge", dollarsPerHour: 0.34 },
  { cpu: 8, memoryGiB: 32, type: "m6i.2xlarge", dollarsPerHour: 0.384 },
  { cpu: 16, memoryGiB: 32, type: "c6i.4xlarge", dollarsPerHour: 0.68 },
  { cpu: 16, memoryGiB: 64, type: "m6i.4xlarge", dollarsPerHour: 0.768 },
];

export const AWS_SIZES: readonly Size[] = INSTANCE_TYPES.map(({ cpu, memoryGiB }) => ({ cpu, memoryGiB }));

/** The instance type of a size in {@link AWS_SIZES}. */
export function instanceType(size: Size): string {
  return entryOf(size).type;
}

/** US dollars a month of a size in {@link AWS_SIZES}. */
export function awsMonthlyPrice(size: Size): number {
  return entryOf(size).dollarsPerHour * HOURS_A_MONTH;
}

function entryOf({ cpu, memoryGiB }: Size) {
  const found = INSTANCE_TYPES.find((entry) => entry.cpu === cpu && entry.memoryGiB === memoryGiB);
  if (found === undefined) throw new Error(`no instance type for ${cpu} CPU and ${memoryGiB} GiB`);
  return found;
}
