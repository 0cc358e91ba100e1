import { get } from "node:https";

/**
 * Asks a server for what anybody may read, and nothing else.
 * @param ca certificates (PEM) to trust. Default: those that the system trusts.
 * @returns the status of its answer.
 * @throws Error of the network or of TLS.
 */
export function httpsStatus(url: string, ca: string | undefined, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { ...(ca !== undefined && { ca }), signal, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", reject);
  });
}
