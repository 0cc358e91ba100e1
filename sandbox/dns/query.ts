import { createSocket } from "node:dgram";
import { connect } from "node:net";
import * as dns from "dns-packet";

/** In milliseconds. */
const ANSWER_WITHIN = 2_000;

export interface DnsAddress {
  readonly address: string;
  readonly port: number;
}

/**
 * Asks a DNS server over UDP, and over TCP where the answer is too long for that.
 *
 * @param clientSubnet the /24 of IPv4 for whose clients it asks (RFC 7871); left out: for itself.
 * @throws Error where no answer comes in time.
 */
export async function queryDns(
  server: DnsAddress,
  name: string,
  type: dns.RecordType | "ANY",
  clientSubnet?: string,
): Promise<dns.DecodedPacket> {
  const query = dns.encode({
    type: "query",
    id: Math.floor(Math.random() * 0x10000),
    // The library's types know no question for ANY, its encoder does.
    questions: [{ name, type: type as dns.RecordType }],
    additionals: clientSubnet === undefined ? [] : [subnetOption(clientSubnet)],
  });
  const answer = dns.decode(await overUdp(server, query));
  return answer.flag_tc ? dns.decode(await overTcp(server, query)) : answer;
}

function subnetOption(ip: string): dns.OptAnswer {
  return {
    ...{ type: "OPT", name: ".", udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0 },
    ...{ flags: 0, flag_do: false },
    options: [
      { code: 8, type: "CLIENT_SUBNET", family: 1, sourcePrefixLength: 24, scopePrefixLength: 0, ip },
    ],
  };
}

/** Sends one datagram and gives the one that comes back. */
export function overUdp({ address, port }: DnsAddress, query: Buffer): Promise<Buffer> {
  const socket = createSocket("udp4");
  const received = new Promise<Buffer>((resolve, reject) => {
    socket.once("message", resolve);
    socket.once("error", reject);
    socket.send(query, port, address);
  });
  return within(received).finally(() => socket.close());
}

/** Sends one message on a connection of its own and gives the one that comes back. */
export function overTcp({ address, port }: DnsAddress, query: Buffer): Promise<Buffer> {
  const socket = connect(port, address);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(query.length);
  socket.write(Buffer.concat([length, query]));
  const received = new Promise<Buffer>((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) resolve(bytes.subarray(2));
    });
    socket.once("error", reject);
    socket.once("close", () => {
      reject(new Error("the DNS server closed the connection"));
    });
  });
  return within(received).finally(() => socket.destroy());
}

function within<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no DNS answer within ${ANSWER_WITHIN} ms`));
    }, ANSWER_WITHIN);
  });
  return Promise.race([answer, late]).finally(() => {
    clearTimeout(timer);
  });
}
