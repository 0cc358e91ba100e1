import { checkVariables } from "../../../constructs/fleet/api-credential";
import { ns1Credential } from "../../../constructs/dns/ns1/ns1-credential";
import { stackpathCredential } from "../../../constructs/providers/stackpath/stackpath-credential";
import { awsCredential } from "../../../constructs/secrets/aws-credential";
import { withoutCredentials } from "../../../sandbox/credentials";

const api = { api: "Example", obtain: "Ask for one." };
const key = {
  name: "EXAMPLE_KEY",
  holds: "API key",
  form: { pattern: /^[a-z0-9]{8}$/, says: "8 small letters and digits" },
};
const problems = (value: string | undefined) => checkVariables(api, [key], { EXAMPLE_KEY: value });

describe("a variable of a credential", () => {
  test.each([
    [undefined, "is not set"],
    ["", "is empty"],
    ["abcd1234\n", "contains a line break, as from a copied file"],
    ["abcd1234\r\n", "contains a line break, as from a copied file"],
    ["abcd 234", "contains a space"],
    ["\tabcd1234", "contains a space"],
    ["abcd123\u0000", "contains a character that no key has, as from copied text"],
    ["abcd123\u2013", "contains a character that no key has, as from copied text"],
    ['"abcd1234"', "stands in quotation marks that are part of it"],
    ["'abcd1234'", "stands in quotation marks that are part of it"],
    ["abcd123", "has another form (7 characters); expected 8 small letters and digits"],
    ["ABCD1234", "has another form (8 characters); expected 8 small letters and digits"],
  ])("%j %s", (value, what) => {
    expect(problems(value)).toEqual([
      { where: "EXAMPLE_KEY", what: `${what}; it holds the API key for Example`, remedy: "Ask for one." },
    ]);
  });

  test("that is well has no problem", () => {
    expect(problems("abcd1234")).toEqual([]);
  });

  test("is never shown, whatever is wrong with it", () => {
    for (const value of ["s3cr3t c4n4ry", "s3cr3t-c4n4ry\n", '"s3cr3t-c4n4ry"', "s3cr3t-c4n4ry"]) {
      expect(problems(value)).toHaveLength(1);
      expect(JSON.stringify(problems(value))).not.toMatch(/s3cr3t|c4n4ry/);
    }
  });
});

describe("the credentials of the providers", () => {
  const all = [awsCredential, stackpathCredential, ns1Credential];

  test("are all taken out of the environment of what runs in the sandbox", () => {
    const names = all.flatMap(({ variables }) => variables);
    expect(names.length).toBeGreaterThan(7);
    const left = withoutCredentials(Object.fromEntries(names.map((name) => [name, "s3cr3t"])));
    expect(Object.values(left)).not.toContain("s3cr3t");
  });

  test("of StackPath and NS1 name every variable that is missing or malformed", async () => {
    const where = async (credential: typeof ns1Credential, variables: Record<string, string>) =>
      (await credential.check(variables)).map((problem) => problem.where);
    expect(await where(stackpathCredential, {})).toEqual([
      "STACKPATH_STACK_ID",
      "STACKPATH_CLIENT_ID",
      "STACKPATH_CLIENT_SECRET",
    ]);
    expect(
      await where(stackpathCredential, {
        STACKPATH_STACK_ID: "stack",
        STACKPATH_CLIENT_ID: "id",
        STACKPATH_CLIENT_SECRET: "secret\n",
      }),
    ).toEqual(["STACKPATH_CLIENT_SECRET"]);
    expect(await where(ns1Credential, { NS1_APIKEY: " key" })).toEqual(["NS1_APIKEY"]);
    expect(await where(ns1Credential, { NS1_APIKEY: "key" })).toEqual([]);
  });
});
