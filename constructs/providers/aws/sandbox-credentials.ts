import type { AwsProviderConfig } from "@cdktf/provider-aws/lib/provider";

/**
 * Nothing real can be reached with these: the keys are no keys, and no account has this number, so that the real
 * provider plugin refuses to start with them.
 */
export const SANDBOX_CREDENTIALS: Partial<AwsProviderConfig> = {
  accessKey: "sandbox",
  secretKey: "sandbox",
  allowedAccountIds: ["000000000000"],
  skipMetadataApiCheck: "true",
};
