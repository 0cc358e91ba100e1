import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createHash } from "node:crypto";
import { text } from "../../constructs/fleet/simulated-values";
import type { CloudObject } from "../../constructs/fleet/simulation";
import type { CloudStore } from "../engine/cloud-store";
import { serveOnLoopback } from "../loopback-server";
import { element, field } from "../route53-api/xml";
import { isSameSecret } from "../same-secret";

/** Of no provider's plugin. */
const OBJECT = { provider: "hashicorp/aws", type: "s3_object" } as const;

/** In bytes. */
const MOST_BODY = 16 * 2 ** 20;

export interface S3ApiOptions {
  readonly objects: CloudStore;
  /** The id of the access key that a request must be signed with. Signatures are not looked at: the id is the secret. */
  readonly key: string;
}

/**
 * The part of S3's API with which an object is stored, looked for and removed, in path style; buckets are there once they are
 * named. Of an object only its checksum and its size are kept: nobody reads it here.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/
 */
function s3Api({ objects, key }: S3ApiOptions) {
  const found = (id: string): CloudObject | undefined =>
    objects.list(OBJECT.type).find((each) => each.id === id);
  return (
    new Hono()
      .onError((error) => refusal(500, "InternalError", String(error)))
      .use(bodyLimit({ maxSize: MOST_BODY, onError: () => refusal(400, "EntityTooLarge", "too large") }))
      .use(async (c, next) => {
        const [, given = ""] = /Credential=([^/]+)\//.exec(c.req.header("Authorization") ?? "") ?? [];
        if (!isSameSecret(given, key))
          return refusal(403, "InvalidAccessKeyId", "there is no such access key");
        return next();
      })
      .put("/:bucket/:key{.+}", async (c) => {
        const body = Buffer.from(await c.req.arrayBuffer());
        const sha256 = createHash("sha256").update(body);
        const checksum = sha256.copy().digest("base64");
        if (![undefined, checksum].includes(c.req.header("x-amz-checksum-sha256"))) {
          return refusal(400, "BadDigest", "the SHA-256 is not that of the body");
        }
        const attributes = { sha256: sha256.digest("hex"), size: body.length };
        objects.put({ ...OBJECT, id: c.req.path, attributes });
        return answer(200, { "x-amz-checksum-sha256": checksum });
      })
      // Hono answers HEAD as GET without the body.
      .get("/:bucket/:key{.+}", (c) => {
        const object = found(c.req.path);
        if (object === undefined) return refusal(404, "NoSuchKey", "there is no such key");
        const checksum = Buffer.from(text(object.attributes["sha256"]), "hex").toString("base64");
        return answer(200, { "x-amz-checksum-sha256": checksum });
      })
      .delete("/:bucket/:key{.+}", (c) => {
        objects.remove(OBJECT.type, c.req.path);
        return answer(204, {});
      })
  );
}

function answer(status: number, headers: Readonly<Record<string, string>>): Response {
  return new Response(null, { status, headers });
}

function refusal(status: number, code: string, message: string): Response {
  const { xml } = element("Error", field("Code", code), field("Message", message));
  return new Response(xml, { status, headers: { "Content-Type": "application/xml" } });
}

export interface ServedS3Api {
  /** The environment variables with which the AWS SDK finds it, beside those of the account's keys. */
  readonly variables: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Serves it on a free port of loopback, for those who know the key. */
export async function serveS3Api(options: S3ApiOptions): Promise<ServedS3Api> {
  const { url, close } = await serveOnLoopback(s3Api(options).fetch);
  return { variables: { AWS_ENDPOINT_URL_S3: url }, close };
}
