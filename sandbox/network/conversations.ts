import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { NodeAnswer, World, WorldNode } from "../world/world";
import { lifeOf, reach, stillThere, type NodeLife, type Vantage } from "./reach";

interface Conversation {
  readonly socket: Socket;
  readonly node: NodeLife;
  /** Undefined: nothing lies between, as on the node itself. */
  readonly from: Vantage | undefined;
  /** What the node does as soon as it can. */
  readonly due: ((answer: NodeAnswer, node: WorldNode) => void)[];
}

/**
 * The TCP connections of nodes. One lives as long as its node: it is reset when the node's processes die, and silent
 * while the node is frozen or cut off.
 */
export class Conversations {
  private readonly open = new Map<Socket, Conversation>();
  private closed = false;
  /** It listens nowhere: sockets are handed to it. */
  private readonly http = createServer((request, response) => {
    this.respond(request, response);
  });

  public constructor(private readonly world: World) {}

  /** The node answers requests with what it says of itself; without a vantage point, only at its health path. */
  public speakHttp(socket: Socket, node: WorldNode, from?: Vantage): void {
    this.begin(socket, node, from);
    this.http.emit("connection", socket);
  }

  /** The node says who it is, and then sends back whatever it gets. */
  public speakPlainly(socket: Socket, node: WorldNode, from: Vantage): void {
    const conversation = this.begin(socket, node, from);
    this.when(conversation, (answer) => socket.write(line(answer, from)));
    socket.on("data", (bytes) => {
      this.when(conversation, () => socket.write(bytes));
    });
  }

  /** Takes up what has happened to the nodes since. */
  public look(): void {
    for (const conversation of this.open.values()) this.goOn(conversation);
  }

  public close(): void {
    this.closed = true;
    for (const socket of this.open.keys()) socket.destroy();
  }

  private begin(socket: Socket, node: WorldNode, from: Vantage | undefined): Conversation {
    const conversation = { socket, node: lifeOf(node), from, due: [] };
    this.open.set(socket, conversation);
    socket.on("close", () => this.open.delete(socket));
    socket.on("error", () => socket.destroy());
    if (this.closed) socket.destroy();
    this.goOn(conversation);
    return conversation;
  }

  private when(conversation: Conversation, then: (answer: NodeAnswer, node: WorldNode) => void): void {
    conversation.due.push(then);
    this.goOn(conversation);
  }

  private goOn({ socket, node, from, due }: Conversation): void {
    const now = stillThere(node, this.world);
    const met = reach(now, from);
    if (met === "gone") socket.resetAndDestroy();
    const answer = met === "answers" ? now?.answer() : undefined;
    if (now !== undefined && answer !== undefined)
      due.splice(0).forEach((then) => {
        then(answer, now);
      });
  }

  private respond(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const conversation = this.open.get(request.socket);
    if (conversation === undefined) return;
    const { from } = conversation;
    this.when(conversation, (answer, { file }) => {
      this.world.clock.after(answer.latency / 1000, () => {
        const found = from !== undefined || request.url === (file?.health.path ?? "/healthz");
        response.writeHead(found ? answer.status : 404, { "content-type": "application/json" });
        response.end(found ? line(answer, from) : "");
      });
    });
  }
}

/** What a node says of itself, as one line of JSON; with the place from where it was reached. */
export function line({ body }: NodeAnswer, from: Vantage | undefined): string {
  return `${JSON.stringify({ ...body, from: from?.name })}\n`;
}
