import { GetObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { PolycastError } from "../constructs/fleet/problem";
import { stateKey } from "./state-location";
import { emptyRecord, formatLiveRecord, parseLiveRecord } from "./live-record";
import { parseState, type LiveStore } from "./live-store";
import { parseStateLock } from "./state-lock";

/** Where a live record lies in S3; credentials are those of the AWS SDK's default chain. */
export interface S3LiveStoreProps {
  readonly bucket: string;
  readonly region: string;
}

/** A live record in S3, written conditionally (`If-Match`, `If-None-Match`), so that writers need no lock. */
export function s3LiveStore(environment: string, { bucket, region }: S3LiveStoreProps): LiveStore {
  // Path style is what emulators and most S3-alikes need, and what AWS takes too.
  const client = new S3Client({ region, forcePathStyle: true });
  const key = `polycast/${environment}/live.json`;
  const source = `s3://${bucket}/${key}`;

  async function get(objectKey: string): Promise<{ text: string; etag: string | undefined } | undefined> {
    try {
      const reply = await client.send(new GetObjectCommand({ Bucket: bucket, Key: objectKey }));
      return { text: (await reply.Body?.transformToString()) ?? "", etag: reply.ETag };
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === "NoSuchKey") return undefined;
      throw cannot("read", `s3://${bucket}/${objectKey}`, error);
    }
  }

  return {
    async read() {
      const found = await get(key);
      if (found === undefined) return { record: emptyRecord(environment), version: undefined };
      return { record: parseLiveRecord(found.text, source, environment), version: found.etag };
    },

    async write(record, after) {
      try {
        await client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: formatLiveRecord(record),
            ContentType: "application/json",
            ...(after === undefined ? { IfNoneMatch: "*" } : { IfMatch: after }),
          }),
        );
        return true;
      } catch (error) {
        // 412: another version is there; 409: another conditional write is under way.
        const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
        if (status === 412 || status === 409) return false;
        throw cannot("write", source, error);
      }
    },

    async readState(stack) {
      const found = await get(stateKey(environment, stack));
      return found === undefined ? undefined : parseState(found.text, stateKey(environment, stack));
    },

    async readLock(stack) {
      const found = await get(`${stateKey(environment, stack)}.tflock`);
      return found === undefined ? undefined : parseStateLock(found.text);
    },
  };
}

function cannot(verb: string, source: string, error: unknown): PolycastError {
  const { name, message } = error as Error;
  return new PolycastError(`Cannot ${verb} ${source}: ${name}: ${message}`, [
    {
      where: "credentials",
      what: "the live record lies beside the Terraform state and needs the same access",
      remedy: "Check AWS_PROFILE or the other AWS credentials, the bucket's name and its region.",
    },
  ]);
}
