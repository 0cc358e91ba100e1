import { createHash, randomBytes, verify, X509Certificate } from "node:crypto";
import { z } from "zod";
import { serveOnLoopback, type LoopbackServer } from "../loopback-server";

/** What an account would hold: a trust anchor, a profile, a role, and what its trust policy demands of a certificate. */
export interface SessionRules {
  readonly region: string;
  readonly trustAnchorArn: string;
  readonly profileArn: string;
  readonly roleArn: string;
  /** PEM of the anchor's authority. */
  readonly certificates: string;
  /** `x509Subject/O` and `x509Subject/OU` in the role's conditions. */
  readonly subject: { readonly O: string; readonly OU: string };
  readonly sessionSeconds: number;
}

/** A session that was given out. */
export interface GivenSession {
  readonly subject: string;
  readonly expires: Date;
}

export interface SessionServer extends LoopbackServer {
  readonly given: readonly GivenSession[];
}

const ALGORITHM = "AWS4-X509-ECDSA-SHA256";
/** How far a request's time may be off. */
const SKEW_MILLISECONDS = 5 * 60 * 1000;
const MUST_BE_SIGNED = ["content-type", "host", "x-amz-date", "x-amz-x509"];
const AUTHORIZATION = /^(\S+) Credential=(\d+)\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]+)$/;

const bodySchema = z.object({ profileArn: z.string(), roleArn: z.string(), trustAnchorArn: z.string() });

/**
 * Stands in for CreateSession of IAM Roles Anywhere: whoever signs with the key of a certificate that the rules allow gets
 * a session. Not a service: what is not needed to see a node's requests refused or granted as AWS documents it is left out.
 * https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-sign-process.html
 */
export async function serveSessions(rules: SessionRules): Promise<SessionServer> {
  const given: GivenSession[] = [];
  const server = await serveOnLoopback(async (request) => {
    try {
      const subject = judge(rules, request, Buffer.from(await request.arrayBuffer()), Date.now());
      const expires = new Date(Date.now() + rules.sessionSeconds * 1000);
      given.push({ subject, expires });
      return Response.json(answer(rules, expires), { status: 201 });
    } catch (error) {
      if (!(error instanceof Denied)) throw error;
      return Response.json({ message: error.message }, { status: 403, statusText: "Forbidden" });
    }
  });
  return { ...server, given };
}

class Denied extends Error {}

/** @returns the subject of the certificate that signed. */
function judge(rules: SessionRules, request: Request, body: Buffer, now: number): string {
  const header = (name: string): string => request.headers.get(name) ?? "";
  const [, algorithm, serial = "", scope = "", names = "", signature = ""] =
    AUTHORIZATION.exec(header("authorization")) ?? [];
  const time = header("x-amz-date");
  demand(algorithm === ALGORITHM, "the request is not signed");
  demand(
    MUST_BE_SIGNED.every((name) => names.split(";").includes(name)),
    "not all that must be is signed",
  );
  demand(Math.abs(parseTime(time) - now) < SKEW_MILLISECONDS, "the request is too old, or of the future");
  demand(
    scope === `${time.slice(0, 8)}/${rules.region}/rolesanywhere/aws4_request`,
    "it is for another scope",
  );

  const certificate = new X509Certificate(Buffer.from(header("x-amz-x509"), "base64"));
  demand(BigInt(`0x${certificate.serialNumber}`) === BigInt(serial), "the serial number is another");
  const { pathname, search } = new URL(request.url);
  const lines = names.split(";").map((name) => `${name}:${header(name)}`);
  const canonical = [request.method, pathname, search.slice(1), ...lines, "", names, sha256(body)].join("\n");
  const signed = [ALGORITHM, time, scope, sha256(canonical)].join("\n");
  demand(
    verify("sha256", Buffer.from(signed), certificate.publicKey, Buffer.from(signature, "hex")),
    "the signature does not match",
  );

  const authority = new X509Certificate(rules.certificates);
  demand(
    certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
    "untrusted certificate",
  );
  demand(
    Date.parse(certificate.validFrom) <= now && now < Date.parse(certificate.validTo),
    "untrusted certificate: it has ended, or has not begun",
  );
  demand(!certificate.ca, "untrusted certificate: it is an authority's");
  const attributes = new Map(
    certificate.subject.split("\n").map((line) => line.split("=", 2) as [string, string]),
  );
  const { O, OU } = rules.subject;
  demand(attributes.get("O") === O && attributes.get("OU") === OU, "unable to assume role");

  const asked = bodySchema.safeParse(parseJson(body)).data;
  const { profileArn, roleArn, trustAnchorArn } = rules;
  demand(
    asked?.profileArn === profileArn && asked.roleArn === roleArn && asked.trustAnchorArn === trustAnchorArn,
    "no such profile, role or trust anchor",
  );
  return certificate.subject.replaceAll("\n", ", ");
}

function demand(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Denied(otherwise);
}

function answer({ roleArn }: SessionRules, expires: Date) {
  const expiration = expires.toISOString().replace(/\.\d+Z$/, "Z");
  return {
    credentialSet: [
      {
        roleArn,
        credentials: {
          // No check of format finds a usable key here: the real ones begin with ASIA.
          accessKeyId: `SIMS${randomBytes(8).toString("hex").toUpperCase()}`,
          secretAccessKey: randomBytes(30).toString("base64"),
          sessionToken: randomBytes(90).toString("base64"),
          expiration,
        },
      },
    ],
  };
}

function parseTime(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
