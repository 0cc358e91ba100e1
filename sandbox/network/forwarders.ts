import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { World, WorldNode } from "../world/world";
import { line, type Conversations } from "./conversations";
import { lifeOf, reach, stillThere, type NodeLife, type Vantage } from "./reach";

const LOOPBACK = "127.0.0.1";

/**
 * How long a client without traffic keeps its way, in world milliseconds; Global Accelerator's time for UDP
 * (https://docs.aws.amazon.com/global-accelerator/latest/dg/introduction-how-it-works.html#about-idle-timeout).
 */
const FLOW_IDLE = 30_000;

/** One port of one anycast address. */
export interface AnycastTarget {
  readonly address: string;
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
}

interface Forwarder {
  readonly port: number;
  look(): void;
  close(): Promise<void>;
}

/**
 * The network between clients and anycast addresses: for each anycast port and place of the clients a free port of
 * loopback, which leads every new connection to the node that such a client reaches.
 */
export class Forwarders {
  private readonly open = new Map<string, Promise<Forwarder>>();

  public constructor(
    private readonly world: World,
    private readonly conversations: Conversations,
  ) {}

  /** The loopback port that is, for clients at that place, this anycast port. */
  public async port(to: AnycastTarget, from: Vantage): Promise<number> {
    const key = JSON.stringify([to.address, to.port, to.protocol, from.name, from.position]);
    const forwarder = this.open.get(key) ?? (to.protocol === "TCP" ? this.tcp(to, from) : this.udp(to, from));
    this.open.set(key, forwarder);
    return (await forwarder).port;
  }

  public look(): void {
    for (const forwarder of this.open.values())
      void forwarder.then((each) => {
        each.look();
      });
  }

  public async close(): Promise<void> {
    await Promise.all([...this.open.values()].map(async (forwarder) => (await forwarder).close()));
  }

  private async tcp(to: AnycastTarget, from: Vantage): Promise<Forwarder> {
    const server = createServer((socket) => {
      this.accept(socket, to, from);
    });
    server.listen(0, LOOPBACK);
    await once(server, "listening");
    return { port: portOf(server), look: () => undefined, close: () => closed(server) };
  }

  private accept(socket: Socket, to: AnycastTarget, from: Vantage): void {
    const node = this.world.route(to, from.position);
    if (node === undefined) socket.resetAndDestroy();
    else if (roleOf(node, to) === "tunnel") this.conversations.speakPlainly(socket, node, from);
    else this.conversations.speakHttp(socket, node, from);
  }

  private async udp(to: AnycastTarget, from: Vantage): Promise<Forwarder> {
    const socket = createSocket("udp4");
    let open = true;
    const flows = new Flows(this.world, () => this.world.route(to, from.position));
    socket.on("message", (_, client) => {
      const node = flows.nodeFor(client);
      const answer = reach(node, from) === "answers" ? node?.answer() : undefined;
      if (answer === undefined) return;
      this.world.clock.after(answer.latency / 1000, () => {
        // A client that is gone already is no trouble of ours.
        if (open) socket.send(line(answer, from), client.port, client.address, () => undefined);
      });
    });
    socket.bind(0, LOOPBACK);
    await once(socket, "listening");
    return {
      port: portOf(socket),
      look: () => {
        flows.forgetIdle();
      },
      close: () => {
        open = false;
        return closed(socket);
      },
    };
  }
}

/** Which node each client of a UDP port is led to. */
class Flows {
  private readonly known = new Map<string, { node: NodeLife; last: number }>();

  public constructor(
    private readonly world: World,
    private readonly route: () => WorldNode | undefined,
  ) {}

  /** A client keeps its node until it was idle or the node is gone. */
  public nodeFor({ address, port }: RemoteInfo): WorldNode | undefined {
    this.forgetIdle();
    const client = `${address} ${port}`;
    const before = this.known.get(client)?.node;
    const node = (before && stillThere(before, this.world)) ?? this.route();
    if (node !== undefined) this.known.set(client, { node: lifeOf(node), last: this.world.clock.now() });
    return node;
  }

  public forgetIdle(): void {
    const oldest = this.world.clock.now() - FLOW_IDLE;
    for (const [client, { last }] of this.known) if (last < oldest) this.known.delete(client);
  }
}

function roleOf({ file }: WorldNode, { port, protocol }: AnycastTarget): "edge" | "tunnel" {
  const found = file?.listeners.find((each) => each.port === port && each.protocol === protocol);
  return found?.role ?? "edge";
}

function portOf(server: Server | UdpSocket): number {
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server | UdpSocket): Promise<void> {
  const end = once(server, "close");
  server.close();
  await end;
}
