import { z } from "zod";
import type { Environment } from "../constructs/fleet/environment";
import { PolycastError, show } from "../constructs/fleet/problem";
import { nodeListSchema, type NodeEntry } from "../sandbox/control-plane/protocol";

/** In milliseconds. */
const ANSWER_WITHIN = 10_000;
/** Environment variable with an operator's token. */
export const CONTROL_PLANE_TOKEN = "POLYCAST_CONTROL_PLANE_TOKEN";

/**
 * The nodes of an environment, as its control plane knows them.
 * @throws PolycastError where it does not answer.
 */
export async function controlPlaneNodes(
  { name }: Pick<Environment, "name">,
  url: string,
  token: string,
): Promise<readonly NodeEntry[]> {
  const query = `${url.replace(/\/$/, "")}/v1/nodes?environment=${encodeURIComponent(name)}`;
  try {
    const response = await fetch(query, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
    if (!response.ok) throw new Error(`status ${response.status}: ${show(await response.text())}`);
    return nodeListSchema.parse(await response.json()).nodes;
  } catch (error) {
    // fetch says why only in the cause.
    const { message, cause } = error as Error & { readonly cause?: Error };
    throw new PolycastError("The control plane does not say which nodes there are", [
      {
        where: query,
        what:
          error instanceof z.ZodError
            ? z.prettifyError(error)
            : `${message}${cause === undefined ? "" : ` (${cause.message})`}`,
        remedy: `Check the environment's controlPlaneUrl and the operator token in ${CONTROL_PLANE_TOKEN}, or unset it to do without nodes.`,
      },
    ]);
  }
}
