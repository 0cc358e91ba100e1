import type { AnycastPort, NodeGroup } from "../../../../constructs/fleet/cloud-life";
import { installAtFirstBoot } from "../../../../constructs/fleet/first-boot";
import type { NodeFile } from "../../../../constructs/fleet/node-file";
import type { Values } from "../../../../constructs/fleet/simulation";
import { userData } from "../../../../constructs/fleet/user-data";
import { own, reserved, sessionsOf } from "../../../../constructs/providers/equinix/equinix-bgp";
import { METRO_POSITIONS, METROS } from "../../../../constructs/providers/equinix/metros";
import { equinix } from "../../../../constructs/providers/equinix/simulation";
import { nodeFile } from "../../../sandbox/world/sample-world";
import { cloudObjects } from "../../cloud-objects";

const ADDRESS = "198.18.0.16";
const SHA256 = "a".repeat(64);
const FIRST_BOOT = installAtFirstBoot({ url: `https://images.example.net/${SHA256}.tar.gz`, sha256: SHA256 });

const told = (changes: Partial<NodeFile> = {}): string =>
  userData({ ...nodeFile(), bgp: sessionsOf(reserved(ADDRESS)), ...changes }, {}, FIRST_BOOT);
const device = (changes: Values = {}): Values => ({
  id: "one",
  project_id: "project",
  metro: "ny",
  hostname: "test-equinix-ny-1-abcdef",
  operating_system: "debian_12",
  user_data: told(),
  ...changes,
});
const session = (changes: Values = {}): Values => ({
  id: "session-one",
  device_id: "one",
  address_family: "ipv4",
  ...changes,
});
const project = (status = "enabled"): Values => ({ id: "project", bgp_config: [{ status }] });
const block = (changes: Values = {}): Values => ({
  id: "block",
  project_id: "project",
  address: ADDRESS,
  global: true,
  ...changes,
});

const ALL = {
  equinix_metal_device: [device()],
  equinix_metal_bgp_session: [session()],
  equinix_metal_project: [project()],
  equinix_metal_reserved_ip_block: [block()],
};
const anycast = (changes: Parameters<typeof cloudObjects>[0] = {}): readonly AnycastPort[] =>
  equinix.life?.anycast?.(cloudObjects({ ...ALL, ...changes })) ?? [];
const groups = (...devices: Values[]): readonly NodeGroup[] =>
  equinix.life?.nodeGroups?.(cloudObjects({ ...ALL, equinix_metal_device: devices })) ?? [];

describe("where Equinix Metal's metros stand", () => {
  test.each(Object.entries(METRO_POSITIONS))("%s: on the globe, to one decimal", (metro, position) => {
    expect(metro).toMatch(/^[a-z]{2}$/);
    for (const [degrees, limit] of [
      [position.latitude, 90],
      [position.longitude, 180],
    ] as const) {
      expect(Math.abs(degrees)).toBeLessThanOrEqual(limit);
      expect(Number(degrees.toFixed(1))).toBe(degrees);
    }
  });

  test("no two at one place, and each on its side of the globe", () => {
    const places = Object.values(METRO_POSITIONS).map((position) => JSON.stringify(position));
    expect(new Set(places).size).toBe(METROS.length);
    const americas = "at ch da dc la mt ny se sp sv tr".split(" ");
    for (const [metro, { latitude, longitude }] of Object.entries(METRO_POSITIONS)) {
      expect([metro, longitude < -30]).toEqual([metro, americas.includes(metro)]);
      expect([metro, latitude < 0]).toEqual([metro, ["me", "sp", "sy"].includes(metro)]);
    }
  });
});

describe("node groups: each device by itself", () => {
  test("has one node, which is made of the archive that it fetches", () => {
    expect(groups(device())).toMatchObject([
      {
        id: "one",
        location: "ny",
        position: METRO_POSITIONS["ny"],
        nodes: ["test-equinix-ny-1-abcdef"],
        template: { image: SHA256, userData: told() },
        replacement: { kind: "none" },
        healing: { action: "none" },
      },
    ]);
  });

  test("stays the system that it was installed with where it fetches nothing", () => {
    for (const data of [
      "",
      "#cloud-config\nruncmd: [[reboot]]\n",
      "#cloud-config\n{",
      userData(nodeFile()),
    ]) {
      expect(groups(device({ user_data: data }))[0]?.template.image).toBe("debian_12");
    }
  });

  test("is protected by its own firewall alone, which opens its listeners", () => {
    const open = groups(device())[0]?.openPorts ?? [];
    expect(open.map(({ family, protocol, from, to }) => `${family} ${protocol} ${from}-${to}`)).toEqual([
      "ipv4 TCP 443-443",
      "ipv6 TCP 443-443",
    ]);
  });

  test("stands somewhere where nobody knows its metro", () => {
    expect(groups(device({ metro: "xx" }))[0]?.position).toEqual({ latitude: 0, longitude: 0 });
  });
});

describe("anycast: what devices announce", () => {
  const all = { percent: 100 };

  test("leads to all that announce it in each metro, and to nobody when none is healthy", () => {
    expect(
      anycast({
        equinix_metal_device: [device(), device({ id: "two", metro: "am" })],
        equinix_metal_bgp_session: [session(), session({ id: "session-two", device_id: "two" })],
      }),
    ).toEqual([
      {
        address: ADDRESS,
        port: 443,
        protocol: "TCP",
        failOpen: false,
        backends: [
          { group: "one", ...all },
          { group: "two", ...all },
        ],
      },
    ]);
  });

  test("has a port for each listener", () => {
    const listeners: NodeFile["listeners"] = [
      { port: 443, protocol: "UDP", role: "edge" },
      { port: 2222, protocol: "TCP", role: "tunnel" },
    ];
    const ports = anycast({ equinix_metal_device: [device({ user_data: told({ listeners }) })] });
    expect(ports.map(({ port, protocol }) => [port, protocol])).toEqual([
      [443, "UDP"],
      [2222, "TCP"],
    ]);
  });

  test.each<[string, Parameters<typeof cloudObjects>[0]]>([
    ["a device without a session", { equinix_metal_bgp_session: [] }],
    ["another device's session", { equinix_metal_bgp_session: [session({ device_id: "two" })] }],
    ["a session of IPv6 alone", { equinix_metal_bgp_session: [session({ address_family: "ipv6" })] }],
    ["a project whose BGP is not enabled", { equinix_metal_project: [project("requested")] }],
    ["an address that nobody reserved", { equinix_metal_reserved_ip_block: [] }],
    ["an address of another project", { equinix_metal_reserved_ip_block: [block({ project_id: "other" })] }],
    ["an address of one metro", { equinix_metal_reserved_ip_block: [block({ global: false })] }],
    ["another address", { equinix_metal_reserved_ip_block: [block({ address: "198.18.0.32" })] }],
  ])("does not lead to %s", (_, changes) => {
    expect(anycast()).toHaveLength(1);
    expect(anycast(changes)).toEqual([]);
  });

  describe("where prefixes are their owner's", () => {
    const IPV4 = { prefix: "198.51.100.0/24", address: "198.51.100.10" };
    const IPV6 = { prefix: "2001:db8:a::/48", address: "2001:db8:a::10" };
    const bgp = sessionsOf(own({ asn: 4_200, ipv4: IPV4, ipv6: IPV6 }));
    const global = (status: string): Values => ({
      id: "project",
      bgp_config: [{ status, deployment_type: "global" }],
    });
    const OWN = {
      equinix_metal_device: [device({ user_data: told({ bgp }) })],
      equinix_metal_project: [global("enabled")],
      equinix_metal_reserved_ip_block: [],
    };
    const ipv6 = session({ id: "session-two", address_family: "ipv6" });
    const reached = (changes: Parameters<typeof cloudObjects>[0] = {}) =>
      anycast({ ...OWN, ...changes }).map(({ address }) => address);

    test("leads to those that have a session, each family by its own", () => {
      expect(reached()).toEqual([IPV4.address]);
      expect(reached({ equinix_metal_bgp_session: [ipv6] })).toEqual([IPV6.address]);
      expect(reached({ equinix_metal_bgp_session: [session(), ipv6] })).toEqual([IPV4.address, IPV6.address]);
    });

    test("does not before people have enabled it, nor with local BGP", () => {
      expect(reached({ equinix_metal_project: [global("requested")] })).toEqual([]);
      expect(reached({ equinix_metal_project: [project()] })).toEqual([]);
    });
  });
});
