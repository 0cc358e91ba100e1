import { connect } from "node:net";
import { z } from "zod";
import { PolycastError, show } from "../../constructs/fleet/problem";
import { overUdp, queryDns, type DnsAddress } from "../../sandbox/dns/query";
import type { AnycastTarget } from "../../sandbox/network/forwarders";
import type { Vantage } from "../../sandbox/network/reach";
import type { WorldClient } from "../../sandbox/world-api/client";

/** In milliseconds of real time, whatever the world's clock does. */
const ANSWER_WITHIN = 2_000;

export const nodeLine = z.object({
  status: z.string(),
  reason: z.string().optional(),
  provider: z.string(),
  fleet: z.string(),
  site: z.string(),
  release: z.string(),
  node: z.string(),
  from: z.string(),
});
/** What a node says of itself to who reaches it. */
export type NodeLine = z.infer<typeof nodeLine>;

/** What DNS says of a name. */
export interface Resolved {
  readonly name: string;
  readonly type: "A" | "AAAA";
  /** In seconds. */
  readonly ttl: number;
  /** In the order of the answer; most clients take the first. */
  readonly addresses: readonly string[];
}

/** One question to the edge, with everything on its way. */
export interface Asked {
  readonly dns: Resolved;
  readonly to: AnycastTarget;
  readonly from: string;
  /** Port on 127.0.0.1 that stands in for `to`. */
  readonly forwarder: number;
  /** Who answered. */
  readonly answer?: NodeLine;
  /** Why nobody did. */
  readonly trouble?: string;
}

/** Goes the way of a client: name, DNS, anycast address, node. */
export async function askEdge(
  client: WorldClient,
  server: DnsAddress,
  wish: Pick<Resolved, "name" | "type"> & Pick<AnycastTarget, "port" | "protocol">,
  from: Vantage,
): Promise<Asked> {
  const dns = await resolveName(client, server, wish);
  const [address = ""] = dns.addresses;
  const to = { address, port: wish.port, protocol: wish.protocol };
  return { dns, ...(await askAddress(client, to, from)) };
}

/** The second half of it: anycast address, node. */
export async function askAddress(
  client: WorldClient,
  to: AnycastTarget,
  from: Vantage,
): Promise<Omit<Asked, "dns">> {
  const forwarder = await client.route(to, from);
  const said = await (to.protocol === "TCP" ? askTcp(forwarder) : askUdp(forwarder)).then(
    (text) => ({ answer: nodeLine.parse(JSON.parse(text)) }),
    (error: unknown) => ({ trouble: describe(error) }),
  );
  return { to, from: from.name, forwarder, ...said };
}

/** @throws PolycastError where the name has no address, with the zones that there are. */
export async function resolveName(
  client: WorldClient,
  server: DnsAddress,
  { name, type }: Pick<Resolved, "name" | "type">,
): Promise<Resolved> {
  const { answers = [] } = await queryDns(server, name, type);
  const found = answers.flatMap((record) => (record.type === type ? [record] : []));
  if (found[0] !== undefined) {
    return { name, type, ttl: found[0].ttl ?? 0, addresses: found.map(({ data }) => data) };
  }
  const { zones } = await client.world();
  throw new PolycastError("The name leads nowhere", [
    {
      where: show(name),
      what: `DNS has no ${type} record of it; zones that it serves: ${zones.join(", ") || "none"}`,
      ...(zones.length === 0 && { remedy: "Deploy first: npx polycast deploy" }),
    },
  ]);
}

/** Sends what any HTTP client sends, and takes the line of JSON that comes: in the answer, or from a tunnel at once. */
function askTcp(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write("GET / HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n"),
    );
    let received = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      received += text;
      const line = /^\{.*\}$/m.exec(received)?.[0];
      if (line !== undefined) resolve(line);
      if (line !== undefined) socket.destroy();
    });
    socket.setTimeout(ANSWER_WITHIN, () => socket.destroy(new Error("timeout")));
    socket.once("error", reject);
    socket.once("close", () => {
      reject(new Error("closed without an answer"));
    });
  });
}

async function askUdp(port: number): Promise<string> {
  return (await overUdp({ address: "127.0.0.1", port }, Buffer.from("?"))).toString();
}

function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ECONNRESET" || code === "ECONNREFUSED") return "connection refused or reset";
  return message.includes("within") || message === "timeout"
    ? `nothing came within ${ANSWER_WITHIN} ms`
    : message;
}
