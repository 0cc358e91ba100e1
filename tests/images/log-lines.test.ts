/** What the image's parts write, what the sandbox says that they write, and what CloudWatch counts in it: all alike. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  CONNECTIONS,
  FAILED_CONNECTIONS,
  HEALTHY_NODES,
  LOG_METRICS,
  UNHEALTHY_NODES,
} from "../../constructs/management/cloudwatch/log-metrics";
import { logPattern } from "../../constructs/providers/aws/simulation-log-filter";
import { linesOf } from "../../sandbox/world/node-log";
import type { NodeAnswer, WorldNode } from "../../sandbox/world/world";
import { nodeFile } from "../sandbox/world/sample-world";

const PARTS = path.join(__dirname, "../../images/edge-node/provision/files/usr/lib/polycast");
const IDENTITY = { node: "i-0a1b", provider: "acme", fleet: "acme", site: "west", release: "good" };

const hasPython = spawnSync("python3", ["--version"]).status === 0;
const withPython = hasPython ? test : test.skip;

/** Names of the metrics that a line counts for, with the site that it counts for. */
function counted(line: string): Record<string, string | undefined> {
  return Object.fromEntries(
    LOG_METRICS.flatMap(({ name, pattern, site }) => {
      const matched = logPattern(pattern)?.(line);
      return matched === undefined ? [] : [[name, matched(site)]];
    }),
  );
}

/** The lines of a node in the sandbox, with one connection of each kind. */
function simulated(status: number, failedPercent = 0): string[] {
  const node = {
    ...{ name: IDENTITY.node, fleet: "acme", site: "west", release: "good", failedPercent },
    file: nodeFile(),
    answer: () => ({ status }) as NodeAnswer,
  } as unknown as WorldNode;
  return linesOf(node, 1).flatMap(({ text, times }) => (times > 0 ? [text] : []));
}

test("every metric's pattern is one that is understood here", () => {
  for (const { pattern } of LOG_METRICS) expect(logPattern(pattern)).toBeDefined();
});

/** What the image's own programs say: the health lines by status, and the proxy's `log_format`. */
let said: Readonly<Record<number, string>>;
let format: string;

beforeAll(() => {
  if (!hasPython) return;
  const folder = mkdtempSync(path.join(tmpdir(), "polycast-lines-"));
  try {
    const file = path.join(folder, "node.json");
    writeFileSync(file, JSON.stringify(nodeFile()));
    python([path.join(PARTS, "configure"), file, folder]);
    const [, text = ""] =
      /log_format polycast ([^;]+);/.exec(readFileSync(path.join(folder, "proxy.conf"), "utf8")) ?? [];
    format = [...text.matchAll(/'([^']*)'/g)].map(([, part]) => part).join("");
  } finally {
    rmSync(folder, { recursive: true });
  }
  const script = `import importlib.machinery, importlib.util, json, sys
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("healthz", sys.argv[1])
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("healthz", loader))
loader.exec_module(module)
print(json.dumps({status: module.line(status, json.loads(sys.argv[2])) for status in (200, 503)}))`;
  said = JSON.parse(
    python(["-c", script, path.join(PARTS, "healthz"), JSON.stringify(IDENTITY)]),
  ) as typeof said;
});

function python(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("python3", args, { encoding: "utf8" });
  if (status !== 0 || stderr !== "") throw new Error(stderr);
  return stdout;
}

describe("health", () => {
  withPython.each([
    [200, HEALTHY_NODES.name],
    [503, UNHEALTHY_NODES.name],
  ])("a node that answers %i counts as one of %s, at its site", (status, metric) => {
    expect(counted(said[status] ?? "")).toEqual({ [metric]: "west" });
  });

  withPython("a node in the sandbox says the same", () => {
    expect(JSON.parse(simulated(200)[0] ?? "")).toEqual(JSON.parse(said[200] ?? ""));
    expect(JSON.parse(simulated(503)[0] ?? "")).toEqual(JSON.parse(said[503] ?? ""));
  });
});

describe("connections", () => {
  /** As nginx fills the format in. */
  const logged = (values: Record<string, string>): string =>
    format.replaceAll(/\$(\w+)/g, (_, name: string) => values[name] ?? "-");
  const connection = (status: string, upstream: string, protocol = "TCP") => ({
    time_iso8601: "2026-11-23T12:00:30+00:00",
    remote_addr: "2001:db8::7",
    remote_port: "50000",
    protocol,
    server_port: "443",
    status,
    bytes_received: "517",
    bytes_sent: "0",
    session_time: "0.250",
    upstream_addr: upstream,
  });

  withPython.each([
    ["200", "198.51.100.1:443", "TCP", [CONNECTIONS]],
    ["200", "-", "UDP", [CONNECTIONS]],
    ["502", "198.51.100.1:443, 198.51.100.2:443", "TCP", [CONNECTIONS, FAILED_CONNECTIONS]],
    ["500", "-", "TCP", [CONNECTIONS, FAILED_CONNECTIONS]],
    ["403", "-", "TCP", [CONNECTIONS]],
  ])("status %s from %j over %s counts at its site", (status, upstream, protocol, metrics) => {
    const line = logged(connection(status, upstream, protocol));
    expect(counted(line)).toEqual(Object.fromEntries(metrics.map(({ name }) => [name, "west"])));
  });

  withPython("those of the sandbox count as the image's do", () => {
    const [, well = ""] = simulated(200);
    const [, failed = ""] = simulated(200, 100);
    expect(counted(well)).toEqual(counted(logged(connection("200", "198.51.100.1:443"))));
    expect(counted(failed)).toEqual(counted(logged(connection("502", "198.51.100.1:443"))));
  });

  test("lines of the system's log count for nothing", () => {
    const line =
      "2026-11-23T12:00:30.123456+00:00 node-1 sshd[812]: Connection closed by 192.0.2.7 port 50000";
    expect(counted(line)).toEqual({});
    expect(counted("a b TCP d 500 f g h i")).toEqual({});
  });
});
