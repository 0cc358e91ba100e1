import { z } from "zod";
import { apiEndpoint } from "../../fleet/api-endpoint";
import { keyCredential } from "../../fleet/key-credential";
import { BGP_PASSWORD } from "./equinix-bgp";

const ENDPOINT = {
  variable: "EQUINIX_API_ENDPOINT",
  standard: "https://api.equinix.com",
  refusal: "Equinix Metal's API cannot be asked",
} as const;

/** Equinix Metal's API key, which the plugin reads itself, and the password that projects and nodes are given. */
export const equinixCredential = keyCredential({
  api: "Equinix Metal",
  obtain:
    "The service ended on 30 June 2026, so no new key can be had; one that you kept has to be a user's own with write access, since a project's key makes no projects. The password is one that you choose: docs/providers/equinix.md.",
  variables: [
    { name: "METAL_AUTH_TOKEN", holds: "API key" },
    { name: `TF_VAR_${BGP_PASSWORD}`, holds: "password of your BGP sessions" },
  ],
  question: (variables) => ({
    url: new URL(`${apiEndpoint(ENDPOINT, variables["EQUINIX_API_ENDPOINT"])}/metal/v1/user`),
    headers: { "X-Auth-Token": variables["METAL_AUTH_TOKEN"] ?? "" },
  }),
  schema: z.object({ full_name: z.string() }),
  knows: ({ full_name: name }) => `user ${name}`,
  refusal: "does not tell whose key it is",
});
