import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { Resolver } from "node:dns/promises";
import * as dns from "dns-packet";
import type { Reply } from "../../../sandbox/dns/authority";
import { reply } from "../../../sandbox/dns/packets";
import { overTcp, overUdp, queryDns } from "../../../sandbox/dns/query";
import { serveDns, type DnsServer } from "../../../sandbox/dns/server";
import { cases, SEED } from "../../seeded";

const ZONE = {
  zone: "example.test",
  ttl: 3600,
  refresh: 43200,
  retry: 7200,
  expiry: 1209600,
  nx_ttl: 60,
  hostmaster: "hostmaster@nsone.net",
  dns_servers: "dns1.p01.nsone.net,dns2.p01.nsone.net",
};

type Given = { domain: string; type: string; answers: (string | object)[]; [attribute: string]: unknown };

function record({ answers, ...given }: Given): object {
  return {
    zone: "example.test",
    ttl: 300,
    meta: null,
    regions: [],
    filters: [],
    answers: answers.map((answer) => ({
      answer_parts: null,
      region: "",
      meta: null,
      ...(typeof answer === "string" ? { answer } : answer),
    })),
    ...given,
  };
}

const RECORDS = [
  record({ domain: "*.edge.example.test", type: "A", answers: ["192.0.2.1", "192.0.2.2"] }),
  record({ domain: "*.edge.example.test", type: "TXT", answers: ["a wildcard"] }),
  record({ domain: "host.edge.example.test", type: "AAAA", answers: ["2001:db8::1"] }),
  record({ domain: "a.deep.edge.example.test", type: "A", answers: ["192.0.2.3"] }),
  record({ domain: "alias.example.test", type: "CNAME", answers: ["x.edge.example.test."] }),
  record({ domain: "outside.example.test", type: "CNAME", answers: ["www.example.com."] }),
  record({ domain: "nowhere.example.test", type: "CNAME", answers: ["missing.example.test."] }),
  record({ domain: "loop.example.test", type: "CNAME", answers: ["loop.example.test."] }),
  record({ domain: "text.example.test", type: "TXT", answers: ["x".repeat(300)] }),
  record({ domain: "_sip._tcp.example.test", type: "SRV", answers: ["10 5 443 host.edge.example.test."] }),
  record({ domain: "sub.example.test", type: "NS", answers: ["ns.elsewhere.test."] }),
  record({ domain: "short", type: "A", answers: ["192.0.2.9"] }),
  record({ domain: "mail.example.test", type: "MX", answers: ["10 mail.example.test."] }),
  record({ domain: "unset.example.test", type: "A", ttl: null, answers: ["192.0.2.10"] }),
  record({
    domain: "many.example.test",
    type: "A",
    answers: Array.from({ length: 100 }, (_, i) => `192.0.2.${i}`),
  }),
  record({ domain: "wrong.example.test", type: "A", answers: ["not an address"] }),
  record({
    domain: "steered.example.test",
    type: "A",
    meta: { up: "0" },
    regions: [{ name: "east", meta: { up: "1", priority: "2" } }],
    answers: [
      { answer: "192.0.2.20", region: "east" },
      { answer: "192.0.2.21", region: "east", meta: { priority: "1" } },
      "192.0.2.22",
    ],
    filters: [
      { filter: "up", disabled: false, config: null },
      { filter: "geofence_country", disabled: false, config: {} },
      { filter: "priority", disabled: false, config: null },
    ],
  }),
  record({
    domain: "parts.example.test",
    type: "SRV",
    answers: [{ answer: null, answer_parts: ["1", "2", "3", "host.example.test"] }],
  }),
];

RECORDS.push(
  record({
    domain: "regional.example.test",
    type: "A",
    answers: [
      "192.0.2.40",
      { answer: "192.0.2.41", meta: { georegion: "EUROPE,AFRICA" } },
      { answer: "192.0.2.42", meta: { georegion: "ASIAPAC" } },
    ],
    filters: [{ filter: "geofence_regional", disabled: false, config: { remove_no_georegion: "1" } }],
  }),
);

const pointer = (feed: string): object => ({ meta: { up: JSON.stringify({ feed }) } });
RECORDS.push(
  record({
    domain: "*.fleets.example.test",
    type: "A",
    answers: [
      { answer: "192.0.2.31", ...pointer("one") },
      { answer: "192.0.2.32", ...pointer("other") },
    ],
    filters: [{ filter: "up" }, { filter: "shuffle" }],
  }),
);

/** What the feeds said last. */
const said = new Map<string, { up: boolean }>();
const held: Record<string, object[]> = { ns1_zone: [ZONE], ns1_record: RECORDS };
const log: string[] = [];
let server: DnsServer;
let at: { address: string; port: number };

beforeAll(async () => {
  const source = { list: (type: string) => (held[type] ?? []).map((attributes) => ({ attributes })) };
  const feeds = { feed: (id: string) => said.get(id) };
  server = await serveDns({ source, feeds, log: (line) => log.push(line), random: () => 0 });
  at = { address: "127.0.0.1", port: server.port };
});
afterAll(() => server.close());

interface Shown {
  rcode: string;
  aa: boolean;
  answers: string[];
  authorities: string[];
}

async function ask(name: string, type: dns.RecordType | "ANY"): Promise<Shown> {
  const packet = (await queryDns(at, name, type)) as dns.DecodedPacket & { rcode: string; flag_aa: boolean };
  const lines = (records: dns.Answer[] = []): string[] =>
    records.map(
      (one) =>
        `${one.name} ${"ttl" in one ? one.ttl : ""} ${one.type} ${"data" in one ? text(one.data) : ""}`,
    );
  return {
    rcode: packet.rcode,
    aa: packet.flag_aa,
    answers: lines(packet.answers),
    authorities: lines(packet.authorities),
  };
}

function text(data: unknown): string {
  if (Array.isArray(data)) return data.map((part: Buffer) => `"${part.toString()}"`).join(" ");
  return typeof data === "string" ? data : JSON.stringify(data);
}

/** A query as bytes, with anything changed that the library would not let us say. */
function raw(
  name: string,
  type: dns.RecordType,
  change: Partial<dns.Packet> & { class?: dns.RecordClass } = {},
): Buffer {
  const { class: asked = "IN", ...packet } = change;
  return dns.encode({ type: "query", id: 77, questions: [{ name, type, class: asked }], ...packet });
}

function opt(udpPayloadSize: number, ednsVersion = 0): dns.OptAnswer {
  return {
    type: "OPT",
    name: ".",
    udpPayloadSize,
    extendedRcode: 0,
    ednsVersion,
    flags: 0,
    flag_do: false,
    options: [],
  };
}

async function rcode(query: Buffer): Promise<number> {
  return (await overUdp(at, query)).readUInt16BE(2) & 0xf;
}

describe("records", () => {
  test.each<[string, dns.RecordType, string]>([
    ["short.example.test", "A", "short.example.test 300 A 192.0.2.9"],
    ["host.edge.example.test", "AAAA", "host.edge.example.test 300 AAAA 2001:db8::1"],
    ["alias.example.test", "CNAME", "alias.example.test 300 CNAME x.edge.example.test"],
    ["unset.example.test", "A", "unset.example.test 3600 A 192.0.2.10"],
  ])("%s %s", async (name, type, expected) => {
    expect(await ask(name, type)).toEqual({
      rcode: "NOERROR",
      aa: true,
      answers: [expected],
      authorities: [],
    });
  });

  test("a long text comes in strings of 255 bytes", async () => {
    const { answers } = await ask("text.example.test", "TXT");
    expect(answers).toEqual([`text.example.test 300 TXT "${"x".repeat(255)}" "${"x".repeat(45)}"`]);
  });

  test("SRV, given whole or in parts", async () => {
    const whole = await queryDns(at, "_sip._tcp.example.test", "SRV");
    expect(whole.answers?.[0]).toMatchObject({
      data: { priority: 10, weight: 5, port: 443, target: "host.edge.example.test" },
    });
    const parts = await queryDns(at, "parts.example.test", "SRV");
    expect(parts.answers?.[0]).toMatchObject({
      data: { priority: 1, weight: 2, port: 3, target: "host.example.test" },
    });
  });

  test("NS and SOA of the zone", async () => {
    expect((await ask("example.test", "NS")).answers).toEqual([
      "example.test 3600 NS dns1.p01.nsone.net",
      "example.test 3600 NS dns2.p01.nsone.net",
    ]);
    const soa = await queryDns(at, "example.test", "SOA");
    expect(soa.answers?.[0]).toMatchObject({
      ttl: 3600,
      data: {
        mname: "dns1.p01.nsone.net",
        rname: "hostmaster.nsone.net",
        refresh: 43200,
        retry: 7200,
        expire: 1209600,
        minimum: 60,
      },
    });
  });

  test("ANY gives what there is", async () => {
    expect((await ask("x.edge.example.test", "ANY")).answers).toEqual([
      "x.edge.example.test 300 A 192.0.2.1",
      "x.edge.example.test 300 A 192.0.2.2",
      'x.edge.example.test 300 TXT "a wildcard"',
    ]);
  });

  test("a type that is not served is as if it were not there", async () => {
    expect((await ask("mail.example.test", "MX")).rcode).toBe("NXDOMAIN");
  });
});

describe("wildcards", () => {
  test.each(["x.edge.example.test", "a.b.c.edge.example.test", "*.edge.example.test"])(
    "match %s",
    async (name) => {
      expect((await ask(name, "A")).answers).toEqual([`${name} 300 A 192.0.2.1`, `${name} 300 A 192.0.2.2`]);
    },
  );

  test("an existing name is not covered, even for a type that it lacks", async () => {
    const { rcode: code, answers, authorities } = await ask("host.edge.example.test", "A");
    expect([code, answers, authorities.length]).toEqual(["NOERROR", [], 1]);
  });

  test("an empty non-terminal exists: no data, and nothing below it is covered", async () => {
    expect(await ask("deep.edge.example.test", "A")).toMatchObject({ rcode: "NOERROR", answers: [] });
    expect(await ask("b.deep.edge.example.test", "A")).toMatchObject({ rcode: "NXDOMAIN", answers: [] });
  });

  test("below an existing name nothing is covered", async () => {
    expect((await ask("below.host.edge.example.test", "A")).rcode).toBe("NXDOMAIN");
  });

  test("the wildcard's parent itself is not covered", async () => {
    expect(await ask("edge.example.test", "A")).toMatchObject({ rcode: "NOERROR", answers: [] });
  });
});

describe("negative answers", () => {
  test("NXDOMAIN with a SOA that says how long", async () => {
    const { rcode: code, aa, answers, authorities } = await ask("missing.example.test", "A");
    expect([code, aa, answers]).toEqual(["NXDOMAIN", true, []]);
    expect(authorities[0]).toMatch(/^example\.test 60 SOA /);
  });

  test("no data with a SOA", async () => {
    const { rcode: code, aa, answers, authorities } = await ask("x.edge.example.test", "AAAA");
    expect([code, aa, answers]).toEqual(["NOERROR", true, []]);
    expect(authorities[0]).toMatch(/^example\.test 60 SOA /);
  });

  test.each(["example.com", "notexample.test", "test", "."])("REFUSED for %s", async (name) => {
    expect(await ask(name, "A")).toEqual({ rcode: "REFUSED", aa: false, answers: [], authorities: [] });
  });
});

describe("aliases", () => {
  test("are followed within our zones", async () => {
    expect((await ask("alias.example.test", "A")).answers).toEqual([
      "alias.example.test 300 CNAME x.edge.example.test",
      "x.edge.example.test 300 A 192.0.2.1",
      "x.edge.example.test 300 A 192.0.2.2",
    ]);
  });

  test("end where our zones end", async () => {
    expect(await ask("outside.example.test", "A")).toMatchObject({
      rcode: "NOERROR",
      answers: ["outside.example.test 300 CNAME www.example.com"],
    });
  });

  test("to a name that is not there are NXDOMAIN", async () => {
    expect(await ask("nowhere.example.test", "A")).toMatchObject({
      rcode: "NXDOMAIN",
      answers: ["nowhere.example.test 300 CNAME missing.example.test"],
    });
  });

  test("in a circle end", async () => {
    const { rcode: code, answers } = await ask("loop.example.test", "A");
    expect([code, new Set(answers).size]).toEqual(["NOERROR", 1]);
  });
});

test.each(["sub.example.test", "x.sub.example.test"])("%s is delegated", async (name) => {
  expect(await ask(name, "A")).toEqual({
    rcode: "NOERROR",
    aa: false,
    answers: [],
    authorities: ["sub.example.test 300 NS ns.elsewhere.test"],
  });
});

test("the filter chain orders the answers: answer's metadata before region's before record's", async () => {
  expect((await ask("steered.example.test", "A")).answers).toEqual([
    "steered.example.test 300 A 192.0.2.21",
    "steered.example.test 300 A 192.0.2.20",
  ]);
  await ask("steered.example.test", "A");
  expect(log.filter((line) => line.includes('"geofence_country"'))).toHaveLength(1);
});

describe("an answer whose `up` is a feed's", () => {
  const [ONE, OTHER] = ["192.0.2.31", "192.0.2.32"];
  const addresses = async (): Promise<string[]> => {
    const { answers = [] } = await queryDns(at, "x.fleets.example.test", "A");
    return answers.map((each) => ("data" in each ? text(each.data) : "")).sort();
  };
  const serial = async (): Promise<unknown> => {
    const [soa] = (await queryDns(at, "example.test", "SOA")).answers ?? [];
    return soa?.type === "SOA" ? soa.data.serial : undefined;
  };
  afterEach(() => {
    said.clear();
  });

  test("is given while the feed has not said anything, and while it says so", async () => {
    expect(await addresses()).toEqual([ONE, OTHER]);
    said.set("one", { up: true });
    expect(await addresses()).toEqual([ONE, OTHER]);
  });

  test("is left out in the next reply after its feed went down, and is back when that is up", async () => {
    said.set("one", { up: true }).set("other", { up: true });
    expect(await addresses()).toEqual([ONE, OTHER]);
    said.set("one", { up: false });
    expect(await addresses()).toEqual([OTHER]);
    said.set("one", { up: true });
    expect(await addresses()).toEqual([ONE, OTHER]);
  });

  test("is given with all others when none is up", async () => {
    said.set("one", { up: false }).set("other", { up: false });
    expect(await addresses()).toEqual([ONE, OTHER]);
  });

  test("leaves the zone's serial number alone", async () => {
    const before = await serial();
    expect(before).toEqual(expect.any(Number));
    said.set("one", { up: false });
    await addresses();
    expect(await serial()).toBe(before);
  });
});

describe("packets", () => {
  test("the question comes back letter by letter, answers in its spelling", async () => {
    const packet = dns.decode(await overUdp(at, raw("X.EdGe.eXample.TEST", "A")));
    expect(packet.questions).toEqual([{ name: "X.EdGe.eXample.TEST", type: "A", class: "IN" }]);
    expect(packet.answers?.[0]?.name).toBe("X.EdGe.eXample.TEST");
    expect(packet.id).toBe(77);
  });

  test("recursion is not offered, and the wish for it is repeated", async () => {
    const reply = dns.decode(
      await overUdp(at, raw("short.example.test", "A", { flags: dns.RECURSION_DESIRED })),
    );
    expect([reply.flag_qr, reply.flag_rd, reply.flag_ra]).toEqual([true, true, false]);
  });

  test("what does not fit is cut without EDNS, and whole over TCP", async () => {
    const cut = await overUdp(at, raw("many.example.test", "A"));
    expect(dns.decode(cut)).toMatchObject({ flag_tc: true, answers: [] });
    expect(cut.length).toBeLessThanOrEqual(512);
    expect(dns.decode(await overTcp(at, raw("many.example.test", "A"))).answers).toHaveLength(100);
    expect((await queryDns(at, "many.example.test", "A")).answers).toHaveLength(100);
  });

  test.each([
    [1232, 300, false],
    [512, 300, true],
    [100, 45, false],
    [65000, 1000, false],
    [65000, 1300, true],
  ])("EDNS size %i with a text of %i bytes: cut %s", async (size, length, cut) => {
    held["ns1_record"] = [
      ...RECORDS,
      record({
        domain: "sized.example.test",
        type: "TXT",
        answers: ["y".repeat(length), "z".repeat(length > 500 ? 0 : length)],
      }),
    ];
    const reply = dns.decode(
      await overUdp(at, raw("sized.example.test", "TXT", { additionals: [opt(size)] })),
    );
    expect(reply.flag_tc).toBe(cut);
    expect(reply.additionals?.[0]).toMatchObject({ type: "OPT", udpPayloadSize: 1232 });
    held["ns1_record"] = RECORDS;
  });

  test("without EDNS in the query there is none in the reply", async () => {
    expect(dns.decode(await overUdp(at, raw("short.example.test", "A"))).additionals).toEqual([]);
  });

  test("EDNS of a later version: BADVERS", async () => {
    const reply = dns.decode(
      await overUdp(at, raw("short.example.test", "A", { additionals: [opt(1232, 1)] })),
    );
    expect(reply.answers).toEqual([]);
    expect(reply.additionals?.[0]).toMatchObject({ type: "OPT", extendedRcode: 1, ednsVersion: 0 });
  });

  test("two EDNS records: FORMERR", async () => {
    expect(await rcode(raw("short.example.test", "A", { additionals: [opt(1232), opt(1232)] }))).toBe(1);
  });

  test.each([1, 2, 4, 5])("opcode %i: NOTIMP", async (opcode) => {
    expect(await rcode(raw("short.example.test", "A", { flags: opcode << 11 }))).toBe(4);
  });

  test("no question, and two: FORMERR", async () => {
    expect(await rcode(dns.encode({ type: "query", id: 1, questions: [] }))).toBe(1);
    const question = { name: "short.example.test", type: "A" } as const;
    expect(await rcode(dns.encode({ type: "query", id: 1, questions: [question, question] }))).toBe(1);
  });

  test.each<[string, Buffer]>([
    ["another class", raw("short.example.test", "A", { class: "CH" })],
    ["a zone transfer", raw("example.test", "AXFR")],
    ["an incremental one", raw("example.test", "IXFR")],
  ])("%s: REFUSED", async (_, query) => {
    expect(await rcode(query)).toBe(5);
  });

  test("a type that nobody knows: no data", async () => {
    const query = raw("short.example.test", "A");
    query.writeUInt16BE(65280, query.length - 4);
    const reply = await overUdp(at, query);
    expect(reply.readUInt16BE(2) & 0xf).toBe(0);
    expect(reply.subarray(12, query.length)).toEqual(query.subarray(12));
  });

  test.each<[string, string]>([
    ["a dot within a label", "a.b"],
    ["bytes beyond ASCII", "\xff\xfe"],
  ])("%s: FORMERR with the question as it came", async (_, label) => {
    const bytes = Buffer.from(label, "latin1");
    const name = Buffer.concat([
      Buffer.from([bytes.length]),
      bytes,
      raw("edge.example.test", "A").subarray(12),
    ]);
    const query = Buffer.concat([raw("short.example.test", "A").subarray(0, 12), name]);
    const reply = await overUdp(at, query);
    expect(reply.readUInt16BE(2) & 0xf).toBe(1);
    expect(reply.subarray(12)).toEqual(query.subarray(12));
  });

  test("an answer that is no address: SERVFAIL, once in the log, and the server goes on", async () => {
    expect(await rcode(raw("wrong.example.test", "A"))).toBe(2);
    expect(await rcode(raw("wrong.example.test", "A"))).toBe(2);
    expect(log.filter((line) => line.includes("query failed"))).toHaveLength(1);
    expect(await rcode(raw("short.example.test", "A"))).toBe(0);
  });

  test("rubbish does no harm", () => {
    console.info(`DNS rubbish: SEED=${SEED}`);
    let state = SEED;
    const next = (): number => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) >> 8;
    const sound = raw("x.edge.example.test", "A", { additionals: [opt(1232)] });
    const resolve = (): Reply => ({ rcode: "NOERROR", authoritative: true, answers: [], authorities: [] });
    const rounds = cases(20_000);
    for (let round = 0; round < rounds; round++) {
      const whole = round % 2 === 0 ? Buffer.from(sound) : Buffer.alloc(next() % 64);
      for (let flips = 0; flips < 4 && whole.length > 0; flips++)
        whole[next() % whole.length] = next() & 0xff;
      const bytes = whole.subarray(0, round % 5 === 0 ? next() % (whole.length + 1) : whole.length);
      const answered = reply(bytes, "udp", resolve, (error) => {
        throw error;
      });
      if (answered === undefined) expect(bytes.length < 12 || (bytes[2] ?? 0) >= 0x80).toBe(true);
      else expect([answered.readUInt16BE(0), (answered[2] ?? 0) >> 7]).toEqual([bytes.readUInt16BE(0), 1]);
    }
  });

  test("compression pointers that lead in circles: FORMERR", async () => {
    const query = Buffer.concat([raw("a", "A").subarray(0, 12), Buffer.from([0xc0, 0x0c, 0, 1, 0, 1])]);
    expect(await rcode(query)).toBe(1);
  });

  test("a reply is not replied to, nor is less than a header", async () => {
    const socket = createSocket("udp4");
    const replies: Buffer[] = [];
    socket.on("message", (message) => replies.push(message));
    socket.send(
      dns.encode({ type: "response", id: 5, questions: [{ name: "a", type: "A" }] }),
      at.port,
      at.address,
    );
    socket.send(Buffer.alloc(11), at.port, at.address);
    socket.send(raw("short.example.test", "A"), at.port, at.address);
    await once(socket, "message");
    expect(replies.map((reply) => reply.readUInt16BE(0))).toEqual([77]);
    socket.close();
  });
});

describe("the client's network (EDNS client subnet)", () => {
  const subnet = (ip: string, sourcePrefixLength: number): dns.OptAnswer => ({
    ...opt(1232),
    options: [{ code: 8, type: "CLIENT_SUBNET", family: ip.includes(":") ? 2 : 1, sourcePrefixLength, ip }],
  });
  const told = async (over: typeof overUdp, option: dns.OptAnswer) => {
    const query = raw("regional.example.test", "A", { additionals: [option] });
    const { answers = [], additionals = [] } = dns.decode(await over(at, query));
    const [echo] = additionals.flatMap((each) => (each.type === "OPT" ? each.options : []));
    return { address: answers[0]?.type === "A" ? answers[0].data : undefined, echo };
  };

  test.each([
    ["198.18.3.0", 24, "192.0.2.41"],
    ["198.18.3.77", 32, "192.0.2.41"],
    ["198.18.2.0", 24, "192.0.2.42"],
    ["198.18.9.0", 24, "192.0.2.40"],
    ["2001:db8:e003::", 48, "192.0.2.41"],
    ["2001:db8:e009::", 48, "192.0.2.40"],
  ])("%s/%i is answered with its region's, over UDP and TCP", async (ip, length, expected) => {
    expect((await told(overUdp, subnet(ip, length))).address).toBe(expected);
    expect((await told(overTcp, subnet(ip, length))).address).toBe(expected);
  });

  test("is repeated, as the network that the answer is for", async () => {
    const { echo } = await told(overUdp, subnet("198.18.3.0", 24));
    expect(echo).toMatchObject({
      family: 1,
      sourcePrefixLength: 24,
      scopePrefixLength: 24,
      ip: "198.18.3.0",
    });
  });

  test("that nobody told of is nowhere", async () => {
    expect(await told(overUdp, opt(1232))).toEqual({ address: "192.0.2.40", echo: undefined });
  });

  test.each([
    ["a prefix that is too long", 1, 33],
    ["a family that there is not", 3, 24],
  ])("with %s: FORMERR", async (_, family, length) => {
    const query = raw("regional.example.test", "A", { additionals: [subnet("198.18.3.0", 24)] });
    const option = query.lastIndexOf(Buffer.from([0, 1, 24, 0, 198, 18, 3]));
    query.set([0, family, length], option);
    expect(await rcode(query)).toBe(1);
  });
});

describe("TCP", () => {
  test("several queries on one connection, in pieces", async () => {
    const socket = connect(at.port, at.address);
    const message = raw("short.example.test", "A");
    const framed = Buffer.concat([Buffer.from([0, message.length]), message]);
    const bytes = Buffer.concat([framed, framed, framed]);
    socket.setNoDelay(true);
    for (const byte of bytes) socket.write(Buffer.from([byte]));
    let received = Buffer.alloc(0);
    const expected = 3 * (2 + (await overTcp(at, message)).length);
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer]);
      if (received.length >= expected) break;
    }
    expect(received).toHaveLength(expected);
  });

  test("a connection that sends no query is closed", async () => {
    const socket = connect(at.port, at.address);
    socket.write(Buffer.from([0, 3, 1, 2, 3]));
    await once(socket, "close");
    expect((await ask("short.example.test", "A")).rcode).toBe("NOERROR");
  });
});

describe("as a whole", () => {
  test("a stock resolver understands it", async () => {
    const resolver = new Resolver({ timeout: 1000, tries: 1 });
    resolver.setServers([`127.0.0.1:${server.port}`]);
    expect(await resolver.resolve4("y.edge.example.test", { ttl: true })).toEqual([
      { address: "192.0.2.1", ttl: 300 },
      { address: "192.0.2.2", ttl: 300 },
    ]);
    expect(await resolver.resolveSrv("_sip._tcp.example.test")).toEqual([
      { name: "host.edge.example.test", port: 443, priority: 10, weight: 5 },
    ]);
    expect(await resolver.resolveTxt("text.example.test")).toEqual([["x".repeat(255), "x".repeat(45)]]);
    expect(await resolver.resolve4("many.example.test")).toHaveLength(100);
    await expect(resolver.resolve4("missing.example.test")).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(resolver.resolve6("y.edge.example.test")).rejects.toMatchObject({ code: "ENODATA" });
    await expect(resolver.resolve4("example.com")).rejects.toMatchObject({ code: "EREFUSED" });
  });

  test("what changes in the store is answered at once, under a higher serial", async () => {
    const serial = async (): Promise<number> => {
      const soa = (await queryDns(at, "example.test", "SOA")).answers?.[0];
      return soa?.type === "SOA" ? (soa.data.serial ?? 0) : 0;
    };
    const before = await serial();
    expect(await serial()).toBe(before);
    held["ns1_record"] = [
      ...RECORDS,
      record({ domain: "new.example.test", type: "A", answers: ["192.0.2.30"] }),
    ];
    expect((await ask("new.example.test", "A")).answers).toEqual(["new.example.test 300 A 192.0.2.30"]);
    expect(await serial()).toBeGreaterThan(before);
    held["ns1_record"] = RECORDS;
    expect((await ask("new.example.test", "A")).rcode).toBe("NXDOMAIN");
  });

  test("of two zones the closer one answers", async () => {
    held["ns1_zone"] = [ZONE, { ...ZONE, zone: "Edge.example.test" }];
    expect((await ask("x.edge.example.test", "A")).authorities[0]).toMatch(/^edge\.example\.test 60 SOA /);
    held["ns1_zone"] = [ZONE];
  });

  test("no zones: everything is refused", async () => {
    held["ns1_zone"] = [];
    expect((await ask("x.edge.example.test", "A")).rcode).toBe("REFUSED");
    held["ns1_zone"] = [ZONE];
  });
});
