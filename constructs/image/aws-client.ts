/** What a client of the AWS SDK is made with. */
export interface AwsClientSettings {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/**
 * A client by the variables of a build, which are not those of this process: AWS_ENDPOINT_URL_<service> or AWS_ENDPOINT_URL
 * where one is set, and the keys that they name; without any, the SDK's default chain.
 * @param service as the SDK's variables name it: `EC2`, `S3`.
 */
export function awsClientSettings(
  service: string,
  region: string,
  variables: NodeJS.ProcessEnv,
): AwsClientSettings {
  const endpoint = variables[`AWS_ENDPOINT_URL_${service}`] ?? variables["AWS_ENDPOINT_URL"] ?? "";
  const {
    AWS_PROFILE: profile = "",
    AWS_ACCESS_KEY_ID: accessKeyId = "",
    AWS_SECRET_ACCESS_KEY: secretAccessKey = "",
    AWS_SESSION_TOKEN: sessionToken = "",
  } = variables;
  const named = profile === "" && accessKeyId !== "" && secretAccessKey !== "";
  return {
    region,
    ...(endpoint === "" ? {} : { endpoint }),
    ...(named
      ? { credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== "" && { sessionToken }) } }
      : {}),
  };
}
