import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeLine, type NodeLine } from "./ask-edge";

// In milliseconds of real time, whatever the world's clock does.
const SPEAK_EVERY = 500;
const SILENT_FOR = 2_000;
const TRY_AGAIN_AFTER = 500;

/** What became of a tunnel. */
export type TunnelEvent =
  { readonly what: "open"; readonly node: NodeLine } | { readonly what: "lost"; readonly why: string };

/**
 * Holds a connection to a tunnel's listener as a client does: opens it again whenever it ends or falls silent.
 * @param route finds the loopback port of the fleet's tunnel, anew each time.
 * @param tell hears of each change.
 */
export async function holdTunnel(
  route: () => Promise<number>,
  tell: (event: TunnelEvent) => void,
  stop: AbortSignal,
): Promise<void> {
  let before: TunnelEvent["what"] | undefined;
  const change = (event: TunnelEvent): void => {
    // That it is still lost is no news.
    if (event.what !== before && !stop.aborted) tell(event);
    before = event.what;
  };
  while (!stop.aborted) {
    const opened = (node: NodeLine): void => {
      change({ what: "open", node });
    };
    const why = await route().then((port) => untilLost(port, opened, stop), describe);
    change({ what: "lost", why });
    await sleep(TRY_AGAIN_AFTER, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** One connection, from its beginning to its end. @returns why it ended. */
function untilLost(port: number, opened: (node: NodeLine) => void, stop: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1").setEncoding("utf8");
    let received = "";
    let open = false;
    let heard = Date.now();
    const end = (why: string): void => {
      clearInterval(speak);
      stop.removeEventListener("abort", stopped);
      socket.destroy();
      resolve(why);
    };
    const stopped = (): void => {
      end("stopped");
    };
    const speak = setInterval(() => {
      if (Date.now() - heard >= SILENT_FOR) end(`nothing came for ${SILENT_FOR} ms`);
      else socket.write("\n");
    }, SPEAK_EVERY);
    socket.on("data", (text: string) => {
      heard = Date.now();
      if (open) return;
      received += text;
      const line = /^\{.*\}$/m.exec(received)?.[0];
      if (line === undefined) return;
      open = true;
      opened(nodeLine.parse(JSON.parse(line)));
    });
    socket.once("error", (error) => {
      end(describe(error));
    });
    socket.once("close", () => {
      end("closed");
    });
    stop.addEventListener("abort", stopped);
    if (stop.aborted) stopped();
  });
}

function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ECONNRESET" || code === "ECONNREFUSED" ? "connection refused or reset" : message;
}
