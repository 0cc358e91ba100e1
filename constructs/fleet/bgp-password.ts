import { TerraformVariable } from "cdktf";
import type { Construct } from "constructs";

/** Longest password of TCP-MD5 (RFC 2385 leaves it open; Linux takes 80 bytes, TCP_MD5SIG_MAXKEYLEN). */
export const LONGEST_BGP_PASSWORD = "x".repeat(80);

/**
 * The password of a fleet's BGP sessions, from the environment alone.
 * @param name of the Terraform variable; `TF_VAR_<name>` holds it.
 * @param whose sessions they are, and where one is told the password, as a sentence.
 * @returns a token.
 */
export function bgpPassword(
  scope: Construct,
  name: string,
  { provider, told, sandbox }: { provider: string; told: string; sandbox: boolean },
): string {
  const variable = new TerraformVariable(scope, "bgp-password", {
    type: "string",
    sensitive: true,
    description: `Password of your BGP sessions with ${provider}: export TF_VAR_${name}`,
    ...(sandbox ? { default: "sandbox" } : {}),
    validation: [
      {
        condition: `\${can(regex("^[!#-~]{1,80}$", var.${name}))}`,
        errorMessage: `TF_VAR_${name} is to hold the password of your BGP sessions: 1 to 80 characters of ASCII without spaces and double quotes, which BIRD cannot have. ${told}`,
      },
    ],
  });
  variable.overrideLogicalId(name);
  return variable.stringValue;
}
