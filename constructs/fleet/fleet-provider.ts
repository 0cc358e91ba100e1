import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { z } from "zod";
import type { PolicyRule } from "../policies/policy-rule";
import type { ApiCredential } from "./api-credential";
import type { ImageSource } from "../image/image-source";
import type { DataPlaneFleet } from "./data-plane-fleet";
import type { ClientAffinity, FleetWish, HealthCheck, Listener, Size } from "./fleet-inputs";
import type { CarriedStrategies, LogAccess, NodeLogAccess } from "./log-access";
import type { Problem } from "./problem";

/** What an environment asks of each of its fleets alike. */
export interface FleetDemand {
  /** Name of the environment. */
  readonly environment: string;
  readonly listeners: readonly Listener[];
  readonly health: HealthCheck;
  readonly clientAffinity: ClientAffinity;
  /** Where nodes register and learn of each other. */
  readonly controlPlaneUrl: string;
  /** Certificates (PEM) to trust there; by default those that the node's system trusts. */
  readonly controlPlaneCa?: string;
  /** True: dummy credentials and loopback endpoints in every provider block, and addresses for documentation are as good as any. */
  readonly sandbox: boolean;
  /** With which a node enrols there; where it is checked only, one as long as it may be. */
  readonly joinToken?: string;
}

/** A release, resolved to one provider's image. */
export interface FleetRelease {
  /** Id in the release manifest. */
  readonly id: string;
  /** The manifest's entry for this provider; its form is the provider's own. */
  readonly image: unknown;
}

/** What a fleet runs: a release, and another one at some of its sites. */
export interface FleetReleases extends FleetRelease {
  /** Site -> what it runs instead; only of a provider whose sites can differ. */
  readonly sites?: Readonly<Record<string, FleetRelease>> | undefined;
}

/** Everything that a fleet is built from. */
export interface FleetProps extends FleetDemand {
  readonly release: FleetReleases;
  /** What must have happened before the release reaches a node: the live record agrees. */
  readonly after: readonly ITerraformDependable[];
  /** How its nodes may write logs; undefined: their machines have a role, which the provider makes. */
  readonly logAccess: NodeLogAccess | undefined;
  /** True: no plan may destroy what holds an address. */
  readonly protect: boolean;
  /** Polycast's own folder, from where Terraform runs the stack: for commands that Terraform starts. */
  readonly projectRoot: string;
}

/** What a provider can do; a wish beyond it is refused with the reason given here. */
export interface FleetAbilities {
  /** `true`, or why not. */
  readonly ipv6: true | string;
  readonly udp: true | string;
  readonly sourceIpAffinity: true | string;
  readonly scaling: true | string;
  /** Ways for nodes to come to write logs. */
  readonly logs: CarriedStrategies;
  /** Whether one site can run another release than the next. */
  readonly releasePerSite: boolean;
  /** How Terraform replaces nodes: a few at a time, new before old, or all at once. */
  readonly replacement: "rolling" | "surge" | "all-at-once";
  /** How a site is emptied without DNS, or `none`. */
  readonly siteDrain: "endpoint-weight" | "none";
}

/** An existing object that is to become one of a fleet's resources. */
export interface AdoptedObject {
  /** Terraform's resource type. */
  readonly type: string;
  /** As it is, in the terms of the resource's schema. */
  readonly before: Readonly<Record<string, unknown>>;
  /** As the fleet wants it; without what is known only after apply. */
  readonly after: Readonly<Record<string, unknown>>;
}

/**
 * One fleet on one provider, as an environment asks for it: what `aws({...})` and `stackpath({...})` return.
 * All that lies downstream (DNS, rollouts, pictures) sees only this and {@link DataPlaneFleet}.
 */
export interface FleetProvider {
  /** Name of the fleet, unique in its environment. */
  readonly name: string;
  /** The provider's name: the key of its images in a release manifest. */
  readonly provider: string;
  /** How the anycast address is announced: by the provider, or by the nodes over BGP. */
  readonly reach: "managed-anycast" | "bgp";
  readonly wish: FleetWish;
  /** The wish's form: environments are synthesized without a type check. */
  readonly wishSchema: z.ZodType;
  readonly abilities: FleetAbilities;
  readonly sizes: readonly Size[];
  /** US dollars a month for a node of one of the sizes, running all the time, before tax and traffic. Left out: not known. */
  readonly monthlyPrice?: (size: Size) => number;
  /** How nodes may write logs: what the wish says, else what is safe for every fleet of this provider, if anything is. */
  readonly logs: LogAccess | undefined;
  /** How its images are made. Left out: they are made elsewhere, and written into the manifest by hand. */
  readonly image?: ImageSource;
  /** What its API wants of whoever deploys the fleet. */
  readonly credentials: readonly ApiCredential[];
  /** What must hold for every object of its kinds. */
  readonly policies: readonly PolicyRule[];
  /** Whether Terraform's state holds a secret of the provider's, beside that of `logs`. Default: false. */
  readonly secretsInState?: boolean;
  /** What only this provider can find wrong: unknown sites, names over its limits, combinations, its image entry. */
  check(demand: FleetDemand, release: FleetRelease): readonly Problem[];
  /** What would be lost if the fleet took over an object that was made elsewhere, and which wish keeps it. */
  checkAdopted?(object: AdoptedObject): readonly Problem[];
  fleet(scope: Construct, id: string, props: FleetProps): DataPlaneFleet;
}
