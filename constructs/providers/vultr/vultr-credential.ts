import { z } from "zod";
import { apiEndpoint } from "../../fleet/api-endpoint";
import { keyCredential } from "../../fleet/key-credential";
import { BGP_PASSWORD } from "./vultr-bgp";

/** With another one, as Vultr's Ansible collection takes it, only Polycast's own calls go there: no plugin knows another. */
export const VULTR_ENDPOINT = {
  variable: "VULTR_API_ENDPOINT",
  standard: "https://api.vultr.com/v2",
  refusal: "Vultr's API cannot be asked",
} as const;

/** Vultr's API key, which the plugin reads itself, and the password with which nodes open their BGP sessions. */
export const vultrCredential = keyCredential({
  api: "Vultr",
  obtain:
    "Make a key in Vultr's console under Account, API, and allow the address that you deploy from; the console shows the BGP password under Network, BGP, once Vultr has approved your prefixes, which takes days: docs/providers/vultr.md.",
  variables: [
    { name: "VULTR_API_KEY", holds: "API key" },
    { name: `TF_VAR_${BGP_PASSWORD}`, holds: "password of your BGP sessions" },
  ],
  question: (variables) => ({
    url: new URL(`${apiEndpoint(VULTR_ENDPOINT, variables["VULTR_API_ENDPOINT"])}/account`),
    headers: { Authorization: `Bearer ${variables["VULTR_API_KEY"] ?? ""}` },
  }),
  schema: z.object({ account: z.object({ name: z.string() }) }),
  knows: ({ account }) => `account ${account.name}`,
  refusal: "does not tell whose key it is",
});
