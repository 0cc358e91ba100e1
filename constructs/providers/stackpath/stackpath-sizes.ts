import type { Size } from "../../fleet/fleet-inputs";

/** The vendor's instance sizes, SP-1 to SP-5. */
export const STACKPATH_SIZES: readonly Size[] = [
  { cpu: 1, memoryGiB: 2 },
  { cpu: 2, memoryGiB: 4 },
  { cpu: 2, memoryGiB: 8 },
  { cpu: 4, memoryGiB: 16 },
  { cpu: 8, memoryGiB: 32 },
];
