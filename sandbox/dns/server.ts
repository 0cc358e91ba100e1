import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { answer, type Question, type Reply, type Steering } from "./authority";
import { simulatedRegions, type ClientRegions } from "./client-regions";
import { NO_FEEDS, type FeedSource } from "./feeds";
import type { RandomSource } from "./filter-chain";
import { reply } from "./packets";
import type { RecordSource } from "./record-source";
import type { Zone } from "./zone";
import { zoneReader } from "./zones";

const LOOPBACK = "127.0.0.1";
/** A free TCP port may be taken for UDP; then another one is tried. */
const PORT_TRIES = 20;
/** In milliseconds (RFC 7766 leaves it to us). */
const IDLE_CONNECTION = 10_000;
const MOST_CONNECTIONS = 128;

export interface DnsServerOptions {
  readonly source: RecordSource;
  /** What metadata may point to. Default: no feed has said anything. */
  readonly feeds?: FeedSource;
  /** Where the clients are that resolvers tell of. Default: as in the simulated world. */
  readonly regions?: ClientRegions;
  /** One line for the log. */
  readonly log: (line: string) => void;
  readonly random?: RandomSource;
}

export interface DnsServer {
  /** The same for UDP and TCP, on 127.0.0.1. */
  readonly port: number;
  close(): Promise<void>;
}

/** Serves the zones of `source`, as they and the feeds are at each query, over UDP and TCP on a free port of the loopback. */
export async function serveDns(options: DnsServerOptions): Promise<DnsServer> {
  const respond = responder(options);
  for (let tries = 1; ; tries++) {
    const tcp = await listenTcp((query) => respond(query, "tcp"));
    const { port } = tcp.server.address() as AddressInfo;
    try {
      const udp = await listenUdp(port, (query) => respond(query, "udp"));
      return { port, close: () => closeAll(tcp, udp) };
    } catch (error) {
      tcp.server.close();
      if (tries >= PORT_TRIES) throw error;
    }
  }
}

type Respond = (query: Buffer) => Buffer | undefined;

function responder({ source, log, ...options }: DnsServerOptions) {
  const { feeds = NO_FEEDS, regions = simulatedRegions(), random = Math.random } = options;
  const logged = new Set<string>();
  const logOnce = (line: string): void => {
    if (!logged.has(line)) log(line);
    logged.add(line);
  };
  const steering: Steering = {
    random,
    feeds,
    regions,
    serial: serialNumbers(),
    onUnknownFilter: (filter) => {
      logOnce(`dns: the filter "${filter}" is not simulated; answers pass it unchanged`);
    },
  };
  const zones = zoneReader(source);
  const resolve = (question: Question): Reply => answer(zones(), question, steering);
  return (query: Buffer, transport: "udp" | "tcp") =>
    reply(query, transport, resolve, (error) => {
      logOnce(`dns: a query failed: ${String(error)}`);
    });
}

/**
 * A zone's serial number is the time at which its present content was first served, and never goes back. What feeds say
 * is no content.
 */
function serialNumbers(): (zone: Zone) => number {
  const known = new Map<string, { content: string; serial: number }>();
  return (zone) => {
    const content = JSON.stringify({ ...zone, names: [], records: [...zone.records] });
    const last = known.get(zone.name);
    if (last?.content === content) return last.serial;
    const serial = Math.max(Math.floor(Date.now() / 1000), (last?.serial ?? 0) + 1);
    known.set(zone.name, { content, serial });
    return serial;
  };
}

async function listenUdp(port: number, respond: Respond): Promise<UdpSocket> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const packet = respond(query);
    // An asker that is gone already is no trouble of ours.
    if (packet !== undefined) socket.send(packet, from.port, from.address, () => undefined);
  });
  socket.bind(port, LOOPBACK);
  await once(socket, "listening");
  socket.on("error", () => undefined);
  return socket;
}

interface TcpListener {
  readonly server: Server;
  readonly connections: Set<Socket>;
}

async function listenTcp(respond: Respond): Promise<TcpListener> {
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(IDLE_CONNECTION, () => socket.destroy());
    converse(socket, respond);
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  return { server, connections };
}

/** Over TCP each message has its length, two bytes, before it; many may come on one connection. */
function converse(socket: Socket, respond: Respond): void {
  let received = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      const packet = respond(received.subarray(2, end));
      received = received.subarray(end);
      if (packet === undefined) return void socket.destroy();
      const length = Buffer.alloc(2);
      length.writeUInt16BE(packet.length);
      socket.write(Buffer.concat([length, packet]));
    }
  });
}

async function closeAll({ server, connections }: TcpListener, udp: UdpSocket): Promise<void> {
  const closed = [once(server, "close"), once(udp, "close")];
  server.close();
  connections.forEach((socket) => socket.destroy());
  udp.close();
  await Promise.all(closed);
}
