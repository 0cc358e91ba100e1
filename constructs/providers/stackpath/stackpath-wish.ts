import type { FleetWish } from "../../fleet/fleet-inputs";

/**
 * Sites are groups of cities; a site's locations are city codes, by default its own name.
 * Each city runs the same number of nodes.
 */
export interface StackPathWish extends FleetWish {
  /** Size of a volume for logs at `/var/log`, in GiB. Default: none, logs lie on the root disk. */
  readonly logVolumeGiB?: number;
  /**
   * The workload's slug, only to keep that of a workload which was made elsewhere and is adopted: another slug is
   * another workload, with another address. Default: `<environment>-<fleet>`.
   */
  readonly slug?: string;
}
