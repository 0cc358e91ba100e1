import {
  DeleteObjectCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { PolycastError } from "../constructs/fleet/problem";
import type { ObjectStore, StoredText } from "./object-store";

/** A bucket; credentials are those of the AWS SDK's default chain. */
export interface S3Place {
  readonly bucket: string;
  readonly region: string;
}

/** Objects of a bucket, by their whole key. */
export interface S3Objects extends ObjectStore {
  /** Reads any object, whoever wrote it. */
  get(objectKey: string): Promise<StoredText | undefined>;
}

const ENDING = ".json";
const CONNECTION_MILLISECONDS = 10_000;
const ANSWER_MILLISECONDS = 30_000;

/** Texts in S3, written conditionally (`If-Match`, `If-None-Match`). */
export function s3ObjectStore(environment: string, { bucket, region }: S3Place): S3Objects {
  // Path style is what emulators and most S3-alikes need, and what AWS takes too.
  const client = new S3Client({
    region,
    forcePathStyle: true,
    // A network that drops packets would otherwise hold a command for minutes, or for ever.
    requestHandler: {
      connectionTimeout: CONNECTION_MILLISECONDS,
      requestTimeout: ANSWER_MILLISECONDS,
      throwOnRequestTimeout: true,
    },
  });
  const folder = `polycast/${environment}/`;
  const keyOf = (key: string) => `${folder}${key}${ENDING}`;
  const uri = (objectKey: string) => `s3://${bucket}/${objectKey}`;

  async function get(objectKey: string): Promise<StoredText | undefined> {
    try {
      const reply = await client.send(new GetObjectCommand({ Bucket: bucket, Key: objectKey }));
      const text = (await reply.Body?.transformToString()) ?? "";
      return { text, version: reply.ETag ?? "", source: uri(objectKey) };
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === "NoSuchKey") return undefined;
      throw cannot("read", uri(objectKey), error);
    }
  }

  return {
    get,
    read: (key) => get(keyOf(key)),
    write: async (key, text, after) => {
      const sent = await unlessOvertaken(
        "write",
        uri(keyOf(key)),
        client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: keyOf(key),
            Body: text,
            ContentType: "application/json",
            ...(after === undefined ? { IfNoneMatch: "*" } : { IfMatch: after }),
          }),
        ),
      );
      // Where the answer to the first try was lost, the SDK's second one is overtaken by our own.
      return (
        sent === "done" || (sent === "overtaken at a later try" && (await get(keyOf(key)))?.text === text)
      );
    },
    remove: async (key, version) => {
      const sent = await unlessOvertaken(
        "remove",
        uri(keyOf(key)),
        client.send(new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(key), IfMatch: version })),
      );
      return (
        sent === "done" || (sent === "overtaken at a later try" && (await get(keyOf(key))) === undefined)
      );
    },
    async list(prefix) {
      const keys: string[] = [];
      try {
        for await (const page of paginateListObjectsV2(
          { client },
          { Bucket: bucket, Prefix: folder + prefix },
        )) {
          keys.push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
        }
      } catch (error) {
        throw cannot("list", uri(folder + prefix), error);
      }
      return keys
        .filter((key) => key.endsWith(ENDING))
        .map((key) => key.slice(folder.length, -ENDING.length))
        .sort();
    },
  };
}

type Sent = "done" | "overtaken" | "overtaken at a later try";

async function unlessOvertaken(verb: string, source: string, sending: Promise<unknown>): Promise<Sent> {
  try {
    await sending;
    return "done";
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw cannot(verb, source, error);
    const { httpStatusCode: status, attempts = 1 } = error.$metadata;
    // 412: another version is there; 409: another conditional write is under way; NoSuchKey: it was removed meanwhile.
    if (status !== 412 && status !== 409 && error.name !== "NoSuchKey") throw cannot(verb, source, error);
    return attempts > 1 ? "overtaken at a later try" : "overtaken";
  }
}

function cannot(verb: string, source: string, error: unknown): PolycastError {
  const { name, message } = error as Error;
  // What S3 says besides its code may repeat what it was sent: a key's id, or a token.
  const why = error instanceof S3ServiceException ? name : `${name}: ${message}`;
  return new PolycastError(`Cannot ${verb} ${source}: ${why}`, [
    {
      where: "credentials",
      what: "it lies beside the Terraform state and needs the same access",
      remedy: "Check AWS_PROFILE or the other AWS credentials, the bucket's name and its region.",
    },
  ]);
}
