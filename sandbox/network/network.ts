import type { World } from "../world/world";
import { Conversations } from "./conversations";
import { Forwarders, type AnycastTarget } from "./forwarders";
import { NodePorts } from "./node-ports";
import type { Vantage } from "./reach";

/** How often it follows what happens to nodes, in milliseconds. */
const LOOK_EVERY = 50;

/** The world's nodes and anycast addresses on free ports of loopback. */
export interface Network {
  /** The port of each node's health endpoint, by the node's name. */
  nodePorts(): Promise<ReadonlyMap<string, number>>;
  /** The port that stands in for an anycast port, as clients at a place reach it. */
  port(to: AnycastTarget, from: Vantage): Promise<number>;
  /** Follows at once what happened to nodes. */
  look(): void;
  close(): Promise<void>;
}

export function openNetwork(world: World): Network {
  const conversations = new Conversations(world);
  const nodePorts = new NodePorts(world, conversations);
  const forwarders = new Forwarders(world, conversations);
  const look = (): void => {
    conversations.look();
    nodePorts.look();
    forwarders.look();
  };
  const looking = setInterval(look, LOOK_EVERY).unref();
  return {
    nodePorts: () => nodePorts.all(),
    port: (to, from) => forwarders.port(to, from),
    look,
    close: async () => {
      clearInterval(looking);
      conversations.close();
      await Promise.all([nodePorts.close(), forwarders.close()]);
    },
  };
}
