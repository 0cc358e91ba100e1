import { execFile, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { NodeBgp } from "../../constructs/fleet/node-file";
import { nodeFile } from "../sandbox/world/sample-world";

export const LIBRARY = path.join(__dirname, "../../images/edge-node/provision/files/usr/lib/polycast");
export const NOWHERE = "http://192.0.2.1/";
export const PASSWORD = "correct horse; $battery {staple}";
export const ROUTE4 = { prefix: "203.0.113.0/24", addresses: ["203.0.113.1"] };
export const ROUTE6 = { prefix: "2001:db8:5::/48", addresses: ["2001:db8:5::1"] };

/** Two routers, known, as at Vultr; the node's ends are in the metadata. */
export const routers = (url: string) =>
  [
    { address: "169.254.169.254", asn: 64_515, hops: 2, source: { url, pointer: "/bgp/ipv4/my-address" } },
    { address: "2001:19f0:ffff::1", asn: 64_515, hops: 2, source: { url, pointer: "/bgp/ipv6/my-address" } },
  ] as const;
export const known = (url = NOWHERE): NodeBgp => ({
  asn: 64_512,
  routes: [ROUTE4, ROUTE6],
  neighbours: [...routers(url)],
  password: true,
});
export const knownTold = {
  bgp: { ipv4: { "my-address": "192.0.2.10" }, ipv6: { "my-address": "2001:db8:1::10" } },
};

/** All is in the metadata, as at Equinix Metal. */
export const listed = (url = NOWHERE): NodeBgp => ({
  asn: 65_000,
  routes: [ROUTE4, ROUTE6],
  neighbours: { url, pointer: "/bgp_neighbors" },
  gateway: { url, pointer: "/network/addresses/2/gateway" },
  password: true,
});
export const entry = {
  address_family: 4,
  customer_as: 65_000,
  customer_ip: "10.70.1.3",
  md5_enabled: true,
  multihop: true,
  peer_as: 65_530,
  peer_ips: ["169.254.255.1", "169.254.255.2"],
};
export const listedTold = {
  bgp_neighbors: [
    entry,
    { ...entry, address_family: 6, customer_ip: "2604:1380::3", peer_ips: ["fc00::e", "fc00::f"] },
  ],
  network: { addresses: [{}, {}, { gateway: "10.70.1.2" }] },
};

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}
/** Not spawnSync: the metadata service is this process. */
const run = (command: string, args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(path.join(LIBRARY, command), args, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });

export interface BgpNode {
  /** Where the node's configuration goes. */
  readonly output: string;
  readonly passwordFile: string;
  /** What polycast-configure.service runs. */
  readonly configure: (bgp: unknown) => Promise<Ended>;
  /** And what polycast-bird.service runs before BIRD, with a metadata service at `url`. */
  readonly configureBgp: (bgp: (url: string) => NodeBgp) => Promise<Ended>;
  readonly metadataSays: (what: unknown) => void;
  /** A file of the node's configuration. */
  readonly text: (name: string) => string;
}

/** A node with a password and a metadata service, for all tests of a file; each begins with nothing configured. */
export function bgpNode(): BgpNode {
  const folder = mkdtempSync(path.join(tmpdir(), "polycast-bgp-"));
  const output = path.join(folder, "run");
  const passwordFile = path.join(folder, "bgp-password");
  const group = spawnSync("id", ["-gn"], { encoding: "utf8" }).stdout.trim();
  let told: unknown;
  const metadata = createServer((_, response) => {
    if (told === undefined) response.writeHead(503).end();
    else response.end(JSON.stringify(told));
  });
  beforeAll(() => new Promise<void>((resolve) => metadata.listen(0, "127.0.0.1", resolve)));
  beforeEach(() => {
    told = undefined;
    writeFileSync(passwordFile, `${PASSWORD}\n`);
    chmodSync(passwordFile, 0o600);
  });
  afterEach(() => {
    rmSync(output, { recursive: true, force: true });
  });
  afterAll(() => {
    metadata.close();
    rmSync(folder, { recursive: true });
  });

  const configure = (bgp: unknown): Promise<Ended> => {
    const file = path.join(folder, "node.json");
    writeFileSync(file, JSON.stringify({ ...nodeFile(), bgp }));
    return run("configure", [file, output, "--host", "node-1"]);
  };
  return {
    output,
    passwordFile,
    configure,
    configureBgp: async (bgp) => {
      const url = `http://127.0.0.1:${(metadata.address() as AddressInfo).port}/`;
      const before = await configure(bgp(url));
      if (before.status !== 0) return before;
      const section = path.join(output, "bgp.json");
      return run("configure-bgp", [section, output, "--password", passwordFile, "--group", group]);
    },
    metadataSays: (what) => {
      told = what;
    },
    text: (name) => readFileSync(path.join(output, name), "utf8"),
  };
}
