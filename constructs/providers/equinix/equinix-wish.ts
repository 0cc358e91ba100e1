import type { FleetWish } from "../../fleet/fleet-inputs";

/** Sites are Equinix Metal's metros (`ny`, `am`), whose nodes all announce the fleet's address. */
export interface EquinixWish extends FleetWish {
  /**
   * Where the archives of the image's scripts lie, without a slash at the end: `https://images.example.net/edge-node`. A
   * node fetches `<archives>/<sha256>.tar.gz` when it first boots.
   */
  readonly archives: string;
}
