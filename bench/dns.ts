/**
 * Queries per second of one core: of the filter chain that `weighted` compiles to, run by itself; and of the sandbox's DNS
 * server with that chain over UDP, against a server that only takes a query apart and puts a fixed reply together with the
 * same DNS library. Processor time of the servers counts, not the clock. Only prints; a slow machine fails nothing.
 *
 *   npx ts-node bench/dns.ts [QUERIES=50000] [ROUNDS=3]
 */
import { fork, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import * as dns from "dns-packet";
import { steeredRecord } from "../constructs/dns/ns1/steered-record";
import { weighted } from "../constructs/dns/traffic-policy";
import { applyFilterChain } from "../sandbox/dns/filter-chain";
import { serveDns } from "../sandbox/dns/server";

const ZONE = "edge.example.net";
const NAME = `www.${ZONE}`;
/** Queries on their way at once: enough that the server never waits. */
const IN_FLIGHT = 64;

const { answers, filters } = steeredRecord(
  { policy: weighted({ aws: 25, stackpath: 75 }), within: [], watermarks: { low: 50, high: 90 } },
  [
    { name: "aws", capacity: 80_000, percent: 100, address: "192.0.2.1", up: "1" },
    { name: "stackpath", capacity: 80_000, percent: 100, address: "203.0.113.1", up: "1" },
  ],
);

/** What the simulated NS1 holds. */
const OBJECTS: Readonly<Record<string, readonly { readonly attributes: unknown }[]>> = {
  ns1_zone: [
    {
      attributes: {
        zone: ZONE,
        ttl: 3600,
        refresh: 43200,
        retry: 7200,
        expiry: 1209600,
        nx_ttl: 3600,
        hostmaster: "hostmaster@nsone.net",
        dns_servers: "dns1.p01.nsone.net",
      },
    },
  ],
  ns1_record: [{ attributes: { zone: ZONE, domain: `*.${ZONE}`, type: "A", ttl: 60, answers, filters } }],
};

async function main(): Promise<void> {
  const [queries = 50_000, rounds = 3] = process.argv.slice(2).map(Number);
  const best = { chain: 0, echo: 0, sandbox: 0 };
  for (let round = 1; round <= rounds; round++) {
    best.chain = Math.max(best.chain, chainRate(queries));
    best.echo = Math.max(best.echo, await serverRate("echo", queries));
    best.sandbox = Math.max(best.sandbox, await serverRate("sandbox", queries));
  }
  for (const [name, rate] of Object.entries(best)) {
    const ratio = (rate / best.echo).toFixed(2);
    console.log(`${name.padEnd(8)}${String(Math.round(rate)).padStart(10)} queries/s, ${ratio} of the echo`);
  }
}

function chainRate(queries: number): number {
  const records = answers.map(({ answer, meta }) => ({ data: answer, meta }));
  const before = process.cpuUsage();
  for (let query = 0; query < queries; query++) {
    applyFilterChain(records, filters, { random: Math.random }, () => undefined);
  }
  return queries / seconds(process.cpuUsage(before));
}

/** Starts a server in a process of its own, asks it, and ends it. */
async function serverRate(kind: "echo" | "sandbox", queries: number): Promise<number> {
  const server = fork(__filename, [kind], { execArgv: process.execArgv });
  try {
    const port = (await message(server)) as number;
    await ask(port, queries / 5); // until it is compiled
    server.send("usage");
    const before = (await message(server)) as NodeJS.CpuUsage;
    await ask(port, queries);
    server.send("usage");
    const after = (await message(server)) as NodeJS.CpuUsage;
    return queries / (seconds(after) - seconds(before));
  } finally {
    server.disconnect();
    await once(server, "exit");
  }
}

async function message(server: ChildProcess): Promise<unknown> {
  const [said] = (await once(server, "message")) as unknown[];
  return said;
}

/** Asks so many times; a datagram that got lost is asked again. */
async function ask(port: number, queries: number): Promise<void> {
  const query = dns.encode({
    type: "query",
    id: 1,
    questions: [{ type: "A", name: NAME }],
    additionals: [
      {
        type: "OPT",
        name: ".",
        udpPayloadSize: 1232,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  });
  const socket = createSocket("udp4");
  let heard = 0;
  const all = new Promise<void>((resolve) => {
    let before = -1;
    const retry = setInterval(() => {
      if (heard === before) burst();
      before = heard;
    }, 200);
    const send = (): void => {
      socket.send(query, port, "127.0.0.1");
    };
    const burst = (): void => {
      for (let sent = 0; sent < IN_FLIGHT; sent++) send();
    };
    socket.on("message", () => {
      heard += 1;
      if (heard < queries) {
        send();
        return;
      }
      clearInterval(retry);
      resolve();
    });
    burst();
  });
  await all;
  socket.close();
}

async function serve(kind: string): Promise<void> {
  const port = kind === "echo" ? await serveEcho() : await serveSandbox();
  process.on("message", () => process.send?.(process.cpuUsage()));
  process.on("disconnect", () => process.exit());
  process.send?.(port);
}

async function serveSandbox(): Promise<number> {
  const { port } = await serveDns({ source: { list: (type) => OBJECTS[type] ?? [] }, log: console.error });
  return port;
}

async function serveEcho(): Promise<number> {
  const socket = createSocket("udp4");
  socket.on("message", (packet, from) => {
    const { id, questions } = dns.decode(packet);
    const reply = dns.encode({
      type: "response",
      id: id ?? 0,
      questions: questions ?? [],
      answers: [{ type: "A", name: NAME, ttl: 60, data: "192.0.2.1" }],
    });
    socket.send(reply, from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket.address().port;
}

function seconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6;
}

void (process.send === undefined ? main() : serve(process.argv[2] ?? ""));
