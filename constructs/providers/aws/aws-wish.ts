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
}

export const DEFAULT_TRAFFIC_DIAL = 100;
/** Global Accelerator's own default. */
export const DEFAULT_ENDPOINT_WEIGHT = 128;
