/**
 * Regions and the availability zones that a site of that name uses unless it names its own.
 *
 * Zone ids, not names: `us-east-1a` is another building in each account, `use1-az1` is not
 * (https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html).
 * The pairs avoid use1-az3, usw1-az2 and apne1-az3, which lack current instance types or are closed to new accounts.
 */
export const REGION_ZONES: Readonly<Record<string, readonly [string, string]>> = {
  "us-east-1": ["use1-az1", "use1-az2"],
  "us-east-2": ["use2-az1", "use2-az2"],
  "us-west-1": ["usw1-az1", "usw1-az3"],
  "us-west-2": ["usw2-az1", "usw2-az2"],
  "ca-central-1": ["cac1-az1", "cac1-az2"],
  "sa-east-1": ["sae1-az1", "sae1-az3"],
  "eu-central-1": ["euc1-az1", "euc1-az2"],
  "eu-west-1": ["euw1-az1", "euw1-az2"],
  "eu-west-2": ["euw2-az1", "euw2-az2"],
  "eu-west-3": ["euw3-az1", "euw3-az2"],
  "eu-north-1": ["eun1-az1", "eun1-az2"],
  "eu-south-1": ["eus1-az1", "eus1-az2"],
  "af-south-1": ["afs1-az1", "afs1-az2"],
  "me-south-1": ["mes1-az1", "mes1-az2"],
  "ap-south-1": ["aps1-az1", "aps1-az3"],
  "ap-east-1": ["ape1-az1", "ape1-az2"],
  "ap-northeast-1": ["apne1-az1", "apne1-az4"],
  "ap-northeast-2": ["apne2-az1", "apne2-az3"],
  "ap-northeast-3": ["apne3-az1", "apne3-az3"],
  "ap-southeast-1": ["apse1-az1", "apse1-az2"],
  "ap-southeast-2": ["apse2-az1", "apse2-az3"],
};

/** The zones of a region that is known; undefined for any other name. */
export function zonesOf(region: string): readonly string[] | undefined {
  return Object.hasOwn(REGION_ZONES, region) ? REGION_ZONES[region] : undefined;
}

/** The zone ids that a site in a region may name, for a region's prefix such as `use1`. */
export function zonePrefix(region: string): string {
  return REGION_ZONES[region]?.[0].split("-")[0] ?? "";
}
