import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { PolycastError } from "../../fleet/problem";
import { awsClientSettings } from "../../image/aws-client";
import type { BuiltArchive } from "../../image/script-archive";
import { archiveUrl, type ArchivesWish } from "./equinix-wish";

/** In milliseconds, with the SDK's own repetitions. */
const ANSWER_WITHIN = 20_000;

/** Where the archives of an image's scripts lie: a bucket that a web server shows to the nodes. */
export interface ArchivePlace {
  /** Whether the archive is there, whole. */
  has(sha256: string): Promise<boolean>;
  put(archive: BuiltArchive): Promise<void>;
  /** What is gone already is no error. */
  remove(sha256: string): Promise<void>;
}

/**
 * The bucket, with the credentials of the AWS SDK's default chain or those in `variables`, at AWS_ENDPOINT_URL_S3 or
 * AWS_ENDPOINT_URL where one is set. All methods reject with a PolycastError where it refuses.
 */
export function archivePlace(archives: ArchivesWish, variables: NodeJS.ProcessEnv): ArchivePlace {
  const client = new S3Client({
    ...awsClientSettings("S3", archives.region, variables),
    // Path style is what emulators and most S3-alikes need, and what AWS takes too.
    forcePathStyle: true,
  });
  const { bucket: Bucket } = archives;
  /** As the nodes ask for it. */
  const keyOf = (sha256: string): string => new URL(archiveUrl(archives, sha256)).pathname.slice(1);
  const asking = async <T>(
    what: string,
    key: string,
    ask: (abort: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> => {
    try {
      return await ask({ abortSignal: AbortSignal.timeout(ANSWER_WITHIN) });
    } catch (error) {
      throw refused(what, `s3://${Bucket}/${key}`, error as Error);
    }
  };
  /** Of what lies there: not every S3-alike keeps the checksum that it was given. */
  const checksumOf = async (object: GetObjectCommandInput, abort: { abortSignal: AbortSignal }) => {
    const { Body } = await client.send(new GetObjectCommand(object), abort);
    return createHash("sha256")
      .update((await Body?.transformToByteArray()) ?? "")
      .digest("base64");
  };
  return {
    has(sha256) {
      const Key = keyOf(sha256);
      return asking("be looked for", Key, async (abort) => {
        try {
          const object = { Bucket, Key, ChecksumMode: "ENABLED" } as const;
          const { ChecksumSHA256 } = await client.send(new HeadObjectCommand(object), abort);
          return (ChecksumSHA256 ?? (await checksumOf(object, abort))) === inBase64(sha256);
        } catch (error) {
          if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return false;
          throw error;
        }
      });
    },
    async put({ content: Body, sha256 }) {
      const Key = keyOf(sha256);
      // S3 compares the checksum with what arrives.
      const ChecksumSHA256 = inBase64(sha256);
      const ContentType = "application/gzip";
      await asking("be stored", Key, (abort) =>
        client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType, ChecksumSHA256 }), abort),
      );
    },
    async remove(sha256) {
      const Key = keyOf(sha256);
      await asking("be removed", Key, (abort) =>
        client.send(new DeleteObjectCommand({ Bucket, Key }), abort),
      );
    },
  };
}

function inBase64(sha256: string): string {
  return Buffer.from(sha256, "hex").toString("base64");
}

function refused(what: string, where: string, { name, message }: Error): PolycastError {
  return new PolycastError(`The archive of the image's scripts could not ${what}.`, [
    {
      where,
      what: `${name}: ${message}`,
      remedy:
        "Check the AWS credentials, which need s3:ListBucket, GetObject, PutObject and DeleteObject there, and the bucket and region in archives of the fleet.",
    },
  ]);
}
