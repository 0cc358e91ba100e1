import { z } from "zod";
import { checkVariables, whyUnanswered, type ApiCredential } from "../../fleet/api-credential";
import { PolycastError } from "../../fleet/problem";
import { ns1Api } from "./ns1-api";

/** NS1's key, which the plugin and the API of `polycast dns` read alike. */
export const ns1Credential: ApiCredential = {
  api: "NS1",
  obtain:
    "Make one in NS1's portal under account settings; it needs the rights to manage zones, records, monitoring jobs, notify lists and data sources.",
  variables: ["NS1_APIKEY"],
  check(variables) {
    return Promise.resolve(
      checkVariables(ns1Credential, [{ name: "NS1_APIKEY", holds: "API key" }], variables),
    );
  },
  async reach(variables, signal) {
    const { endpoint } = ns1Api(variables);
    const url = new URL("zones", endpoint);
    const headers = { "X-NSONE-Key": variables["NS1_APIKEY"] ?? "" };
    const response = await fetch(url, { headers, signal }).catch((error: unknown) => {
      throw refused(url, whyUnanswered(error));
    });
    if (!response.ok) throw refused(url, `status ${response.status}`);
    const zones = z.array(z.unknown()).safeParse(await response.json().catch(() => undefined));
    if (!zones.success) throw refused(url, "what it says is not what NS1 says");
    return zones.data.length === 1 ? "1 zone" : `${zones.data.length} zones`;
  },
};

function refused({ host }: URL, what: string): PolycastError {
  return new PolycastError("NS1 does not list its zones", [{ where: host, what }]);
}
