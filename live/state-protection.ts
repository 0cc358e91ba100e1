import type { StateLocation } from "../constructs/fleet/environment";
import { PolycastError, type Problem } from "../constructs/fleet/problem";

type Bucket = Extract<StateLocation, { kind: "s3" }>;

/** How long S3 may take to say what it holds, in milliseconds. */
const ANSWER_WITHIN = 10_000;

const SHUT = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"] as const;

/**
 * What a bucket lacks that is to hold secrets: every kind of public access blocked, encryption, old versions kept. It is
 * only read.
 * @throws PolycastError where S3 does not say.
 */
export async function checkStateBucket({ bucket, region }: Bucket): Promise<readonly Problem[]> {
  // It is loaded here only, since the SDK costs a fifth of a second.
  const s3 = await import("@aws-sdk/client-s3");
  const client = new s3.S3Client({ region, forcePathStyle: true, maxAttempts: 1 });
  const named = { Bucket: bucket };
  const within = () => ({ abortSignal: AbortSignal.timeout(ANSWER_WITHIN) });
  const where = `s3://${bucket}`;
  try {
    const access = await orNone("NoSuchPublicAccessBlockConfiguration", () =>
      client.send(new s3.GetPublicAccessBlockCommand(named), within()),
    );
    const encryption = await orNone("ServerSideEncryptionConfigurationNotFoundError", () =>
      client.send(new s3.GetBucketEncryptionCommand(named), within()),
    );
    const versioning = await client.send(new s3.GetBucketVersioningCommand(named), within());
    const open = SHUT.filter((kind) => access?.PublicAccessBlockConfiguration?.[kind] !== true);
    const rules = encryption?.ServerSideEncryptionConfiguration?.Rules ?? [];
    return [
      ...(open.length === 0
        ? []
        : [
            {
              where,
              what: `may become public: ${open.join(", ")} is off`,
              remedy: `aws s3api put-public-access-block --bucket ${bucket} --public-access-block-configuration ${SHUT.map((kind) => `${kind}=true`).join(",")}`,
            },
          ]),
      ...(rules.length > 0
        ? []
        : [
            {
              where,
              what: "is not encrypted",
              remedy: `aws s3api put-bucket-encryption --bucket ${bucket} --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"}}]}'`,
            },
          ]),
      ...(versioning.Status === "Enabled"
        ? []
        : [
            {
              where,
              what: "keeps no old versions, so that a damaged state is lost",
              remedy: `aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled`,
            },
          ]),
    ];
  } catch (error) {
    throw new PolycastError("It is not known whether the state's bucket is protected", [
      {
        where,
        what: (error as Error).name,
        remedy:
          "Allow s3:GetBucketPublicAccessBlock, s3:GetEncryptionConfiguration and s3:GetBucketVersioning on it to whoever deploys.",
      },
    ]);
  } finally {
    client.destroy();
  }
}

/** S3 answers with an error where nothing was ever set. */
async function orNone<T>(errorName: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if ((error as Error).name === errorName) return undefined;
    throw error;
  }
}
