import { identityValues, keptIdentityVariable, LOG_ACCESS } from "../live/applied-identity";
import { fleetStackName } from "../live/stack-names";
import { readConfiguration } from "./adopt/synthesized-stack";
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
  const targets = named.flatMap((stack) => targetsOf(stack, env)).join(" ");
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
  const values = await Promise.all(
    fleets.map(async ({ name }) => {
      const kept = identityValues(await store.readState(fleetStackName(name)));
      return [`TF_VAR_${keptIdentityVariable(name)}`, JSON.stringify(kept)] as const;
    }),
  );
  return Object.fromEntries(values);
}

/** Everything in a stack but what lies in the construct of its identity. */
function targetsOf(stack: string, env: NodeJS.ProcessEnv): readonly string[] {
  const { resource } = readConfiguration({ name: stack, directory: stackDirectory(stack, env), env });
  return Object.entries(resource).flatMap(([type, named]) =>
    Object.entries(named)
      .filter(
        ([, { "//": comment }]) => comment?.metadata.path.startsWith(`${stack}/${LOG_ACCESS}/`) !== true,
      )
      .map(([name]) => `-target=${type}.${name}`),
  );
}
