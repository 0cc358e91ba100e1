import { z } from "zod";

/** Where a key for the log service lies on a node that was given one: an AWS credentials file, which only root reads. */
export const LOG_CREDENTIALS_FILE = "/etc/polycast/log-credentials";
/** Where a node that makes its own key finds the token with which it asks for a certificate, once. */
export const ENROL_TOKEN_FILE = "/etc/polycast/enrol-token";
/** Where a node finds the code with which it registers with Systems Manager, once. */
export const ACTIVATION_CODE_FILE = "/etc/polycast/activation-code";

const region = z.string().describe("AWS region of the log group.");
const arn = z.string().describe("ARN in the account of the log group.");

/** How a node gets the credentials to write logs, where its machine has no role of its own. */
export const logAccessSchema = z.discriminatedUnion("strategy", [
  z
    .strictObject({
      strategy: z.literal("staticKey"),
      region,
      secretId: z.string().describe("Id of the access key, which is no secret."),
    })
    .describe(`The key lies in ${LOG_CREDENTIALS_FILE}.`),
  z
    .strictObject({
      strategy: z.literal("rolesAnywhere"),
      region,
      trustAnchorArn: arn,
      profileArn: arn,
      roleArn: arn,
      enrolUrl: z
        .string()
        .describe("EST server (RFC 7030) of the certificate authority, up to /.well-known/est."),
      enrolCa: z
        .string()
        .optional()
        .describe("PEM certificates to trust there; by default those that the system trusts."),
      subject: z
        .strictObject({ organization: z.string(), organizationalUnit: z.string() })
        .describe("What the certificate must say beside the node's name: environment and fleet."),
    })
    .describe(`The node makes its key and enrols with the token in ${ENROL_TOKEN_FILE}.`),
  z
    .strictObject({
      strategy: z.literal("ssmActivation"),
      region,
      secretId: z.string().describe("Id of the activation, which is no secret."),
    })
    .describe(`The node registers with the code in ${ACTIVATION_CODE_FILE}.`),
]);

export type NodeLogSettings = z.infer<typeof logAccessSchema>;
