import { Argument, type Command } from "commander";
import { PolycastError, show } from "../../constructs/fleet/problem";
import { attachedSandbox } from "../../sandbox/sandbox";
import { worldClient } from "../../sandbox/world-api/client";
import { FAILED } from "../exit-code";
import { plainTable } from "../plain-table";
import { askEdge, type Asked, type NodeLine } from "./ask-edge";
import { chooseVantage } from "./vantage";

const MOST_QUESTIONS = 10_000;

interface CurlOptions {
  readonly udp?: true;
  readonly ipv6?: true;
  readonly from?: string;
  readonly count: string;
  readonly json?: true;
}

/** `polycast sandbox curl NAME[:PORT]`; the exit code is 1 where nobody answered. */
export function addCurl(sandbox: Command): void {
  sandbox
    .command("curl")
    .description("Go a client's way: name, DNS, anycast address, node; and say which node answered")
    .addArgument(new Argument("<name[:port]>", "a name of the edge, and a listener's port (default: 443)"))
    .option("--udp", "send a datagram instead of opening a TCP connection")
    .option("-6, --ipv6", "use the name's IPv6 address")
    .option("--from <place>", "where the client is: an NS1 monitoring region, or a node's location")
    .option("--count <number>", "ask so often, and count who answers", "1")
    .option("--json", "as JSON")
    .action(async (target: string, options: CurlOptions) => {
      const wish = { ...parseTarget(target), ...typesOf(options) };
      const count = parseCount(options.count);
      const client = worldClient(process.env);
      const { dns } = attachedSandbox(process.env).record;
      const from = chooseVantage(options.from, await client.world());
      const asked: Asked[] = [];
      for (let question = 0; question < count; question++) asked.push(await askEdge(client, dns, wish, from));
      process.stdout.write(`${options.json ? JSON.stringify(asJson(asked), null, 2) : asText(asked)}\n`);
      if (asked.every(({ answer }) => answer === undefined)) process.exitCode = FAILED;
    });
}

function typesOf({ udp, ipv6 }: CurlOptions) {
  return { protocol: udp ? "UDP" : "TCP", type: ipv6 ? "AAAA" : "A" } as const;
}

function parseTarget(target: string): { name: string; port: number } {
  const [, name = "", port = "443"] = /^([^:]+)(?::(\d+))?$/.exec(target) ?? [];
  if (name !== "" && Number(port) >= 1 && Number(port) <= 65_535) return { name, port: Number(port) };
  throw new PolycastError("The target cannot be read", [
    { where: show(target), what: "is not NAME or NAME:PORT, such as www.edge.example.net:443" },
  ]);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_QUESTIONS) return count;
  throw new PolycastError("That many times cannot be asked", [
    { where: "--count", what: `is ${show(text)}; allowed are whole numbers from 1 to ${MOST_QUESTIONS}` },
  ]);
}

/** How often each node answered, the most frequent first; without a node: nobody. */
interface Tally {
  readonly count: number;
  readonly answer?: NodeLine;
  readonly trouble?: string;
}

function tally(asked: readonly Asked[]): readonly Tally[] {
  const groups = new Map<string, Tally>();
  for (const { answer, trouble } of asked) {
    const key = JSON.stringify([answer?.node, answer?.release, trouble]);
    const count = (groups.get(key)?.count ?? 0) + 1;
    groups.set(key, { count, ...(answer && { answer }), ...(trouble !== undefined && { trouble }) });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

function asJson(asked: readonly Asked[]): object {
  return asked.length === 1 ? (asked[0] as Asked) : { count: asked.length, answers: tally(asked), asked };
}

function asText(asked: readonly Asked[]): string {
  return asked.length === 1 ? describeAsked(asked[0] as Asked) : describeTally(tally(asked));
}

/** The way of one question, one step a line. */
export function describeAsked({ dns, to, from, forwarder, answer, trouble }: Asked): string {
  return [
    `name     ${dns.name} ${dns.type}: ${dns.addresses.join(", ")} (for ${dns.ttl} s)`,
    `address  ${to.address} ${to.protocol} ${to.port} from ${from}, here 127.0.0.1 port ${forwarder}`,
    answer === undefined ? `node     no answer: ${trouble}` : `node     ${describeNode(answer)}`,
  ].join("\n");
}

function describeNode({ provider, fleet, site, release, node, status, reason }: NodeLine): string {
  const well = status === "healthy" ? "" : `, ${status}${reason === undefined ? "" : `: ${reason}`}`;
  return `${provider}, fleet ${fleet}, site ${site}, release ${release}: ${node}${well}`;
}

function describeTally(tallies: readonly Tally[]): string {
  return plainTable(
    ["times", "provider", "fleet", "site", "release", "node"],
    tallies.map(({ count, answer, trouble }) =>
      answer === undefined
        ? [String(count), `no answer: ${trouble}`]
        : [String(count), answer.provider, answer.fleet, answer.site, answer.release, answer.node],
    ),
  );
}
