import { z } from "zod";
import { checkVariables, whyUnanswered, type ApiCredential } from "../../fleet/api-credential";
import { apiEndpoint } from "../../fleet/api-endpoint";
import { PolycastError } from "../../fleet/problem";
import { BGP_PASSWORD } from "./equinix-bgp";

const ENDPOINT = {
  variable: "EQUINIX_API_ENDPOINT",
  standard: "https://api.equinix.com",
  refusal: "Equinix Metal's API cannot be asked",
} as const;

const VARIABLES = [
  { name: "METAL_AUTH_TOKEN", holds: "API key" },
  { name: `TF_VAR_${BGP_PASSWORD}`, holds: "password of your BGP sessions" },
];

const userSchema = z.object({ full_name: z.string() });

/** Equinix Metal's API key, which the plugin reads itself, and the password that projects and nodes are given. */
export const equinixCredential: ApiCredential = {
  api: "Equinix Metal",
  obtain:
    "The service ended on 30 June 2026, so no new key can be had; one that you kept has to be a user's own with write access, since a project's key makes no projects. The password is one that you choose: docs/providers/equinix.md.",
  variables: VARIABLES.map(({ name }) => name),
  check(variables) {
    return Promise.resolve(checkVariables(equinixCredential, VARIABLES, variables));
  },
  async reach(variables, signal) {
    const url = new URL(`${apiEndpoint(ENDPOINT, variables["EQUINIX_API_ENDPOINT"])}/metal/v1/user`);
    const headers = { "X-Auth-Token": variables["METAL_AUTH_TOKEN"] ?? "" };
    const response = await fetch(url, { headers, signal }).catch((error: unknown) => {
      throw refused(url, whyUnanswered(error));
    });
    if (!response.ok) throw refused(url, `status ${response.status}`);
    const parsed = userSchema.safeParse(await response.json().catch(() => undefined));
    if (!parsed.success) throw refused(url, "what it says is not what Equinix Metal says");
    return `user ${parsed.data.full_name}`;
  },
};

function refused({ host }: URL, what: string): PolycastError {
  return new PolycastError("Equinix Metal does not tell whose key it is", [{ where: host, what }]);
}
