import type { ApiCredential } from "../constructs/fleet/api-credential";
import type { Environment } from "../constructs/fleet/environment";
import { controlPlaneToken } from "../constructs/fleet/control-plane-token";
import { joinTokenCredential } from "../constructs/fleet/join-token";
import { awsCredential } from "../constructs/secrets/aws-credential";
import { EDGE_DNS, fleetStackName, imageStackName, MANAGEMENT } from "./stack-names";

/** A credential, and what it is needed for. */
export interface NeededCredential {
  readonly credential: ApiCredential;
  /** `the stack aws-fleet`, `the state in s3://bucket`. */
  readonly neededFor: readonly string[];
}

/**
 * The credentials without which some stacks of an environment can be neither planned nor changed: those of their APIs, and
 * that of the store which holds their state. None in the sandbox.
 * @param stacks their names.
 * @param keepsIdentity whether plans leave out the identities by which nodes write logs.
 */
export function credentialsOf(
  environment: Environment,
  stacks: readonly string[],
  keepsIdentity = false,
): readonly NeededCredential[] {
  const { fleets, dns, management, state, sandbox = false } = environment;
  if (sandbox) return [];
  const named = (stack: string, credentials: readonly ApiCredential[]) =>
    stacks.includes(stack)
      ? credentials.map((credential) => ({ credential, purpose: `the stack ${stack}` }))
      : [];
  const all = [
    ...fleets.flatMap(({ name, provider, credentials, logs }) => [
      ...named(imageStackName(provider), credentials),
      ...named(fleetStackName(name), [
        ...credentials,
        // What nodes are given besides, such as a token, is in no resource, so that it is needed all the same.
        ...(logs?.credentials(name) ?? []).filter((each) => !(keepsIdentity && each === awsCredential)),
        ...[controlPlaneToken(environment, name) ?? []].flat().map(joinTokenCredential),
      ]),
    ]),
    ...named(EDGE_DNS, dns.credentials),
    ...named(MANAGEMENT, management?.credentials ?? []),
    ...(state.kind === "s3"
      ? [{ credential: awsCredential, purpose: `the state in s3://${state.bucket}` }]
      : []),
  ];
  return [...new Set(all.map(({ credential }) => credential))].map((credential) => ({
    credential,
    neededFor: [
      ...new Set(all.filter((each) => each.credential === credential).map(({ purpose }) => purpose)),
    ],
  }));
}
