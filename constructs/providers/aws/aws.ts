import { z } from "zod";
import { fleetWishSchema } from "../../fleet/environment-form";
import type { FleetAbilities, FleetDemand, FleetProvider, FleetRelease } from "../../fleet/fleet-provider";
import { planTable } from "../../fleet/plan-table";
import { show, suggest, type Problem } from "../../fleet/problem";
import { checkUserData } from "../../fleet/user-data";
import { awsCredential } from "../../secrets/aws-credential";
import { instanceRole } from "../../secrets/instance-role";
import { checkAdopted } from "./aws-adoption";
import { AwsFleet } from "./aws-fleet";
import { checkAwsImage } from "./aws-image";
import { awsImageSource } from "./aws-image-source";
import { AWS_POLICIES } from "./aws-policies";
import { roleName, siteName, siteUserData } from "./aws-site";
import { DEFAULT_ENDPOINT_WEIGHT, DEFAULT_TRAFFIC_DIAL, type AwsSiteWish, type AwsWish } from "./aws-wish";
import { INSTANCE_TYPES } from "./instance-types";
import { REGION_ZONES, zonePrefix, zonesOf } from "./regions";
import { loadBalancerPorts, targetGroupName } from "./site-load-balancer";

const HAS_ROLES = "AWS gives its machines a role, so that no secret need exist";

const ABILITIES: FleetAbilities = {
  ipv6: true,
  udp: true,
  sourceIpAffinity: true,
  scaling: "the group's scaling policies are not modelled; give a number of nodes",
  logs: {
    instanceRole: true,
    staticKey: HAS_ROLES,
    rolesAnywhere: HAS_ROLES,
    ssmActivation: HAS_ROLES,
  },
  releasePerSite: true,
  replacement: "surge",
  siteDrain: "endpoint-weight",
};

const wishSchema = fleetWishSchema(
  { trafficDial: z.number().optional(), endpointWeight: z.number().optional() },
  {
    accountId: z.string().optional(),
    builder: z
      .strictObject({
        sshCidrs: z.array(z.string()),
        subnetId: z.string(),
        instanceType: z.string(),
        kmsKeyIds: z.record(z.string(), z.string()),
      })
      .partial()
      .optional(),
  },
);

/** Load balancers and target groups, per account and region. */
const NAME_LIMIT = 32;
/** IAM roles, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const ROLE_NAME_LIMIT = 64;

/**
 * A fleet on AWS, reachable through Global Accelerator.
 *
 * Sites are regions; a site's locations are availability zone ids, by default two of the region's. Credentials are
 * those of the AWS provider: `AWS_PROFILE`, `AWS_ACCESS_KEY_ID`, a role, and so on.
 */
export function aws(wish: AwsWish): FleetProvider {
  const name = wish.name ?? "aws";
  const logs = wish.logs ?? instanceRole();
  return {
    name,
    provider: "aws",
    reach: "managed-anycast",
    wish,
    wishSchema,
    abilities: ABILITIES,
    ...planTable(INSTANCE_TYPES),
    image: awsImageSource(wish),
    logs,
    credentials: [awsCredential],
    policies: AWS_POLICIES,
    check: (demand, release) => check(name, wish, demand, release),
    checkAdopted: (object) => checkAdopted(name, object),
    fleet: (scope, id, props) =>
      new AwsFleet(scope, id, { ...props, name, wish, retentionDays: logs.retentionDays }),
  };
}

function check(name: string, wish: AwsWish, demand: FleetDemand, release: FleetRelease): readonly Problem[] {
  const where = `fleets.${name}`;
  const regions = Object.keys(wish.sites);
  const known = regions.filter((region) => zonesOf(region) !== undefined);
  const longest = known.reduce((one, other) => (other.length > one.length ? other : one), "");
  return [
    ...Object.entries(wish.sites).flatMap(([region, site]) => checkSite(region, site, where)),
    ...checkNames(name, known, demand, where),
    ...checkDualStack(wish, demand, where),
    ...checkHealth(demand),
    ...checkAccount(wish, where),
    ...checkAwsImage(release.image, known, `releases.${release.id}.aws`),
    ...checkUserData(siteUserData({ ...demand, release }, name, longest), where),
  ];
}

function checkSite(region: string, site: AwsSiteWish, fleet: string): readonly Problem[] {
  const where = `${fleet}.sites["${region}"]`;
  const zones = zonesOf(region);
  if (zones === undefined) {
    return [{ where, what: `no such AWS region; ${suggest(region, Object.keys(REGION_ZONES))}` }];
  }
  const problems: Problem[] = [];
  const {
    locations = zones,
    trafficDial = DEFAULT_TRAFFIC_DIAL,
    endpointWeight = DEFAULT_ENDPOINT_WEIGHT,
  } = site;
  const form = new RegExp(`^${zonePrefix(region)}-az[1-9]$`);
  for (const zone of locations.filter((location) => !form.test(location))) {
    problems.push({
      where: `${where}.locations`,
      what: `"${zone}" is not a zone id of ${region}; expected "${zonePrefix(region)}-az1" or the like`,
      remedy: `List them: aws ec2 describe-availability-zones --region ${region} --query 'AvailabilityZones[].ZoneId'`,
    });
  }
  if (locations.length < 2 || new Set(locations).size !== locations.length) {
    problems.push({ where: `${where}.locations`, what: "needs two or more zones, all distinct" });
  }
  if (!(trafficDial >= 0 && trafficDial <= 100)) {
    problems.push({ where: `${where}.trafficDial`, what: `${trafficDial} is not within 0 to 100` });
  }
  if (!(Number.isInteger(endpointWeight) && endpointWeight >= 0 && endpointWeight <= 255)) {
    problems.push({
      where: `${where}.endpointWeight`,
      what: `${endpointWeight} is not within 0 to 255`,
    });
  }
  return problems;
}

function checkNames(
  name: string,
  regions: readonly string[],
  { environment, listeners }: FleetDemand,
  where: string,
): readonly Problem[] {
  const site = siteName(environment, name);
  const tooLong = [
    ...loadBalancerPorts(listeners).map((port) => ({ text: targetGroupName(site, port), limit: NAME_LIMIT })),
    ...regions.map((region) => ({ text: roleName(environment, name, region), limit: ROLE_NAME_LIMIT })),
  ].filter(({ text, limit }) => text.length > limit);
  const reserved: readonly Problem[] = site.startsWith("internal-")
    ? [{ where, what: `AWS keeps load balancers' names that begin with "internal-" for itself: "${site}"` }]
    : [];
  return [
    ...reserved,
    ...tooLong.map(({ text, limit }) => ({
      where,
      what: `AWS allows ${limit} characters for "${text}", which has ${text.length}`,
      remedy: "Shorten the fleet's or the environment's name.",
    })),
  ];
}

function checkAccount({ accountId }: AwsWish, where: string): readonly Problem[] {
  if (accountId === undefined || /^\d{12}$/.test(accountId)) return [];
  return [{ where: `${where}.accountId`, what: `${show(accountId)} is not an account id of twelve digits` }];
}

/**
 * A UDP listener on a dual-stack load balancer demands IPv6 targets, and a dual-stack accelerator refuses those.
 * https://docs.aws.amazon.com/global-accelerator/latest/dg/about-endpoints-caveats.html
 */
function checkDualStack(wish: AwsWish, { listeners }: FleetDemand, where: string): readonly Problem[] {
  const udp = listeners.filter(({ protocol }) => protocol === "UDP").map(({ port }) => String(port));
  if (wish.ipv6 !== true || udp.length === 0) return [];
  return [
    {
      where: `${where}.ipv6`,
      what: `AWS cannot serve UDP (port ${udp.join(", ")}) through a dual-stack accelerator: its load balancer would demand IPv6 targets, which the accelerator refuses`,
      remedy: "Drop ipv6 from this fleet, or the UDP listeners from the environment.",
    },
  ];
}

/** Limits of a network load balancer's and Global Accelerator's checks, within what is valid everywhere. */
function checkHealth({ health }: FleetDemand): readonly Problem[] {
  const problems: Problem[] = [];
  if ((health.intervalSeconds >= 1 && health.intervalSeconds < 5) || health.intervalSeconds > 300) {
    problems.push({ where: "health.intervalSeconds", what: "AWS checks every 5 to 300 seconds" });
  }
  if (health.unhealthyThreshold === 1 || health.unhealthyThreshold > 10) {
    problems.push({ where: "health.unhealthyThreshold", what: "AWS allows 2 to 10 failures" });
  }
  if (health.path.length > 255) {
    problems.push({ where: "health.path", what: `AWS allows 255 characters; it has ${health.path.length}` });
  }
  return problems;
}
