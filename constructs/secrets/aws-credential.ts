import type * as Sts from "@aws-sdk/client-sts";
import { checkVariables, whyUnanswered, type ApiCredential, type Variables } from "../fleet/api-credential";
import { PolycastError, type Problem } from "../fleet/problem";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html */
const KEY_ID = { pattern: /^\w{16,128}$/, says: "16 to 128 letters, digits or underscores" };

const OBTAIN =
  "Log in with `aws sso login` and set AWS_PROFILE, or run where a role is (an instance, a job with OIDC); long-lived keys are the last resort.";

/** STS has endpoints in every region; this one answers for all accounts. */
const REGION = "us-east-1";

/**
 * The AWS account, by the standard chain that Terraform's plugin and the AWS SDK share: keys in the environment, a profile
 * (SSO too), a web identity, a role of the machine.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export const awsCredential: ApiCredential = {
  api: "AWS",
  obtain: OBTAIN,
  variables: ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"],
  async check(variables) {
    const inVariables = checkAwsVariables(variables);
    return inVariables.length > 0 || hasKeys(variables) ? inVariables : await checkChain();
  },
  async reach(variables, signal) {
    const { GetCallerIdentityCommand, STSClient } = await sts();
    const client = new STSClient({ region: REGION, maxAttempts: 1, ...keysOf(variables) });
    try {
      const { Account = "unknown", Arn = "" } = await client.send(new GetCallerIdentityCommand({}), {
        abortSignal: signal,
      });
      // An ARN names the role or the user, and its session, but no secret.
      return `account ${Account}, ${Arn}`;
    } catch (error) {
      throw new PolycastError("AWS does not say who we are", [
        { where: "sts:GetCallerIdentity", what: reasonOf(error as Error), remedy: OBTAIN },
      ]);
    } finally {
      client.destroy();
    }
  },
};

function hasKeys(variables: Variables): boolean {
  return (variables["AWS_ACCESS_KEY_ID"] ?? variables["AWS_SECRET_ACCESS_KEY"]) !== undefined;
}

/** What is wrong with those of the chain that are variables; nothing is asked, nor is the rest of the chain. */
export function checkAwsVariables(variables: Variables): readonly Problem[] {
  const empty = checkVariables(
    awsCredential,
    ["AWS_PROFILE", "AWS_SESSION_TOKEN"]
      .filter((name) => variables[name] !== undefined)
      .map((name) => ({ name, holds: name === "AWS_PROFILE" ? "profile's name" : "session token" })),
    variables,
  );
  if (!hasKeys(variables)) return empty;
  const keys = [
    { name: "AWS_ACCESS_KEY_ID", holds: "access key's id", form: KEY_ID },
    { name: "AWS_SECRET_ACCESS_KEY", holds: "secret access key" },
  ];
  return [...empty, ...checkVariables(awsCredential, keys, variables), ...checkOneWay(variables)];
}

/**
 * Terraform's plugin prefers the keys, the AWS SDK for JavaScript the profile: state and fleets would be in two accounts.
 * https://github.com/aws/aws-sdk-js-v3/blob/v3.1000.0/packages/credential-provider-node/src/defaultProvider.ts
 */
function checkOneWay({ AWS_PROFILE: profile }: Variables): readonly Problem[] {
  if (profile === undefined) return [];
  return [
    {
      where: "AWS_PROFILE, AWS_ACCESS_KEY_ID",
      what: "are both set, and not every tool prefers the same one",
      remedy: "Unset one of them.",
    },
  ];
}

/** The SDK costs a fifth of a second, and warns at every start that Node 20 is to be dropped some day. */
function sts(): Promise<typeof Sts> {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  return import("@aws-sdk/client-sts");
}

/** Whether the rest of the chain, which only the process's own variables lead, has something. */
async function checkChain(): Promise<readonly Problem[]> {
  const { STSClient } = await sts();
  const client = new STSClient({ region: REGION });
  try {
    await client.config.credentials();
    return [];
  } catch (error) {
    return [
      {
        where: "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role",
        what: `none of them gives credentials for AWS: ${reasonOf(error as Error)}`,
        remedy: OBTAIN,
      },
    ];
  } finally {
    client.destroy();
  }
}

function keysOf({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_SESSION_TOKEN: sessionToken,
}: Variables): object {
  if (accessKeyId === undefined || secretAccessKey === undefined) return {};
  return {
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
  };
}

/** AWS repeats in some refusals what it was sent: a key's id, or a signature. */
function reasonOf(error: Error): string {
  if (error.name !== "CredentialsProviderError") return whyUnanswered(error);
  return error.message.split("\n")[0] ?? error.name;
}
