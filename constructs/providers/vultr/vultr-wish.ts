import type { Announcement } from "../../fleet/announcement";
import type { FleetWish } from "../../fleet/fleet-inputs";

/** Sites are Vultr's regions (`ewr`, `ams`), whose nodes all announce the same prefixes. */
export interface VultrWish extends FleetWish {
  /**
   * Prefixes of yours that Vultr has agreed to pass on, and the autonomous system that it knows you by: your own, or the
   * private one that it gave you. docs/providers/vultr.md has the way there.
   */
  readonly announce: Announcement;
}
