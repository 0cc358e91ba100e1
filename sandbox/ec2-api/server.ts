import { Hono } from "hono";
import { randomBytes } from "node:crypto";
import type { CloudStore } from "../engine/cloud-store";
import { serveOnLoopback } from "../loopback-server";
import { isSameSecret } from "../same-secret";
import { document, element, field, type Xml } from "../route53-api/xml";
import type { Clock } from "../world/clock";
import { Ec2Refusal, imageActions } from "./images";
import { ec2Request } from "./query";

const NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";

export interface Ec2ApiOptions {
  readonly objects: CloudStore;
  readonly clock: Pick<Clock, "now">;
  /** The id of the access key that a request must be signed with. Signatures are not looked at: the id is the secret. */
  readonly key: string;
}

/**
 * The part of EC2's API with which images are found, made, copied and removed, for every region of the simulated account.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/
 */
function ec2Api({ objects, clock, key }: Ec2ApiOptions) {
  const actions = imageActions(objects, clock);
  return new Hono()
    .onError((error) => {
      const { status, code, message } =
        error instanceof Ec2Refusal ? error : new Ec2Refusal("InternalError", String(error), 500);
      const said = element("Error", field("Code", code), field("Message", message));
      return reply(status, document("Response", NAMESPACE, element("Errors", said), requestId()));
    })
    .post("/", async (c) => {
      const request = ec2Request(await c.req.text(), c.req.header("Authorization") ?? "");
      if (!isSameSecret(request.key, key)) {
        throw new Ec2Refusal(
          "AuthFailure",
          "AWS was not able to validate the provided access credentials",
          401,
        );
      }
      const action = Object.hasOwn(actions, request.action) ? actions[request.action] : undefined;
      if (action === undefined) {
        throw new Ec2Refusal("InvalidAction", `The action ${request.action} is not simulated.`);
      }
      return reply(200, document(`${request.action}Response`, NAMESPACE, ...action(request), requestId()));
    });
}

function requestId(): Xml | undefined {
  return field("requestId", randomBytes(16).toString("hex"));
}

function reply(status: number, xml: string): Response {
  return new Response(xml, { status, headers: { "Content-Type": "text/xml" } });
}

export interface ServedEc2Api {
  /** The environment variables with which the AWS SDK finds it; its keys are none of AWS. */
  readonly variables: Readonly<Record<string, string>>;
  /** The id of the account's access key. */
  readonly key: string;
  close(): Promise<void>;
}

/** Serves it on a free port of loopback, for those who know the key. */
export async function serveEc2Api(options: Omit<Ec2ApiOptions, "key">): Promise<ServedEc2Api> {
  const key = randomBytes(32).toString("hex");
  const { fetch } = ec2Api({ ...options, key });
  const { url, close } = await serveOnLoopback(fetch);
  return {
    variables: { AWS_ENDPOINT_URL_EC2: url, AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: "sandbox" },
    ...{ key, close },
  };
}
