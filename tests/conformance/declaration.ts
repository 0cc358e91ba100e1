import { checkEnvironment, demandOf } from "../../constructs/fleet/check-environment";
import type { Environment } from "../../constructs/fleet/environment";
import type { Listener, SiteWish } from "../../constructs/fleet/fleet-inputs";
import type { FleetDemand, FleetProvider, FleetRelease } from "../../constructs/fleet/fleet-provider";
import type { Problem } from "../../constructs/fleet/problem";
import { emptyRecord } from "../../live/live-record";
import { testEnvironment } from "../environment-for-tests";
import { synthesize, type StackJson } from "../synthesize";
import { FIRST_RELEASE, manifestOf, sitesOf, withSites, type Subject } from "./subject";

/** A provider as it declares itself, and ways to ask it for what it should or should not take. */
export interface Declaration {
  readonly subject: Subject;
  /** Of the subject's own wish. */
  readonly provider: FleetProvider;
  readonly environment: Environment;
  /** What the provider and the core find wrong with a changed wish, environment or image. */
  readonly problems: (changes?: Changes) => readonly Problem[];
  /** The fleet's stack. @throws PolycastError where it is refused. */
  readonly stack: (changes?: Changes) => StackJson;
}

export interface Changes {
  readonly wish?: Readonly<Record<string, unknown>>;
  readonly environment?: Partial<Environment>;
  readonly image?: unknown;
}

/** What every provider serves; a tunnel stands for everything beside the proxy. */
export const LISTENERS: readonly Listener[] = [
  { port: 443, protocol: "TCP" },
  { port: 2222, protocol: "TCP", role: "tunnel" },
];

/** With a token that every node is to be given, and nobody else may read. */
export function environmentOf(fleet: FleetProvider, changes: Partial<Environment> = {}): Environment {
  return testEnvironment({
    name: "sandbox",
    fleets: [fleet],
    listeners: LISTENERS,
    controlPlaneJoinToken: true,
    ...changes,
  });
}

export function declare(subject: Subject): Declaration {
  const provider = subject.make(subject.wish);
  const make = ({ wish }: Changes) => subject.make({ ...subject.wish, ...wish });
  const releaseOf = (changes: Changes): FleetRelease => ({
    id: FIRST_RELEASE,
    image:
      "image" in changes
        ? changes.image
        : manifestOf(subject, provider.provider).releases[FIRST_RELEASE]?.images[provider.provider],
  });
  return {
    subject,
    provider,
    environment: environmentOf(provider),
    problems: (changes = {}) =>
      checkEnvironment(environmentOf(make(changes), changes.environment), () => releaseOf(changes)),
    stack: (changes = {}) => {
      const fleet = make(changes);
      const environment = environmentOf(fleet, changes.environment);
      const record = emptyRecord(environment.name);
      const stacks = synthesize(environment, record, manifestOf(subject, provider.provider));
      const stack = stacks[`${fleet.name}-fleet`];
      if (stack === undefined) throw new Error("it has no stack");
      return stack;
    },
  };
}

/** The demand that the subject's environment makes. */
export function demandBy({ environment }: Declaration): FleetDemand {
  return demandOf(environment);
}

/** One site alone, with so many nodes. */
export function oneSite(subject: Subject, nodes: SiteWish["nodes"]): Subject["wish"] {
  const [first, second] = sitesOf(subject);
  return withSites(subject.wish, { [first]: { ...subject.wish.sites[first], nodes }, [second]: undefined });
}

/** The longest name of a fleet that nobody refuses; `""` where every one is refused. */
export function longestName({ problems }: Declaration): string {
  for (let length = 31; length > 0; length--) {
    const name = `n${"x".repeat(length - 1)}`;
    if (problems({ wish: { name } }).length === 0) return name;
  }
  return "";
}
