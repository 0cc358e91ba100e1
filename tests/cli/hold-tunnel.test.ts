import { getEventListeners, once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { holdTunnel, type TunnelEvent } from "../../cli/sandbox/hold-tunnel";

const NODE = { provider: "aws", fleet: "aws", site: "us-east-1", release: "r1", node: "i-1", from: "lga" };
const BANNER = `${JSON.stringify({ ...NODE, status: "healthy" })}\n`;

let server: Server;
let sockets: Socket[];
let stop: AbortController;
let events: TunnelEvent["what"][];
let wake = (): void => undefined;

beforeEach(async () => {
  sockets = [];
  events = [];
  stop = new AbortController();
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => socket.write(bytes));
    // In two pieces, as a network may bring it.
    socket.write(BANNER.slice(0, 20));
    setImmediate(() => socket.write(BANNER.slice(20)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => {
  sockets.forEach((socket) => socket.destroy());
  server.close();
});

function hold(route = () => Promise.resolve((server.address() as AddressInfo).port)): Promise<void> {
  const tell = (event: TunnelEvent): void => {
    events.push(event.what);
    wake();
  };
  return holdTunnel(route, tell, stop.signal);
}

async function told(count: number): Promise<void> {
  while (events.length < count) await new Promise<void>((resolve) => (wake = resolve));
}

test("a tunnel that is reset is lost, and opened again", async () => {
  const held = hold();
  await told(1);
  sockets[0]?.resetAndDestroy();
  await told(3);
  stop.abort();
  await held;
  expect(events).toEqual(["open", "lost", "open"]);
  expect(sockets).toHaveLength(2);
});

test("a way that is not found is one loss, however often it is tried", async () => {
  let tries = 0;
  const held = hold(() => {
    tries += 1;
    if (tries > 2) stop.abort();
    return Promise.reject(new Error("no address"));
  });
  await held;
  expect([tries, events]).toEqual([3, ["lost"]]);
});

test("who stops it loses nothing, and leaves no connection", async () => {
  const held = hold();
  await told(1);
  const ended = once(sockets[0] as Socket, "close");
  stop.abort();
  await Promise.all([held, ended]);
  expect(events).toEqual(["open"]);
});

test("who stops it before the connection is made waits for nothing", async () => {
  await hold(() => {
    stop.abort();
    return Promise.resolve((server.address() as AddressInfo).port);
  });
  expect(events).toEqual([]);
});

test("a tunnel that is lost again and again leaves nothing behind on what stops it", async () => {
  const held = hold();
  for (const count of [1, 3]) {
    await told(count);
    sockets.at(-1)?.resetAndDestroy();
  }
  await told(5);
  expect(getEventListeners(stop.signal, "abort")).toHaveLength(1);
  stop.abort();
  await held;
  expect(getEventListeners(stop.signal, "abort")).toEqual([]);
});
