import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { awsCredential } from "../../../constructs/secrets/aws-credential";
import { loopback, type Loopback } from "../../loopback";

const environment = { ...process.env };
const directory = mkdtempSync(join(tmpdir(), "aws-credential-"));
const KEYS = { AWS_ACCESS_KEY_ID: "AKIAC4N4RYC4N4RY0000", AWS_SECRET_ACCESS_KEY: "s3cr3t/c4n4ry" };

beforeEach(() => {
  // Nothing that lies on this machine has a say.
  process.env = {
    PATH: environment["PATH"],
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: "true",
  };
});
afterAll(() => {
  process.env = environment;
  rmSync(directory, { recursive: true });
});

/** What is wrong with the credentials in variables, which the process has too. */
async function check(variables: Record<string, string> = {}): Promise<readonly string[]> {
  Object.assign(process.env, variables);
  const problems = await awsCredential.check(process.env);
  expect(JSON.stringify(problems)).not.toMatch(/c4n4ry/i);
  return problems.map(({ where, what }) => `${where} ${what}`);
}

describe("AWS's credentials", () => {
  test("are missing where the whole chain has none", async () => {
    expect(await check()).toEqual([
      expect.stringMatching(/^AWS_PROFILE, or AWS_ACCESS_KEY_ID .* none of them gives credentials for AWS/),
    ]);
  });

  test("may be keys in the environment, with a session token or without", async () => {
    expect(await check(KEYS)).toEqual([]);
    expect(await check({ ...KEYS, AWS_SESSION_TOKEN: "token" })).toEqual([]);
  });

  test("may be a profile of the AWS tools' own files", async () => {
    const file = join(directory, "credentials");
    writeFileSync(file, "[edge]\naws_access_key_id = AKIA0000000000000000\naws_secret_access_key = s3cr3t\n");
    expect(await check({ AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: "edge" })).toEqual([]);
    expect(await check({ AWS_PROFILE: "egde" })).toEqual([expect.stringContaining("none of them gives")]);
  });

  test.each<[Record<string, string>, readonly string[]]>([
    [{ AWS_ACCESS_KEY_ID: KEYS.AWS_ACCESS_KEY_ID }, ["AWS_SECRET_ACCESS_KEY is not set"]],
    [{ AWS_SECRET_ACCESS_KEY: KEYS.AWS_SECRET_ACCESS_KEY }, ["AWS_ACCESS_KEY_ID is not set"]],
    [{ ...KEYS, AWS_SECRET_ACCESS_KEY: "" }, ["AWS_SECRET_ACCESS_KEY is empty"]],
    [{ ...KEYS, AWS_SECRET_ACCESS_KEY: "s3cr3t\n" }, ["AWS_SECRET_ACCESS_KEY contains a line break"]],
    [{ ...KEYS, AWS_ACCESS_KEY_ID: "AKIAC4N4RY" }, ["AWS_ACCESS_KEY_ID has another form (10 characters)"]],
    [{ ...KEYS, AWS_SESSION_TOKEN: "" }, ["AWS_SESSION_TOKEN is empty"]],
    [{ ...KEYS, AWS_PROFILE: "edge" }, ["AWS_PROFILE, AWS_ACCESS_KEY_ID are both set"]],
    [{ AWS_PROFILE: "" }, ["AWS_PROFILE is empty"]],
    [
      { AWS_ACCESS_KEY_ID: "a b", AWS_SECRET_ACCESS_KEY: "c\n", AWS_SESSION_TOKEN: "d e" },
      [
        "AWS_SESSION_TOKEN contains a space",
        "AWS_ACCESS_KEY_ID contains a space",
        "AWS_SECRET_ACCESS_KEY contains a line break",
      ],
    ],
  ])("are malformed: %#", async (variables, problems) => {
    expect(await check(variables)).toEqual(problems.map((begin) => expect.stringContaining(begin) as string));
  });
});

describe("AWS, asked who we are", () => {
  let api: Loopback;
  afterEach(() => api.close());
  const reach = (url = api.url) => {
    Object.assign(process.env, KEYS, { AWS_ENDPOINT_URL_STS: url });
    return awsCredential.reach(process.env, AbortSignal.timeout(5_000));
  };

  test("says the account and the role", async () => {
    const identity =
      "<GetCallerIdentityResult><Account>123456789012</Account><Arn>arn:aws:sts::123456789012:assumed-role/deploy/me</Arn></GetCallerIdentityResult>";
    api = await loopback(() => [
      200,
      `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${identity}</GetCallerIdentityResponse>`,
    ]);
    expect(await reach()).toBe("account 123456789012, arn:aws:sts::123456789012:assumed-role/deploy/me");
    expect(api.asked.map(({ body }) => body)).toEqual([expect.stringContaining("Action=GetCallerIdentity")]);
  });

  test("is asked once, and its refusal shows neither key nor signature", async () => {
    const text = `The key ${KEYS.AWS_ACCESS_KEY_ID} and ${KEYS.AWS_SECRET_ACCESS_KEY} are invalid`;
    api = await loopback(() => [
      403,
      `<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>${text}</Message></Error></ErrorResponse>`,
    ]);
    const refusal = await reach().catch((error: unknown) => error as Error);
    expect(String(refusal)).toMatch(/AWS does not say who we are[^]*InvalidClientTokenId/);
    expect(String(refusal)).not.toMatch(/c4n4ry/i);
    expect(api.asked).toHaveLength(1);
  });

  test("is not there", async () => {
    api = await loopback(() => [200, ""]);
    await api.close();
    await expect(reach()).rejects.toThrow(
      /AWS does not say who we are[^]*cannot be reached \(ECONNREFUSED\)/,
    );
  });
});
