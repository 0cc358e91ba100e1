import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface HttpRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string | Buffer;
}

export interface HttpService {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * Answers HTTP on a free port of the loopback interface.
 * @param answer a defect of it is answered with status 500 and its text, so that the caller's log shows it.
 */
export async function serveHttp(
  answer: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>,
): Promise<HttpService> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "GET", url = "/", headers } = request;
      Promise.resolve()
        .then(() => answer({ method, url, headers, body: Buffer.concat(chunks) }))
        .catch((error: unknown) => ({ status: 500, headers: {}, body: String(error) }))
        .then(({ status, headers: own, body }) => {
          response.writeHead(status, own).end(body);
        }, console.error);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
