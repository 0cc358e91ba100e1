import { existsSync, readFileSync } from "node:fs";
import { checkVariables, whyUnanswered, type ApiCredential } from "../../fleet/api-credential";
import { PolycastError } from "../../fleet/problem";

const ENDPOINT = "https://gateway.stackpath.com/";

const SECRETS = [
  { name: "STACKPATH_CLIENT_ID", holds: "client id" },
  { name: "STACKPATH_CLIENT_SECRET", holds: "client secret" },
];

/**
 * A stack, and a client of StackPath's API; the plugin reads the same variables.
 * https://registry.terraform.io/providers/stackpath/stackpath/2.1.0/docs
 */
export const stackpathCredential: ApiCredential = {
  api: "StackPath",
  obtain:
    "Make one in StackPath's portal under API management; the stack's id or slug stands in its address there.",
  variables: ["STACKPATH_STACK_ID", ...SECRETS.map(({ name }) => name)],
  check(variables) {
    const stack = { name: "STACKPATH_STACK_ID", holds: "id or slug of the stack" };
    return Promise.resolve(checkVariables(stackpathCredential, [stack, ...SECRETS], variables));
  },
  async reach(variables, signal) {
    const url = new URL("identity/v1/oauth2/token", variables["STACKPATH_BASE_URL"] ?? ENDPOINT);
    const [id, secret] = SECRETS.map(({ name }) => contentOf(variables[name] ?? ""));
    const form = { grant_type: "client_credentials", client_id: id ?? "", client_secret: secret ?? "" };
    const response = await fetch(url, {
      method: "POST",
      body: new URLSearchParams(form),
      signal,
    }).catch((error: unknown) => {
      throw refused(url, whyUnanswered(error));
    });
    if (!response.ok) throw refused(url, `status ${response.status}`);
    return `stack ${variables["STACKPATH_STACK_ID"] ?? ""}`;
  },
};

/** The plugin takes the path of a file as well as what stands in it. */
function contentOf(value: string): string {
  return existsSync(value) ? readFileSync(value, "utf8") : value;
}

function refused({ host }: URL, what: string): PolycastError {
  return new PolycastError("StackPath gives no token", [{ where: host, what }]);
}
