import { TerraformVariable } from "cdktf";
import type { Construct } from "constructs";
import { checkVariables, whyUnanswered, type ApiCredential } from "./api-credential";
import { httpsStatus } from "./https-status";
import { PolycastError } from "./problem";

/** A token that nodes of one fleet are given to prove whose they are, once; a service of the operator's makes it. */
export interface JoinToken {
  /** Name of the Terraform variable, which is in the fleet's stack alone; `TF_VAR_<name>` holds the token. */
  readonly variable: string;
  /** Who takes it, as a person names it: `the control plane`. */
  readonly service: string;
  readonly fleet: string;
  /** HTTPS URL of the service where anybody gets an answer. */
  readonly url: string;
  /** Certificates (PEM) by which the service is trusted. Default: those that the system trusts. */
  readonly ca?: string;
}

/** Terraform's names know no hyphen. */
export function joinTokenVariable(kind: "enrol" | "join", fleet: string): string {
  return `${kind}_token_${fleet.replaceAll("-", "_")}`;
}

/** @returns the token, which Terraform takes from the environment; in the sandbox there is always one. */
export function joinToken(
  scope: Construct,
  id: string,
  { variable, service, fleet }: Pick<JoinToken, "variable" | "service" | "fleet">,
  sandbox: boolean,
): string {
  const token = new TerraformVariable(scope, id, {
    type: "string",
    sensitive: true,
    nullable: false,
    description: `Token with which nodes of ${fleet} enrol with ${service}`,
    ...(sandbox && { default: "sandbox" }),
  });
  token.overrideLogicalId(variable);
  return token.stringValue;
}

/** What whoever deploys the fleet needs for it. */
export function joinTokenCredential({ variable, service, fleet, url, ca }: JoinToken): ApiCredential {
  const name = `TF_VAR_${variable}`;
  const api = `${service} of ${fleet}`;
  const obtain = `Have ${new URL(url).host} make a join token for the nodes of ${fleet}.`;
  return {
    api,
    obtain,
    variables: [name],
    check: (variables) =>
      Promise.resolve(checkVariables({ api, obtain }, [{ name, holds: "join token" }], variables)),
    // The token may be good for a single use: only the server is asked, for what anybody may read.
    async reach(_, signal) {
      const status = await httpsStatus(url, ca, signal).catch((error: unknown) => {
        throw new PolycastError(`${api} does not answer`, [{ where: url, what: whyUnanswered(error) }]);
      });
      return `${url} answers with status ${status}; the token was not tried`;
    },
  };
}
