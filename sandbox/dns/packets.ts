import * as dns from "dns-packet";
import type { Question, Reply } from "./authority";

/** The reply codes we give (RFC 1035, 4.1.1; BADVERS: RFC 6891). */
const RCODES = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;
type Rcode = keyof typeof RCODES;

const HEADER = 12;
const RESPONSE = 0x8000;
/** What a reply copies from the query: opcode, and whether recursion was desired. */
const COPIED = 0x7900;
const OPCODE = 0x7800;
/** What fits without EDNS (RFC 1035), and what we take and send with it (the DNS flag day's size). */
const PLAIN_SIZE = 512;
const EDNS_SIZE = 1232;
/** EDNS option code (RFC 7871). */
const CLIENT_SUBNET = 8;
const ZONE_TRANSFERS = ["AXFR", "IXFR"];

export type Transport = "udp" | "tcp";

/**
 * Makes the reply to one query.
 *
 * @param resolve gives the content of the reply to a sound question; when it throws, the asker is told SERVFAIL.
 * @param onFailure is told what `resolve` threw.
 * @returns undefined where silence is right: what is too short for a header, or is itself a reply.
 */
export function reply(
  query: Buffer,
  transport: Transport,
  resolve: (question: Question) => Reply,
  onFailure: (error: unknown) => void,
): Buffer | undefined {
  if (query.length < HEADER || (query.readUInt16BE(2) & RESPONSE) !== 0) return undefined;
  const asked = read(query);
  if ("refusal" in asked) return write(query, asked, { rcode: asked.refusal });
  const limit = transport === "tcp" ? 0xffff : Math.min(Math.max(asked.ednsSize ?? 0, PLAIN_SIZE), EDNS_SIZE);
  try {
    const content = resolve(asked.question);
    const whole = write(query, asked, content);
    return whole.length <= limit
      ? whole
      : write(query, asked, { ...content, answers: [], authorities: [], cut: true });
  } catch (error) {
    onFailure(error);
    return write(query, asked, { rcode: "SERVFAIL" });
  }
}

interface Frame {
  /** The question's own bytes, repeated as they came: resolvers check even the letters' case. */
  readonly rawQuestion: Buffer;
  /** The size the asker takes, if it speaks EDNS. */
  readonly ednsSize?: number;
  /** The network of the client that it asks for (RFC 7871). */
  readonly subnet?: ClientSubnet;
}
type ClientSubnet = Extract<dns.PacketOpt, { ip: unknown }>;
type Asked = Frame & ({ readonly refusal: Rcode } | { readonly question: Question });

function read(query: Buffer): Asked {
  const nothing = Buffer.alloc(0);
  if ((query.readUInt16BE(2) & OPCODE) !== 0) return { rawQuestion: nothing, refusal: "NOTIMP" };
  let packet: dns.DecodedPacket;
  try {
    packet = dns.decode(query);
  } catch {
    return { rawQuestion: nothing, refusal: "FORMERR" };
  }
  const [question, ...more] = packet.questions ?? [];
  if (question === undefined || more.length > 0) return { rawQuestion: nothing, refusal: "FORMERR" };
  const raw = rawQuestion(query);
  const options = (packet.additionals ?? []).filter((record) => record.type === "OPT");
  const frame = { rawQuestion: raw.bytes, ...(options[0] && { ednsSize: options[0].udpPayloadSize }) };
  if (options.length > 1) return { ...frame, refusal: "FORMERR" };
  if ((options[0]?.ednsVersion ?? 0) > 0) return { ...frame, refusal: "BADVERS" };
  const subnet = options[0]?.options.find((option): option is ClientSubnet => option.code === CLIENT_SUBNET);
  if (subnet !== undefined && !isSound(subnet)) return { ...frame, refusal: "FORMERR" };
  // The packet library reads names as text: a label with a dot or with bytes beyond ASCII would come out as another.
  const labels = question.name === "." ? [] : question.name.split(".");
  if (labels.length !== raw.labels || !/^[\x21-\x7e]*$/.test(question.name))
    return { ...frame, refusal: "FORMERR" };
  if (question.class !== "IN" || ZONE_TRANSFERS.includes(question.type))
    return { ...frame, refusal: "REFUSED" };
  return {
    ...frame,
    ...(subnet && { subnet }),
    question: {
      name: question.name,
      type: question.type,
      ...(subnet?.ip !== undefined && { clientSubnet: subnet.ip }),
    },
  };
}

/** Of a known family, with a prefix that this family can have (RFC 7871, 7.1.2). */
function isSound({ family, sourcePrefixLength = 0, ip }: ClientSubnet): boolean {
  const longest = family === 1 ? 32 : family === 2 ? 128 : -1;
  return ip !== undefined && sourcePrefixLength <= longest;
}

/** The bytes of the first question, and how many labels its name has. */
function rawQuestion(query: Buffer): { bytes: Buffer; labels: number } {
  let end = HEADER;
  let labels = 0;
  for (let length = query[end] ?? 0; length > 0 && length < 64; length = query[end] ?? 0) {
    end += length + 1;
    labels += 1;
  }
  return { bytes: query.subarray(HEADER, end + 5), labels };
}

interface Content {
  readonly rcode: Rcode;
  readonly authoritative?: boolean;
  readonly answers?: readonly dns.Answer[];
  readonly authorities?: readonly dns.Answer[];
  /** The reply did not fit: ask again over TCP. */
  readonly cut?: boolean;
}

function write(query: Buffer, frame: Frame, content: Content): Buffer {
  const code = RCODES[content.rcode];
  const packet = dns.encode({
    type: "response",
    id: query.readUInt16BE(0),
    flags:
      (query.readUInt16BE(2) & COPIED) |
      (content.authoritative === true ? dns.AUTHORITATIVE_ANSWER : 0) |
      (content.cut === true ? dns.TRUNCATED_RESPONSE : 0) |
      (code & 0xf),
    answers: [...(content.answers ?? [])],
    authorities: [...(content.authorities ?? [])],
    additionals: frame.ednsSize === undefined ? [] : [options(code >> 4, frame.subnet)],
  });
  // The question goes in as it came; nothing in the packet points at another place, so nothing has to be moved.
  packet.writeUInt16BE(frame.rawQuestion.length > 0 ? 1 : 0, 4);
  return Buffer.concat([packet.subarray(0, HEADER), frame.rawQuestion, packet.subarray(HEADER)]);
}

function options(extendedRcode: number, subnet: ClientSubnet | undefined): dns.OptAnswer {
  // The whole of what the asker told may have counted, so the answer is good for that network and no larger one.
  const echo = subnet && {
    ...subnet,
    data: undefined, // the bytes that came, which the packet library would send instead
    scopePrefixLength: subnet.sourcePrefixLength,
  };
  return {
    type: "OPT",
    name: ".",
    udpPayloadSize: EDNS_SIZE,
    extendedRcode,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: echo === undefined ? [] : [echo],
  };
}
