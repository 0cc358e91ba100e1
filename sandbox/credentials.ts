import { devNull } from "node:os";

/**
 * Beginnings of the environment variables by which clouds and their Terraform plugins find credentials, accounts and
 * endpoints. Nothing that runs in the sandbox needs one, and what it does not see it cannot use by mistake.
 */
const CREDENTIAL_PREFIXES = [
  "AWS_",
  "STACKPATH_",
  "NS1_",
  "VULTR_",
  "EQUINIX_",
  "METAL_",
  "PACKET_",
  "GOOGLE_",
  "GCLOUD_",
  "GCP_",
  "CLOUDSDK_",
  "AZURE_",
  "ARM_",
  "ALICLOUD_",
  "CLOUDFLARE_",
  "DIGITALOCEAN_",
  "FASTLY_",
  "HCLOUD_",
  "LINODE_",
  "OCI_",
  "OS_",
  "SCW_",
  "TF_CLI_ARGS",
  "TF_TOKEN_",
  "TF_VAR_ENROL_TOKEN_",
  "TF_VAR_EQUINIX_",
  "TF_VAR_JOIN_TOKEN_",
  "TF_VAR_VULTR_",
  "TFE_",
  "VAULT_",
] as const;

/** Single variables that hold a credential or lead Terraform away from the sandbox's own state. */
const CREDENTIAL_NAMES = ["TF_WORKSPACE", "TF_DATA_DIR", "TF_REATTACH_PROVIDERS", "BOTO_CONFIG"] as const;

/**
 * A copy of an environment without credentials. The AWS plugin and tools also read files in the home directory and
 * ask the machine's metadata service; they are told not to.
 */
export function withoutCredentials(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !isCredential(name))),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

function isCredential(name: string): boolean {
  const upper = name.toUpperCase();
  return (
    CREDENTIAL_PREFIXES.some((prefix) => upper.startsWith(prefix)) ||
    CREDENTIAL_NAMES.some((exact) => upper === exact)
  );
}
