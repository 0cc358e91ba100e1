import { randomBytes, randomInt, randomUUID } from "node:crypto";
import {
  Refusal,
  Unknown,
  type Cloud,
  type CloudObject,
  type LeafChange,
  type Value,
  type Values,
} from "../../fleet/simulation";

/** An account that cannot exist: what the simulated cloud belongs to unless `allowed_account_ids` names another. */
const NO_ACCOUNT = "000000000000";

/** One AWS API as the plugin's errors name it. */
export interface AwsApi {
  /** As the Go SDK calls the service: `EC2`, `Elastic Load Balancing v2`. */
  readonly service: string;
  /** Whether errors are declared in the service's model; the SDK prints `api error` in front of those that are not. */
  readonly modelled: boolean;
}

export const EC2: AwsApi = { service: "EC2", modelled: false };
export const ELB: AwsApi = { service: "Elastic Load Balancing v2", modelled: true };
export const IAM: AwsApi = { service: "IAM", modelled: true };
export const LOGS: AwsApi = { service: "CloudWatch Logs", modelled: true };
export const CLOUDWATCH: AwsApi = { service: "CloudWatch", modelled: true };
export const SNS: AwsApi = { service: "SNS", modelled: true };
export const AUTO_SCALING: AwsApi = { service: "Auto Scaling", modelled: false };
export const ACCELERATOR: AwsApi = { service: "Global Accelerator", modelled: true };
export const ROLES_ANYWHERE: AwsApi = { service: "RolesAnywhere", modelled: true };
export const SSM: AwsApi = { service: "SSM", modelled: false };
export const ROUTE53: AwsApi = { service: "Route 53", modelled: true };

/**
 * An API's refusal in the words of the plugin:
 * `creating EC2 VPC: operation error EC2: CreateVpc, https response error StatusCode: 400, RequestID: ..., api error ...`.
 *
 * @param doing what the plugin was about: `creating EC2 VPC`
 * @param operation the API's operation: `CreateVpc`
 * @param error code and message: `["InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"]`
 */
export function refusal(
  doing: string,
  { service, modelled }: AwsApi,
  operation: string,
  [code, message]: readonly [string, string],
  status = 400,
): Refusal {
  const transport = `https response error StatusCode: ${String(status)}, RequestID: ${randomUUID()}`;
  const error = `${modelled ? "" : "api error "}${code}: ${message}`;
  return new Refusal(`${doing}: operation error ${service}: ${operation}, ${transport}, ${error}`);
}

/** The text of a value; `""` for what is null, unknown or no text. */
export function text(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

/** The number of a value; 0 for what is null, unknown or no number. */
export function count(value: Value | undefined): number {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : 0;
}

/** The known texts of a list or set. */
export function texts(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.filter((element) => typeof element === "string") : [];
}

/** The nested blocks, or the objects of a list or set; none of what is null or unknown. */
export function blocks(value: Value | undefined): Values[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function isObject(value: Value | undefined): value is Values {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

export function isWhollyKnown(value: Value | undefined): boolean {
  if (Array.isArray(value)) return value.every(isWhollyKnown);
  return isObject(value) ? Object.values(value).every(isWhollyKnown) : !(value instanceof Unknown);
}

/** An id as EC2 makes them: `vpc-0a1b2c3d4e5f60718`. */
export function ec2Id(prefix: string): string {
  return `${prefix}-0${hex(16)}`;
}

/** So many random hexadecimal digits. */
export function hex(digits: number): string {
  return randomBytes(Math.ceil(digits / 2))
    .toString("hex")
    .slice(0, digits);
}

/** An IAM id: its kind's prefix and 17 characters, as `AROA...`. */
export function iamId(prefix: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return prefix + Array.from({ length: 17 }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}

let lastName = 0;

/** A name as the plugin makes them: prefix, time, counter. `terraform-20261123083425187200000001`. */
export function uniqueName(prefix: string): string {
  const time = new Date().toISOString().replaceAll(/\D/g, "").slice(0, 17);
  lastName += 1;
  return `${prefix}${time}0${lastName.toString(16).padStart(8, "0")}`;
}

/** Name and prefix of an object that takes `name` or `name_prefix`. */
export function nameOf(
  { name, name_prefix: prefix }: Values,
  otherwise = "terraform-",
): { name: string; name_prefix: string } {
  if (text(name) !== "") return { name: text(name), name_prefix: "" };
  const start = text(prefix) === "" ? otherwise : text(prefix);
  return { name: uniqueName(start), name_prefix: start };
}

/** Now, as APIs write it: `2026-11-23T08:34:26Z`. */
export function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

/** The simulated account and region behind one provider block. */
export class AwsAccount {
  public readonly id: string;
  public readonly region: string;

  public constructor(private readonly cloud: Cloud) {
    this.id = texts(cloud.provider["allowed_account_ids"])[0] ?? NO_ACCOUNT;
    this.region = text(cloud.provider["region"]);
  }

  /** ARN of something in this region. */
  public arn(service: string, resource: string, account = this.id): string {
    return `arn:${this.partition}:${service}:${this.region}:${account}:${resource}`;
  }

  /** ARN of something in a service without regions. */
  public globalArn(service: string, resource: string): string {
    return `arn:${this.partition}:${service}::${this.id}:${resource}`;
  }

  /** The objects of a type in this account and region. Types without a region's ARN are not of here. */
  public list(type: string): CloudObject[] {
    return this.all(type).filter(({ attributes }) => arnRegion(attributes) === this.region);
  }

  /** The objects of a type in this account, wherever they are. */
  public all(type: string): CloudObject[] {
    return this.cloud.list(type).filter(({ attributes }) => {
      const account = text(attributes["arn"]).split(":")[4] ?? "";
      return account === "" || account === this.id;
    });
  }

  /** The attributes of the object of this id in this region, or in the account where the service has no regions. */
  public find(type: string, id: Value | undefined): Values | undefined {
    const attributes = this.cloud.get(type, text(id))?.attributes;
    if (attributes === undefined) return undefined;
    const region = arnRegion(attributes);
    return region === "" || region === this.region ? attributes : undefined;
  }

  /** Whether there is such an image. */
  public imageExists(id: string): boolean {
    return this.cloud.imageExists?.(id) ?? true;
  }

  private get partition(): string {
    if (this.region.startsWith("cn-")) return "aws-cn";
    return this.region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
  }
}

/** The place of a type whose id is a name: regions have names of their own. */
export function regionOf(provider: Values): string {
  return text(provider["region"]);
}

/** The region in the object's ARN; `""` where the service has none. */
export function arnRegion(attributes: Values): string {
  return text(attributes["arn"]).split(":")[3] ?? "";
}

/** Suppresses the removal of a block that AWS always has: it stays as it was. */
export function ifLeftOut({ path, old, new: given }: LeafChange): boolean {
  return path.at(-1) === "#" && old === "1" && given === "0";
}

/**
 * Whether two texts mean the same truth value, or none. The plugin takes whatever is no truth value for false, an
 * unknown value too.
 */
export function sameTruth({ old, new: given }: LeafChange): boolean {
  const isTrue = (value: string): boolean => /^(1|t|T|TRUE|true|True)$/.test(value);
  return (old === "") === (given === "") && isTrue(old) === isTrue(given);
}

/** What an object has of its own, and what other resources added to it, once each. */
export function together(own: Value | undefined, added: readonly Value[]): Value[] {
  return [...apart(own, added), ...added];
}

/** What an object has of its own, without what other resources added to it. */
export function apart(own: Value | undefined, added: readonly Value[]): Value[] {
  const keys = new Set(added.map(keyOf));
  return Array.isArray(own) ? own.filter((element) => !keys.has(keyOf(element))) : [];
}

function keyOf(value: Value): string {
  return JSON.stringify(
    isObject(value) ? Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)) : value,
  );
}
