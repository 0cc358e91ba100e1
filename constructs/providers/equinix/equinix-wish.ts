import type { Announcement } from "../../fleet/announcement";
import type { FleetWish } from "../../fleet/fleet-inputs";

/** Sites are Equinix Metal's metros (`ny`, `am`), whose nodes all announce the fleet's address. */
export interface EquinixWish extends FleetWish {
  /** Where the archives of the image's scripts lie. */
  readonly archives: ArchivesWish;
  /**
   * Prefixes of yours, registered to a public autonomous system of yours, which Equinix Metal's people enable for the fleet's
   * project. Default: an address of Equinix' own, which the project reserves.
   */
  readonly announce?: Announcement;
}

/** A bucket of S3, or of what speaks as S3 does, that nodes read over HTTPS: its keys are the paths of the URLs. */
export interface ArchivesWish {
  /**
   * Without a slash at the end: `https://images.example.net/edge-node`. A node fetches `<url>/<sha256>.tar.gz` when it
   * first boots.
   */
  readonly url: string;
  /** Where `polycast image build` puts that: `edge-node/<sha256>.tar.gz` of this bucket. */
  readonly bucket: string;
  readonly region: string;
}

/** Where a node finds an archive. */
export function archiveUrl({ url }: ArchivesWish, sha256: string): string {
  return `${url}/${sha256}.tar.gz`;
}
