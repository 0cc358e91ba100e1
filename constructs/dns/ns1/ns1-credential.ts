import { z } from "zod";
import { keyCredential } from "../../fleet/key-credential";
import { ns1Api } from "./ns1-api";

/** NS1's key, which the plugin and the API of `polycast dns` read alike. */
export const ns1Credential = keyCredential({
  api: "NS1",
  obtain:
    "Make one in NS1's portal under account settings; it needs the rights to manage zones, records, monitoring jobs, notify lists and data sources.",
  variables: [{ name: "NS1_APIKEY", holds: "API key" }],
  question: (variables) => ({
    url: new URL("zones", ns1Api(variables).endpoint),
    headers: { "X-NSONE-Key": variables["NS1_APIKEY"] ?? "" },
  }),
  schema: z.array(z.unknown()),
  knows: ({ length }) => (length === 1 ? "1 zone" : `${length} zones`),
  refusal: "does not list its zones",
});
