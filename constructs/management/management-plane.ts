import type { Construct } from "constructs";
import type { z } from "zod";
import type { ApiCredential } from "../fleet/api-credential";
import type { Problem } from "../fleet/problem";
import type { PolicyRule } from "../policies/policy-rule";

/** A fleet as those see it who watch it: by what its nodes write to their log group. */
export interface WatchedFleet {
  readonly name: string;
  /** Its log group, which has the same name in every region that has one. */
  readonly logGroup: string;
  /** Site -> AWS region of the log group that its nodes write to. */
  readonly sites: Readonly<Record<string, string>>;
}

export interface WatchProps {
  /** Name of the environment. */
  readonly environment: string;
  readonly fleets: readonly WatchedFleet[];
  /** Whether DNS shares by loads that somebody has to push, again and again. */
  readonly sharesByLoad: boolean;
  /** Whether nodes of some fleet are given a secret that ends by itself, so that somebody has to renew it before. */
  readonly secretsEnd: boolean;
  /** True: dummy credentials in every provider block. */
  readonly sandbox: boolean;
}

/**
 * What only a command of Polycast's knows, as a number: `load-pushes`, how often DNS was told the load of every fleet;
 * `builders-running`, how many machines exist at this moment that build an image; `secrets-due`, how many fleets' nodes
 * are given a secret that has ended, or soon does.
 */
export type Measurement = "load-pushes" | "builders-running" | "secrets-due";

/** An alarm of a fleet, and where the service keeps it. */
export interface FleetAlarm {
  /** Unique in its environment. */
  readonly name: string;
  readonly region: string;
}

export interface AlarmState {
  readonly state: "OK" | "ALARM" | "INSUFFICIENT_DATA";
  readonly reason: string;
}

/** Where an edge is watched, and from where people are called: what `cloudwatch({...})` returns. */
export interface ManagementPlane {
  readonly name: string;
  /** What the environment asked for, and its form: environments are synthesized without a type check. */
  readonly options: unknown;
  readonly optionsSchema: z.ZodType;
  /** What its API wants of whoever deploys it. */
  readonly credentials: readonly ApiCredential[];
  /** What must hold for every object of its kinds. */
  readonly policies: readonly PolicyRule[];
  /** What only this service finds wrong: regions, people it cannot reach. */
  check(props: Pick<WatchProps, "environment" | "fleets">): readonly Problem[];
  /** Makes alarms for every fleet and site, and one page that shows all of them side by side. */
  watch(scope: Construct, id: string, props: WatchProps): void;
  /** The name under which the service has a measurement of an environment. */
  metricOf(environment: string, measurement: Measurement): string;
  /**
   * Tells the service a measurement, with the credentials that its own tools would find.
   * @throws PolycastError where it cannot be told.
   */
  report(environment: string, measurement: Measurement, value: number): Promise<void>;
  /** The alarms that tell whether a fleet is well. */
  alarmsOf(props: WatchProps, fleet: string): readonly FleetAlarm[];
  /**
   * How alarms are at this moment.
   * @returns by name, without those that do not exist.
   * @throws PolycastError where it cannot be found out.
   */
  readAlarms(alarms: readonly FleetAlarm[]): Promise<ReadonlyMap<string, AlarmState>>;
}
