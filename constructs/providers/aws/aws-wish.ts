import type { FleetWish, SiteWish } from "../../fleet/fleet-inputs";

/** What an environment wants in one region. */
export interface AwsSiteWish extends SiteWish {
  /**
   * Percent of the traffic that Global Accelerator would send to the region. Failover ignores it, so it does not
   * drain a region: `endpointWeight: 0` does. Default: 100.
   */
  readonly trafficDial?: number;
  /** Weight of the region's load balancer, 0 to 255; 0 drains the region. Default: 128. */
  readonly endpointWeight?: number;
}

/** Sites are regions; locations are availability zone ids, by default two of the region's. */
export interface AwsWish extends FleetWish<AwsSiteWish> {
  /** Twelve digits; credentials of any other account are refused before anything is planned. Default: any account. */
  readonly accountId?: string;
  /** How images are built; no part of what they hold. */
  readonly builder?: AwsBuilderWish;
}

/** Where Packer's builder runs, in the first of the fleet's regions, and how its images are encrypted. */
export interface AwsBuilderWish {
  /** Networks from which Packer reaches the builder, such as `198.51.100.7/32`. Default: this machine's public address. */
  readonly sshCidrs?: readonly string[];
  /** Its subnet, which has to give it a public address. Default: one of the default VPC. */
  readonly subnetId?: string;
  /** Default: `t3.small`. */
  readonly instanceType?: string;
  /** Region -> KMS key of the image there. Default: the account's own key for EBS. */
  readonly kmsKeyIds?: Readonly<Record<string, string>>;
}

export const DEFAULT_TRAFFIC_DIAL = 100;
/** Global Accelerator's own default. */
export const DEFAULT_ENDPOINT_WEIGHT = 128;
