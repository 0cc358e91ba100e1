import type { Environment } from "./environment";
import { joinTokenVariable, type JoinToken } from "./join-token";

/** The token with which a fleet's nodes enrol with the control plane; undefined where they are given none. */
export function controlPlaneToken(
  {
    controlPlaneUrl: url,
    controlPlaneCa: ca,
    controlPlaneJoinToken = false,
  }: Pick<Environment, "controlPlaneUrl" | "controlPlaneCa" | "controlPlaneJoinToken">,
  fleet: string,
): JoinToken | undefined {
  if (!controlPlaneJoinToken) return undefined;
  const variable = joinTokenVariable("join", fleet);
  return { variable, service: "the control plane", fleet, url, ...(ca !== undefined && { ca }) };
}
