import type { Environment } from "./environment";
import type { FleetProvider } from "./fleet-provider";
import { show, type Problem } from "./problem";

/** Whether the state lies where it may: that of the sandbox here, and one that holds secrets in no plain file. */
export function checkState(environment: Environment): readonly Problem[] {
  const { state, sandbox } = environment;
  if (state.kind === "local") return sandbox === true ? [] : checkPlainState(fleetsWithSecrets(environment));
  if (sandbox === true) {
    return [{ where: "state.kind", what: "a sandbox's state is local: it goes when the sandbox goes" }];
  }
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(state.bucket)) return [];
  return [{ where: "state.bucket", what: `${show(state.bucket)} is not a bucket's name` }];
}

/** Whether whoever reads the state of the fleet's stack reads a secret: its own, or the one by which its nodes write logs. */
function hasSecretsInState({ secretsInState, logs }: FleetProvider): boolean {
  return secretsInState === true || logs?.secretsInState === true;
}

/** The fleets in whose state somebody reads a secret; a join token lies in every one. */
export function fleetsWithSecrets({
  fleets,
  controlPlaneJoinToken,
}: Pick<Environment, "fleets" | "controlPlaneJoinToken">): readonly FleetProvider[] {
  return fleets.filter((fleet) => controlPlaneJoinToken === true || hasSecretsInState(fleet));
}

/** A local state is a file in plain text, on one person's machine and in its backups. */
function checkPlainState(fleets: readonly FleetProvider[]): readonly Problem[] {
  const secret = fleets.map(({ name }) => name);
  if (secret.length === 0) return [];
  return [
    {
      where: "state.kind",
      what: `"local" is a file in plain text, and the state of ${secret.join(", ")} holds a secret`,
      remedy:
        'Use an encrypted bucket that only those who deploy can read: state: { kind: "s3", bucket: "...", region: "..." }; docs/production.md says how it is made.',
    },
  ];
}
