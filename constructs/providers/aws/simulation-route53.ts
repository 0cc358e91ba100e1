import { randomInt } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import {
  Refusal,
  type Cloud,
  type LeafChange,
  type ResourceSimulation,
  type Values,
} from "../../fleet/simulation";
import { AwsAccount, blocks, count, refusal, ROUTE53, text, texts } from "./simulation-cloud";

/** A public zone, or a private one where it names networks. Two of one name are two zones, as in Route 53. */
export const zone: ResourceSimulation = {
  normalise: { name: domainName },
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const id = `Z${route53Id(20)}`;
    const nameServers = delegationSet();
    return {
      id,
      zone_id: id,
      arn: globalArn(account, `hostedzone/${id}`),
      primary_name_server: nameServers[0] ?? "",
      name_servers: nameServers.toSorted(),
      vpc: networks(planned, account),
    };
  },
  update: (planned, _prior, cloud) => ({ vpc: networks(planned, new AwsAccount(cloud)) }),
  delete({ id, force_destroy: force }, cloud) {
    const records = cloud.list("aws_route53_record").filter(({ attributes }) => attributes["zone_id"] === id);
    if (force === true) {
      for (const record of records) cloud.remove("aws_route53_record", record.id);
    } else if (records.length > 0) {
      throw refusal(`deleting Route53 Hosted Zone (${text(id)})`, ROUTE53, "DeleteHostedZone", [
        "HostedZoneNotEmpty",
        "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
      ]);
    }
  },
};

/** One record, or one of several of a name and type that a routing policy chooses between. */
export const record: ResourceSimulation = {
  normalise: {
    name: (given) => given.replace(/\.$/, "").toLowerCase(),
    "alias.name": (given) => escaped(given.replace(/\.$/, "")),
  },
  suppress: { "alias.name": sameButForCase },
  create: (planned, cloud) => stored(planned, cloud, undefined),
  update(planned, prior, cloud) {
    const changed = stored(planned, cloud, text(prior["id"]));
    // Type and identifier are part of the id: the plugin deletes the old record and creates the new one at once.
    if (changed["id"] !== prior["id"]) cloud.remove("aws_route53_record", text(prior["id"]));
    return changed;
  },
  find(importId, cloud) {
    if (!/^[^_]+_.*_[A-Z]+(_.*)?$/.test(importId)) {
      throw new Refusal(
        `unexpected format of ID ("${importId}"), expected ZONEID_RECORDNAME_TYPE_SET-IDENTIFIER (e.g. Z4KAPRWWNC7JR_dev.example.com_NS_dev), where SET-IDENTIFIER is optional`,
      );
    }
    return cloud.get("aws_route53_record", importId);
  },
};

/** The record as Route 53 then holds it. @throws Refusal where it would not take it */
function stored(planned: Values, cloud: Cloud, own: string | undefined): Values {
  const zoneId = text(planned["zone_id"]);
  const owner = cloud.get("aws_route53_zone", zoneId)?.attributes;
  if (owner === undefined) {
    throw refusal(`reading Route 53 Hosted Zone (${zoneId})`, ROUTE53, "GetHostedZone", [
      "NoSuchHostedZone",
      `No hosted zone found with ID: ${zoneId}`,
    ]);
  }
  const fqdn = nameIn(text(owner["name"]), text(planned["name"]));
  const change = { planned, fqdn, cloud, others: others(cloud, zoneId, own) };
  const problem = CHECKS.map((check) => check(change)).find((found) => found !== undefined);
  if (problem !== undefined) {
    throw refusal("creating Route53 Record", ROUTE53, "ChangeResourceRecordSets", problem);
  }
  const parts = [zoneId, text(planned["name"]).toLowerCase(), text(planned["type"])];
  const identifier = text(planned["set_identifier"]);
  return { id: [...parts, ...(identifier === "" ? [] : [identifier])].join("_"), fqdn };
}

interface Change {
  readonly planned: Values;
  readonly fqdn: string;
  readonly cloud: Cloud;
  /** What else is in the zone. */
  readonly others: readonly Values[];
}

type Problem = readonly [code: string, message: string];

/** https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html */
const CHECKS: readonly ((change: Change) => Problem | undefined)[] = [
  refuseDuplicate,
  refuseMixture,
  refuseBesideAlias,
  refuseValues,
  refuseWeight,
  refuseRouting,
  refuseAliasTarget,
  refuseHealthCheck,
];

function refuseDuplicate({ planned, fqdn, others }: Change): Problem | undefined {
  const { type, set_identifier: identifier } = planned;
  const same = rivals(planned, fqdn, others).some(
    (other) => text(other["set_identifier"]) === text(identifier),
  );
  if (!same) return undefined;
  const which = text(identifier) === "" ? "" : `, set identifier='${text(identifier)}'`;
  return invalid(
    `Tried to create resource record set [name='${fqdn}.', type='${text(type)}'${which}] but it already exists`,
  );
}

function refuseMixture({ planned, fqdn, others }: Change): Problem | undefined {
  const different = rivals(planned, fqdn, others).some((other) => routing(other) !== routing(planned));
  const primary = failover(planned);
  const twice = primary !== "" && rivals(planned, fqdn, others).some((other) => failover(other) === primary);
  if (!different && !twice) return undefined;
  return invalid(
    `RRSet with DNS name ${fqdn}., type ${text(planned["type"])}, SetIdentifier ${text(planned["set_identifier"])} cannot be created as other RRSets exist with the same name and type.`,
  );
}

/** A CNAME stands alone at its name. */
function refuseBesideAlias({ planned, fqdn, others }: Change): Problem | undefined {
  const isCname = ({ type }: Values): boolean => type === "CNAME";
  const clash = others.some((other) => other["fqdn"] === fqdn && isCname(other) !== isCname(planned));
  return clash
    ? invalid(
        `RRSet of type ${text(planned["type"])} with DNS name ${fqdn}. is not permitted as it conflicts with other records with the same DNS name in zone.`,
      )
    : undefined;
}

const FORMS: Readonly<Record<string, (value: string) => boolean>> = { A: isIPv4, AAAA: isIPv6 };

function refuseValues({ planned }: Change): Problem | undefined {
  const type = text(planned["type"]);
  const values = texts(planned["records"]);
  const wrong = values.find((value) => FORMS[type]?.(value) === false);
  if (wrong !== undefined) {
    const family = type === "A" ? "IPv4" : "IPv6";
    return invalid(
      `Invalid Resource Record: 'FATAL problem: ${type}RRDATAIllegal${family}Address (Value is not a valid ${family} address) encountered with '${wrong}''`,
    );
  }
  if (planned["records"] === null || (values.length > 0 && planned["ttl"] !== null)) return undefined;
  return ["InvalidInput", "Invalid XML ; missing field 'TTL' or 'ResourceRecords'"];
}

function refuseWeight({ planned }: Change): Problem | undefined {
  const [policy] = blocks(planned["weighted_routing_policy"]);
  const weight = count(policy?.["weight"]);
  if (weight >= 0 && weight <= 255) return undefined;
  return [
    "InvalidInput",
    `1 validation error detected: Value '${String(weight)}' at 'changeBatch.changes.1.member.resourceRecordSet.weight' failed to satisfy constraint: Member must have value between 0 and 255`,
  ];
}

function refuseRouting({ planned }: Change): Problem | undefined {
  const isMultivalue = planned["multivalue_answer_routing_policy"] === true;
  if (isMultivalue && blocks(planned["alias"]).length > 0) {
    return ["InvalidInput", "Invalid request: a multivalue answer record cannot be an alias"];
  }
  return routing(planned) === "simple" && text(planned["set_identifier"]) !== ""
    ? ["InvalidInput", "Invalid request: a SetIdentifier needs a routing policy"]
    : undefined;
}

/** An alias may lead to records of its own type in its own zone; what lies elsewhere is not known here. */
function refuseAliasTarget({ planned, others }: Change): Problem | undefined {
  const [alias] = blocks(planned["alias"]);
  const { zone_id: zoneId, type } = planned;
  if (alias === undefined || alias["zone_id"] !== zoneId) return undefined;
  const name = starred(text(alias["name"]));
  if (others.some((other) => other["fqdn"] === name && other["type"] === type)) return undefined;
  return invalid(
    `Tried to create an alias that targets ${name}., type ${text(type)} in zone ${text(zoneId)}, but that target was not found`,
  );
}

function refuseHealthCheck({ planned, cloud }: Change): Problem | undefined {
  const id = text(planned["health_check_id"]);
  return id === "" || cloud.get("aws_route53_health_check", id) !== undefined
    ? undefined
    : ["NoSuchHealthCheck", `No health check exists with the specified ID ${id}.`];
}

function invalid(message: string): Problem {
  return ["InvalidChangeBatch", `[${message}]`];
}

function others(cloud: Cloud, zoneId: string, own: string | undefined): Values[] {
  return cloud
    .list("aws_route53_record")
    .filter(({ id, attributes }) => id !== own && attributes["zone_id"] === zoneId)
    .map(({ attributes }) => attributes);
}

/** The other records of the same name and type. */
function rivals({ type }: Values, fqdn: string, others: readonly Values[]): readonly Values[] {
  return others.filter((other) => other["fqdn"] === fqdn && other["type"] === type);
}

/** How a record is chosen among those of its name and type: all of them alike. */
function routing(held: Values): string {
  const policies = Object.entries(held).filter(([name]) => name.endsWith("_routing_policy"));
  return policies.find(([, value]) => value === true || blocks(value).length > 0)?.[0] ?? "simple";
}

function failover(held: Values): string {
  return text(blocks(held["failover_routing_policy"])[0]?.["type"]);
}

/** The zone's name is added where a name does not end in it. */
function nameIn(owner: string, name: string): string {
  const own = domainName(name);
  if (own.endsWith(owner)) return starred(own);
  return own === "" ? owner : starred(`${own}.${owner}`);
}

/** `*` as the leftmost label, which the API writes in octal. */
function starred(name: string): string {
  return name.replace(/^\\052\./, "*.");
}

/** A name in the API's form: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html */
function domainName(given: string): string {
  return given === "." ? given : escaped(given.replace(/\.$/, ""));
}

/** Lower case; whatever is no letter, digit, `-`, `_` or `.` in octal, unless it is so already. */
function escaped(name: string): string {
  return name
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replace(/\\[0-7]{3}|[^0-9a-z._-]/gu, (found) =>
      found.length === 4 ? found : `\\${(found.codePointAt(0) ?? 0).toString(8).padStart(3, "0")}`,
    );
}

function sameButForCase({ old, new: given }: LeafChange): boolean {
  return old.toLowerCase() === given.toLowerCase();
}

/** The networks that see a private zone; without a region, that of the provider. */
function networks({ vpc }: Values, { region }: AwsAccount): Values[] {
  return blocks(vpc).map((each) => ({ ...each, vpc_region: text(each["vpc_region"]) || region }));
}

/** Four name servers, each of another top-level domain. */
function delegationSet(): string[] {
  const domains = ["com", "net", "org", "co.uk"];
  return domains.map((domain, index) => {
    const number = 512 * index + randomInt(512);
    return `ns-${String(number)}.awsdns-${String(number % 64).padStart(2, "0")}.${domain}`;
  });
}

/** Upper-case letters and digits. */
function route53Id(length: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}

/** Route 53's ARNs name no account. */
function globalArn(account: AwsAccount, resource: string): string {
  return account.globalArn("route53", resource).replace(account.id, "");
}
