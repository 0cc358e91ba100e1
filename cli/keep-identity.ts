import { identityValues, keptIdentityVariable, LOG_ACCESS } from "../live/applied-identity";
import { fleetStackName } from "../live/stack-names";
import type { LiveStore } from "../live/live-store";
import { readConfiguration, type SynthesizedStack } from "./adopt/synthesized-stack";
import { ALL_STACKS, stackDirectory, synthesize } from "./cdktf";

/** How cdktf is run so that Terraform plans a part of its stacks only. */
export interface Narrowed {
  readonly flags: readonly string[];
  readonly variables: NodeJS.ProcessEnv;
}

export const NOT_NARROWED: Narrowed = { flags: [], variables: {} };

/**
 * Synthesizes stacks whose nodes keep what they were given, and names to Terraform all that is left to plan: it then starts
 * no plugin of the cloud that the identities are in.
 * @param stacks names of stacks, or that of all.
 * @param env with POLYCAST_KEEP_IDENTITY, which tells the synth.
 */
export async function withoutIdentities(
  stacks: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Narrowed> {
  const existing = await synthesize(env);
  const named = existing.filter((stack) => stacks.includes(ALL_STACKS) || stacks.includes(stack));
  const targets = named
    .flatMap((name) => targetsOf({ name, directory: stackDirectory(name, env), env }))
    .join(" ");
  return {
    flags: ["--skip-synth"],
    // https://developer.hashicorp.com/terraform/cli/config/environment-variables#tf_cli_args-and-tf_cli_args_name
    variables: { ...(await keptIdentities(named)), TF_CLI_ARGS_plan: targets, TF_CLI_ARGS_apply: targets },
  };
}

/** What the states of fleets' stacks hold of their identities, as Terraform's variables. */
async function keptIdentities(stacks: readonly string[]): Promise<NodeJS.ProcessEnv> {
  const { chosenEnvironment, loadEnvironment } = await import("../environments/load-environment");
  const { openLiveStore } = await import("../live/open-live-store");
  const environment = await loadEnvironment(chosenEnvironment());
  const store = await openLiveStore(environment);
  const fleets = environment.fleets.filter(({ name }) => stacks.includes(fleetStackName(name)));
  const values = await Promise.all(fleets.map(({ name }) => keptIdentity(name, store)));
  return Object.assign({}, ...values) as NodeJS.ProcessEnv;
}

/** What the state of a fleet's stack holds of its identity, as the variable of Terraform's that stands for it. */
export async function keptIdentity(
  fleet: string,
  store: Pick<LiveStore, "readState">,
): Promise<NodeJS.ProcessEnv> {
  const kept = identityValues(await store.readState(fleetStackName(fleet)));
  return { [`TF_VAR_${keptIdentityVariable(fleet)}`]: JSON.stringify(kept) };
}

/** Names to Terraform everything in a stack but what lies in the construct of its identity. */
export function targetsOf(synthesized: SynthesizedStack): readonly string[] {
  const stack = synthesized.name;
  const { resource } = readConfiguration(synthesized);
  return Object.entries(resource).flatMap(([type, named]) =>
    Object.entries(named)
      .filter(
        ([, { "//": comment }]) => comment?.metadata.path.startsWith(`${stack}/${LOG_ACCESS}/`) !== true,
      )
      .map(([name]) => `-target=${type}.${name}`),
  );
}
