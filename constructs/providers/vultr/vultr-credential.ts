import { z } from "zod";
import { checkVariables, whyUnanswered, type ApiCredential } from "../../fleet/api-credential";
import { apiEndpoint } from "../../fleet/api-endpoint";
import { PolycastError } from "../../fleet/problem";
import { BGP_PASSWORD } from "./vultr-bgp";

/** With another one, as Vultr's Ansible collection takes it, only Polycast's own calls go there: no plugin knows another. */
export const VULTR_ENDPOINT = {
  variable: "VULTR_API_ENDPOINT",
  standard: "https://api.vultr.com/v2",
  refusal: "Vultr's API cannot be asked",
} as const;

const VARIABLES = [
  { name: "VULTR_API_KEY", holds: "API key" },
  { name: `TF_VAR_${BGP_PASSWORD}`, holds: "password of your BGP sessions" },
];

const accountSchema = z.object({ account: z.object({ name: z.string() }) });

/** Vultr's API key, which the plugin reads itself, and the password with which nodes open their BGP sessions. */
export const vultrCredential: ApiCredential = {
  api: "Vultr",
  obtain:
    "Make a key in Vultr's console under Account, API, and allow the address that you deploy from; the console shows the BGP password under Network, BGP, once Vultr has approved your prefixes, which takes days: docs/providers/vultr.md.",
  variables: VARIABLES.map(({ name }) => name),
  check(variables) {
    return Promise.resolve(checkVariables(vultrCredential, VARIABLES, variables));
  },
  async reach(variables, signal) {
    const url = new URL(`${apiEndpoint(VULTR_ENDPOINT, variables["VULTR_API_ENDPOINT"])}/account`);
    const headers = { Authorization: `Bearer ${variables["VULTR_API_KEY"] ?? ""}` };
    const response = await fetch(url, { headers, signal }).catch((error: unknown) => {
      throw refused(url, whyUnanswered(error));
    });
    if (!response.ok) throw refused(url, `status ${response.status}`);
    const parsed = accountSchema.safeParse(await response.json().catch(() => undefined));
    if (!parsed.success) throw refused(url, "what it says is not what Vultr says");
    return `account ${parsed.data.account.name}`;
  },
};

function refused({ host }: URL, what: string): PolycastError {
  return new PolycastError("Vultr does not tell whose key it is", [{ where: host, what }]);
}
