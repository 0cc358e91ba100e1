import type { Filter, SteeredAnswer } from "./filter-chain";
import type { Records } from "./route53-answers";
import type { HealthChecks } from "./route53-health";

/** The record types that are served. */
export const SERVED_TYPES = ["A", "AAAA", "CNAME", "TXT", "NS", "SRV"] as const;
export type ServedType = (typeof SERVED_TYPES)[number];

/** All records of one name and type, before steering. */
export type RecordSet = FilteredSet | RoutedSet;

/** Steered by a filter chain of NS1. */
export interface FilteredSet {
  readonly type: ServedType;
  /** In seconds. */
  readonly ttl: number;
  readonly answers: readonly SteeredAnswer[];
  readonly filters: readonly Filter[];
}

/** Steered by Route 53's routing policies. */
export interface RoutedSet {
  readonly type: ServedType;
  /** Its own name, which may be a wildcard's. */
  readonly owner: string;
  /** All records of the zone: aliases lead from one to another. */
  readonly routed: Records;
  readonly healthChecks: HealthChecks;
}

/** One zone, ready to be looked up; all names in lower case, without a trailing dot. */
export interface Zone {
  readonly name: string;
  /** In seconds. */
  readonly ttl: number;
  readonly nameservers: readonly string[];
  readonly hostmaster: string;
  /** Times of the SOA record, in seconds. */
  readonly refresh: number;
  readonly retry: number;
  readonly expiry: number;
  readonly nxTtl: number;
  /** Every name that exists: those with records, and those above them (RFC 4592's empty non-terminals). */
  readonly names: ReadonlySet<string>;
  readonly records: ReadonlyMap<string, readonly RecordSet[]>;
}

/** A name as it is compared: lower case, no trailing dot. */
export function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** Whether `name` is `zone` or lies below it; both canonical. */
export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** `name` and the names above it, up to and with `zone`. */
export function* ancestors(name: string, zone: string): Generator<string> {
  for (let at = name; isWithin(at, zone); at = at.slice(at.indexOf(".") + 1)) {
    yield at;
    if (at === zone) return;
  }
}
