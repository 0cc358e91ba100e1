import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import type { World, WorldNode } from "../world/world";
import type { Conversations } from "./conversations";

const LOOPBACK = "127.0.0.1";

/**
 * A port of its own on loopback for each node, with the node's health path. A thousand cost some 9 MB and a tenth of a
 * second, so all are opened as soon as somebody asks for them.
 */
export class NodePorts {
  /** By node's name; those that listen, or are about to. */
  private readonly servers = new Map<string, Promise<Server>>();
  /** A node that starts anew under its name gets its port again, if nobody has taken it. */
  private readonly numbers = new Map<string, number>();
  private asked = false;

  public constructor(
    private readonly world: World,
    private readonly conversations: Conversations,
  ) {}

  /** The port of every node that has one, by name. A node that died keeps its port, which refuses. */
  public async all(): Promise<ReadonlyMap<string, number>> {
    this.asked = true;
    this.look();
    await Promise.all(this.servers.values());
    return this.numbers;
  }

  /** Opens and closes ports as nodes come up and die. */
  public look(): void {
    if (!this.asked) return;
    const nodes = new Map(this.world.nodes().map((node) => [node.name, node]));
    for (const name of this.servers.keys()) if (!isAlive(nodes.get(name))) this.stop(name);
    for (const name of this.numbers.keys()) if (!nodes.has(name)) this.numbers.delete(name);
    for (const [name, node] of nodes)
      if (isAlive(node) && !this.servers.has(name)) this.servers.set(name, this.listen(name));
  }

  public async close(): Promise<void> {
    this.asked = false;
    const servers = await Promise.all(this.servers.values());
    for (const name of this.servers.keys()) this.stop(name);
    await Promise.all(servers.filter(({ listening }) => listening).map((server) => once(server, "close")));
  }

  private async listen(name: string): Promise<Server> {
    const server = createServer((socket) => {
      const node = this.world.nodes().find((each) => each.name === name);
      if (node === undefined) socket.resetAndDestroy();
      else this.conversations.speakHttp(socket, node);
    });
    await listenOn(server, this.numbers.get(name) ?? 0).catch(() => listenOn(server, 0));
    this.numbers.set(name, (server.address() as AddressInfo).port);
    return server;
  }

  private stop(name: string): void {
    void this.servers.get(name)?.then((server) => server.close());
    this.servers.delete(name);
  }
}

function isAlive(node: WorldNode | undefined): boolean {
  return node?.state === "running" || node?.state === "frozen";
}

async function listenOn(server: Server, port: number): Promise<void> {
  server.listen(port, LOOPBACK);
  await once(server, "listening");
}
