import type { Size } from "../../fleet/fleet-inputs";

/**
 * Sizes and the instance types behind them: current x86 families with a fixed CPU share,
 * since a burstable node would throttle under the load that an edge is built for.
 * https://aws.amazon.com/ec2/instance-types/
 */
const INSTANCE_TYPES: readonly (Size & { readonly type: string })[] = [
  { cpu: 2, memoryGiB: 4, type: "c6i.large" },
  { cpu: 2, memoryGiB: 8, type: "m6i.large" },
  { cpu: 4, memoryGiB: 8, type: "c6i.xlarge" },
  { cpu: 4, memoryGiB: 16, type: "m6i.xlarge" },
  { cpu: 8, memoryGiB: 16, type: "c6i.2xlarge" },
  { cpu: 8, memoryGiB: 32, type: "m6i.2xlarge" },
  { cpu: 16, memoryGiB: 32, type: "c6i.4xlarge" },
  { cpu: 16, memoryGiB: 64, type: "m6i.4xlarge" },
];

export const AWS_SIZES: readonly Size[] = INSTANCE_TYPES.map(({ cpu, memoryGiB }) => ({ cpu, memoryGiB }));

/** The instance type of a size in {@link AWS_SIZES}. */
export function instanceType({ cpu, memoryGiB }: Size): string {
  const found = INSTANCE_TYPES.find((entry) => entry.cpu === cpu && entry.memoryGiB === memoryGiB);
  if (found === undefined) throw new Error(`no instance type for ${cpu} CPU and ${memoryGiB} GiB`);
  return found.type;
}
