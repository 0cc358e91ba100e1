import type { NeededCredential } from "../../live/stack-credentials";
import type { Variables } from "../../constructs/fleet/api-credential";
import { unwell, type Finding } from "./finding";

/** Whether each credential is there, and its API knows it. */
export async function examineCredentials(
  needed: readonly NeededCredential[],
  variables: Variables,
  within: () => AbortSignal,
): Promise<readonly Finding[]> {
  const found = await Promise.all(
    needed.map(async ({ credential, neededFor }): Promise<readonly Finding[]> => {
      const topic = `credentials for ${credential.api}`;
      const problems = await credential.check(variables);
      if (problems.length > 0) {
        return problems.map(({ where, what, remedy }) => ({
          topic,
          verdict: "fail",
          says: `${where}: ${what} (needed for ${neededFor.join(", ")})`,
          ...(remedy === undefined ? {} : { remedy }),
        }));
      }
      try {
        const as = await credential.reach(variables, within());
        return [{ topic, verdict: "ok", says: `taken: ${as}` }];
      } catch (error) {
        return unwell(topic, error);
      }
    }),
  );
  return found.flat();
}
