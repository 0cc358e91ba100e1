import { serveOnLoopback } from "../sandbox/loopback-server";

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An API on this machine that answers with what it is told, and keeps what it was asked. */
export interface Loopback {
  /** With a slash at the end. */
  readonly url: string;
  readonly asked: readonly Asked[];
  /** May be called twice. */
  close(): Promise<void>;
}

export async function loopback(
  answer: (asked: Asked) => readonly [status: number, text: string],
): Promise<Loopback> {
  const asked: Asked[] = [];
  const { url, close } = await serveOnLoopback(async (request) => {
    const { pathname, search } = new URL(request.url);
    const question = {
      method: request.method,
      url: pathname + search,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    };
    asked.push(question);
    const [status, text] = answer(question);
    return new Response(text, { status });
  });
  let closed: Promise<void> | undefined;
  return { url: `${url}/`, asked, close: () => (closed ??= close()) };
}
