import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { TLSSocket } from "node:tls";
import { NotIssued, type CertificateAuthority } from "./certificate-authority";

const PATH = "/.well-known/est";
/** No request for a certificate is nearly as large. */
const MOST_BYTES = 16 * 1024;

export interface EstServer {
  /** Up to `/.well-known/est`. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/**
 * Serves an authority by EST (RFC 7030) on loopback, as much of it as a node uses: `cacerts`, `simpleenroll` with a node's
 * name and join token, `simplereenroll` with the certificate that is to be renewed.
 */
export async function serveEst(authority: CertificateAuthority): Promise<EstServer> {
  const identity = await authority.serverIdentity();
  // Certificates are judged by the authority itself, so that a refusal is an answer.
  const server = createServer(
    { ...identity, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      answer(authority, request).then(
        (certificates) => {
          response.setHeader("Content-Type", "application/pkcs7-mime; smime-type=certs-only");
          response.setHeader("Content-Transfer-Encoding", "base64");
          response.end(Buffer.from(certificates).toString("base64"));
        },
        (error: unknown) => {
          refuse(response, error);
        },
      );
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}${PATH}`,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(authority: CertificateAuthority, request: IncomingMessage): Promise<Uint8Array> {
  const body = Buffer.from((await bodyOf(request)).toString(), "base64");
  if (request.method === "GET" && request.url === `${PATH}/cacerts`) return authority.ownCertificates;
  if (request.method === "POST" && request.url === `${PATH}/simpleenroll`) {
    const [, given = ""] = /^Basic (.+)$/.exec(request.headers.authorization ?? "") ?? [];
    const [node = "", token = ""] = Buffer.from(given, "base64").toString().split(":");
    return authority.enrol(token, node, body);
  }
  if (request.method === "POST" && request.url === `${PATH}/simplereenroll`) {
    if (!(request.socket instanceof TLSSocket)) throw new Error("an HTTPS server has TLS connections");
    // Of a connection without a certificate there is an empty object.
    const { raw } = request.socket.getPeerCertificate() as { readonly raw?: Buffer };
    if (raw === undefined) throw new NotIssued("the connection has no certificate");
    return authority.renew(raw, body);
  }
  throw new NotFound();
}

class NotFound extends Error {}

function refuse(response: ServerResponse, error: unknown): void {
  response.statusCode = error instanceof NotFound ? 404 : error instanceof NotIssued ? 401 : 400;
  response.end(error instanceof NotIssued ? error.message : "");
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_BYTES) throw new Error("too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
