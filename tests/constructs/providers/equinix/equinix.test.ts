import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkEnvironment } from "../../../../constructs/fleet/check-environment";
import { nodeFileFrom } from "../../../../constructs/fleet/cloud-init";
import { checkForm } from "../../../../constructs/fleet/environment-form";
import { archiveOf } from "../../../../constructs/fleet/first-boot";
import type { EquinixWish } from "../../../../constructs/providers/equinix/equinix-wish";
import { METROS } from "../../../../constructs/providers/equinix/metros";
import { PLANS } from "../../../../constructs/providers/equinix/plans";
import { equinixFleet, testEnvironment } from "../../../environment-for-tests";
import { MANIFEST, only, resources, synthesize, type StackJson, type Values } from "../../../synthesize";

type Device = Values & { hostname: string; lifecycle: Values; depends_on: string[] };

const REAL = { sandbox: false, state: { kind: "s3", bucket: "test", region: "us-east-1" } } as const;
const ADDRESS = "198.18.0.16";
const ARCHIVES = {
  url: "https://images.example.net/edge-node",
  bucket: "example-images",
  region: "us-east-1",
};
const IPV4 = { prefix: "198.51.100.0/24", address: "198.51.100.10" };
const OWN = {
  sites: { ny: { nodes: 1 }, am: { nodes: 1 } },
  ipv6: true,
  announce: { asn: 4_200, ipv4: IPV4, ipv6: { prefix: "2001:db8:a::/48", address: "2001:db8:a::10" } },
};
const SHA256 = MANIFEST.releases["r1"]?.images["equinix"];

function stackOf(
  wish: Partial<EquinixWish> = {},
  environment: Parameters<typeof testEnvironment>[0] = {},
): StackJson {
  return synthesize(testEnvironment({ fleets: [equinixFleet(wish)], ...environment }))[
    "equinix-fleet"
  ] as StackJson;
}

/** In order of their names, which begin with their sites'. */
const devicesOf = (stack: StackJson) => resources(stack, "equinix_metal_device") as readonly Device[];

/** User data as a device gets them: with the address, without what else Terraform puts in. */
const dataOf = (device: Values | undefined): string => {
  let text = String(device?.["user_data"]).replace(
    /\$\{equinix_metal_reserved_ip_block\.\w+\.address\}/g,
    ADDRESS,
  );
  while (text.includes("${")) text = text.replace(/\$\{[^${}]*\}/g, "");
  return text;
};

const fileOf = (device: Values | undefined) => {
  const file = nodeFileFrom(dataOf(device));
  if ("missing" in file) throw new Error(file.missing);
  return file.found;
};

const plain = stackOf({ sites: { ny: { nodes: 2 }, am: { nodes: 1 } } });
const [third, first, second] = devicesOf(plain);

describe("the devices", () => {
  test("stand one by one in their metros, as Debian, in the plan of their size", () => {
    expect(
      devicesOf(plain).map(({ metro, plan, operating_system: system }) => [metro, plan, system]),
    ).toEqual([
      ["am", "c3.small.x86", "debian_12"],
      ["ny", "c3.small.x86", "debian_12"],
      ["ny", "c3.small.x86", "debian_12"],
    ]);
  });

  test("have names of their own, which say what they are made of", () => {
    const names = devicesOf(plain).map(({ hostname }) => hostname);
    expect(first?.hostname).toMatch(/^test-equinix-ny-1-[0-9a-f]{6}$/);
    expect(new Set(names).size).toBe(3);
    const nameAfter = (wish: Partial<EquinixWish>, environment = {}) =>
      devicesOf(stackOf({ sites: { ny: { nodes: 2 } }, ...wish }, environment))[0]?.hostname;
    expect(nameAfter({})).toBe(first?.hostname);
    const others = [
      nameAfter({ size: { cpu: 48, memoryGiB: 64 } }),
      nameAfter({ archives: { ...ARCHIVES, url: "https://other.example.net" } }),
      nameAfter({}, { controlPlaneUrl: "https://other.example.net" }),
    ];
    expect(new Set([first?.hostname, ...others]).size).toBe(4);
    // Where archives are put is no part of what a node is told.
    expect(nameAfter({ archives: { ...ARCHIVES, bucket: "other" } })).toBe(first?.hostname);
  });

  test("come before the old ones go, and each waits until it serves", () => {
    for (const { lifecycle, provisioner, hostname } of devicesOf(plain)) {
      expect(lifecycle["create_before_destroy"]).toBe(true);
      const command = `live await --fleet equinix --node ${hostname} --sandbox`;
      expect(provisioner).toMatchObject([
        { "local-exec": { command: expect.stringContaining(command) as string } },
      ]);
    }
  });

  test("wait elsewhere than in the sandbox for their own first TCP port", () => {
    const listeners = [
      { port: 53, protocol: "UDP" },
      { port: 8443, protocol: "TCP" },
    ] as const;
    const real = stackOf({}, { ...REAL, listeners });
    expect(JSON.stringify(devicesOf(real)[0]?.["provisioner"])).toContain(
      "--address ${self.access_public_ipv4} --port 8443",
    );
  });

  test("come up site by site: the first once the live record agrees, the others once the site before has its sessions", () => {
    expect(first?.depends_on).toEqual(["null_resource.live-record"]);
    expect(second?.depends_on).toEqual(["null_resource.live-record"]);
    expect(third?.depends_on).toHaveLength(2);
    for (const dependency of third?.depends_on ?? [])
      expect(dependency).toMatch(/^equinix_metal_bgp_session\.fleet_ny-[12]-bgp_/);
  });

  test("know their site, and what to announce to whom: the rest is in their metadata", () => {
    const file = fileOf(first);
    expect(file).toMatchObject({ provider: "equinix", site: { name: "ny" }, release: "r1" });
    expect(file.bgp).toEqual({
      asn: 65_000,
      routes: [{ prefix: `${ADDRESS}/32`, addresses: [ADDRESS] }],
      neighbours: { url: "https://metadata.platformequinix.com/metadata", pointer: "/bgp_neighbors" },
      gateway: {
        url: "https://metadata.platformequinix.com/metadata",
        pointer: "/network/addresses/2/gateway",
      },
      password: true,
    });
    expect(fileOf(third).site).toEqual({ name: "am" });
  });

  test("fetch the release's archive by its hash, from where the environment says", () => {
    expect(archiveOf(dataOf(first))).toEqual({
      url: `https://images.example.net/edge-node/${String(SHA256)}.tar.gz`,
      sha256: SHA256,
    });
  });

  test("belong to somebody", () => {
    expect(first?.["tags"]).toEqual(["environment:test", "fleet:equinix", "site:ny", "managed-by:polycast"]);
    expect(first?.["billing_cycle"]).toBe("hourly");
  });
});

describe("the sessions", () => {
  const sessions = resources(plain, "equinix_metal_bgp_session");

  test("are one for each device, of IPv4, and come before old ones go", () => {
    expect(sessions).toHaveLength(3);
    for (const { device_id: device, address_family: family, lifecycle } of sessions) {
      expect(device).toMatch(/^\$\{equinix_metal_device\.fleet_/);
      expect(family).toBe("ipv4");
      expect(lifecycle).toMatchObject({ create_before_destroy: true });
    }
    expect(new Set(sessions.map(({ device_id: device }) => device)).size).toBe(3);
  });

  test("wait for their node too, which can announce only now", () => {
    const commands = resources(stackOf({}, REAL), "equinix_metal_bgp_session").map(({ provisioner }) =>
      JSON.stringify(provisioner),
    );
    expect(commands[0]).toMatch(
      /--node test-equinix-ny-1-\w+ --address \$\{equinix_metal_device\.fleet_ny-1_\w+\.access_public_ipv4\} --port 443/,
    );
  });
});

describe("the project and the address", () => {
  const project = only(plain, "equinix_metal_project");
  const block = only(plain, "equinix_metal_reserved_ip_block");

  test("are the fleet's own: local BGP, and one global address", () => {
    expect(project["name"]).toBe("test-equinix");
    expect(project["bgp_config"]).toEqual([
      { deployment_type: "local", asn: 65_000, md5: "${var.equinix_bgp_password}" },
    ]);
    expect(block).toMatchObject({ type: "global_ipv4", quantity: 1 });
    expect(block["metro"]).toBeUndefined();
    expect(block["tags"]).toEqual(["environment:test", "fleet:equinix", "managed-by:polycast"]);
  });

  test("are where clients come, and no plan may end them but where nothing is protected", () => {
    expect(plain.output["anycast_ipv4"]?.value).toMatch(
      /^\$\{equinix_metal_reserved_ip_block\.fleet_address_\w+\.address\}$/,
    );
    expect(plain.output["anycast_ipv6"]).toBeUndefined();
    const isProtected = (stack: StackJson) =>
      ["equinix_metal_project", "equinix_metal_reserved_ip_block"].map(
        (type) => (only(stack, type)["lifecycle"] as Values)["prevent_destroy"],
      );
    expect(isProtected(stackOf({}, REAL))).toEqual([true, true]);
    expect(isProtected(plain)).toEqual([false, false]);
  });

  test("say what to do where nobody has enabled BGP", () => {
    const [{ error_message: message } = {}] = (project["lifecycle"] as { postcondition: Values[] })
      .postcondition;
    expect(message).toMatch(/has not enabled BGP for the project "test-equinix"[^]*ask support/);
  });
});

describe("prefixes of one's own", () => {
  const stack = stackOf(OWN, { dns: { ...testEnvironment().dns, ipv6: "partial" } });
  const devices = devicesOf(stack);

  test("need global BGP for the project, and reserve nothing", () => {
    const project = only(stack, "equinix_metal_project");
    expect(project["bgp_config"]).toEqual([
      { deployment_type: "global", asn: 4_200, md5: "${var.equinix_bgp_password}" },
    ]);
    const [{ error_message: message } = {}] = (project["lifecycle"] as { postcondition: Values[] })
      .postcondition;
    expect(message).toMatch(/People enable global BGP, once they have seen that the prefix is registered/);
    expect(resources(stack, "equinix_metal_reserved_ip_block")).toEqual([]);
  });

  test("are where clients come, over both families", () => {
    expect(stack.output["anycast_ipv4"]?.value).toBe("198.51.100.10");
    expect(stack.output["anycast_ipv6"]?.value).toBe("2001:db8:a::10");
  });

  test("are what nodes announce, from the system that they are registered to, to routers that their metadata name", () => {
    const bgp = fileOf(devices[0]).bgp;
    expect(bgp).toMatchObject({
      asn: 4_200,
      routes: [
        { prefix: "198.51.100.0/24", addresses: ["198.51.100.10"] },
        { prefix: "2001:db8:a::/48", addresses: ["2001:db8:a::10"] },
      ],
      neighbours: fileOf(first).bgp?.neighbours,
      gateway: fileOf(first).bgp?.gateway,
    });
  });

  test("have a session for each family, for which the next site waits", () => {
    const sessions = resources(stack, "equinix_metal_bgp_session");
    expect(sessions.map(({ address_family: family }) => family).sort()).toEqual([
      "ipv4",
      "ipv4",
      "ipv6",
      "ipv6",
    ]);
    const am = devices.find(({ metro }) => metro === "am");
    expect(am?.depends_on.map((each) => each.replace(/_[0-9A-F]+$/, "")).sort()).toEqual([
      "equinix_metal_bgp_session.fleet_ny-1-bgp",
      "equinix_metal_bgp_session.fleet_ny-1-bgp6",
    ]);
  });

  test("replace the nodes when they change", () => {
    const announce = { ...OWN.announce, ipv4: { ...IPV4, address: "198.51.100.11" } };
    const other = devicesOf(
      stackOf({ ...OWN, announce }, { dns: { ...testEnvironment().dns, ipv6: "partial" } }),
    );
    expect(other[0]?.hostname).not.toBe(devices[0]?.hostname);
  });
});

describe("the password of the BGP sessions", () => {
  const variable = (stack: StackJson) =>
    (stack as unknown as { variable: Record<string, Values> }).variable["equinix_bgp_password"] ?? {};

  test("is a sensitive variable without a default, for the project and the nodes' user data alone", () => {
    const real = stackOf({}, REAL);
    expect(variable(real)).toMatchObject({ sensitive: true, type: "string" });
    expect(variable(real)["default"]).toBeUndefined();
    const rest = JSON.stringify({ ...real.resource, equinix_metal_device: {}, equinix_metal_project: {} });
    expect(rest).not.toContain("equinix_bgp_password");
    for (const { user_data: data } of devicesOf(real))
      expect(data).toContain("${base64encode(var.equinix_bgp_password)}");
  });

  test("is a dummy in the sandbox", () => {
    expect(variable(plain)["default"]).toBe("sandbox");
  });
});

describe("the fleet", () => {
  test("carries what its nodes carry", () => {
    expect(plain.output["capacity_connections"]?.value).toBe(12_000);
  });

  test("says what it is: announced by its nodes, replaced new before old, with a secret in its state", () => {
    const { abilities, ...fleet } = equinixFleet();
    expect(fleet).toMatchObject({ name: "equinix", provider: "equinix", reach: "bgp", secretsInState: true });
    expect(abilities).toMatchObject({ udp: true, replacement: "surge", siteDrain: "none" });
  });

  test("has a token in the code in the sandbox only, and there no place to take it to", () => {
    expect(plain.provider["equinix"]).toEqual([{ auth_token: "sandbox", endpoint: "http://127.0.0.1:9" }]);
    expect(stackOf({}, REAL).provider["equinix"]).toEqual([{}]);
  });
});

describe("sizes", () => {
  test("and their prices are those that the docs show, and no others", () => {
    const text = readFileSync(join(__dirname, "../../../../docs/providers/equinix.md"), "utf8");
    const shown = [...text.matchAll(/^\| (\d+) +\| (\d+) +\| `(\w\d\..*?)` +\| ([\d.]+) +\|$/gm)];
    expect(
      shown.map(([, cpu, memory, id, dollars]) => [Number(cpu), Number(memory), id, Number(dollars)]),
    ).toEqual(PLANS.map(({ cpu, memoryGiB, id, dollarsPerHour }) => [cpu, memoryGiB, id, dollarsPerHour]));
  });

  test("cost by the month what they cost in 730 hours", () => {
    expect(equinixFleet().monthlyPrice?.({ cpu: 16, memoryGiB: 32 })).toBe(547.5);
  });

  test("grow with their price, and none is there twice", () => {
    const prices = PLANS.map(({ dollarsPerHour }) => dollarsPerHour);
    expect(prices).toEqual([...prices].sort((one, other) => one - other));
    expect(new Set(equinixFleet().sizes.map((size) => JSON.stringify(size))).size).toBe(PLANS.length);
  });
});

describe("what Equinix Metal cannot do is refused", () => {
  const announce = (change: object): Partial<EquinixWish> => ({
    ...OWN,
    announce: { ...OWN.announce, ...change },
  });
  const problems = (
    wish: Partial<EquinixWish>,
    environment: Parameters<typeof testEnvironment>[0] = {},
    image: unknown = SHA256,
  ) =>
    checkEnvironment(testEnvironment({ fleets: [equinixFleet(wish)], ...environment }), () => ({
      id: "r1",
      image,
    })).map(({ where, what }) => `${where}: ${what}`);

  test("nothing of a wish that can be had", () => {
    expect(problems({})).toEqual([]);
    expect(problems(OWN, { dns: { ...testEnvironment().dns, ipv6: "partial" } })).toEqual([]);
    expect(problems({ sites: Object.fromEntries(METROS.map((metro) => [metro, { nodes: 1 }])) })).toEqual([]);
  });

  test.each<[string, Partial<EquinixWish>, RegExp]>([
    [
      "an unknown metro",
      { sites: { nx: { nodes: 1 } } },
      /sites\["nx"\]: no such metro of Equinix Metal's; nearest: "ny"/,
    ],
    ["a facility", { sites: { ny5: { nodes: 1 } } }, /sites\["ny5"\]: no such metro/],
    [
      "a choice of location",
      { sites: { ny: { nodes: 1, locations: ["ny5"] } } },
      /locations: cannot be chosen/,
    ],
    [
      "nodes that scale",
      { sites: { ny: { nodes: { min: 1, max: 2, cpuPercent: 50 } } } },
      /sites: cannot be had/,
    ],
    ["a size that it lacks", { size: { cpu: 2, memoryGiB: 4 } }, /equinix has no size of 2 CPU and 4 GiB/],
    ["IPv6", { ipv6: true }, /reserves global addresses of IPv4 only; announce a prefix of yours/],
    ["IPv6 without a prefix", { ...announce({ ipv6: undefined }), ipv6: true }, /announce\.ipv6: is missing/],
    [
      "a private system for a prefix of one's own",
      announce({ asn: 64_512 }),
      /announce\.asn: 64512 is a private autonomous system: Equinix Metal's global BGP takes a public one/,
    ],
    [
      "a longer prefix than travels",
      announce({ ipv4: { ...IPV4, prefix: "198.51.100.0/25" } }),
      /a \/25 does not travel; \/24/,
    ],
    [
      "a prefix that is not one's own",
      announce({ own: ["203.0.112.0/22", "2001:db8::/32"] }),
      /"198\.51\.100\.0\/24" is not yours/,
    ],
    [
      "more nodes than sessions",
      announce({ sessions: 7 }),
      /2 nodes with two sessions each need 8 .*; 7 are granted/,
    ],
  ])("%s", (_, wish, message) => {
    const found = problems(wish, { dns: { ...testEnvironment().dns, ipv6: "partial" } });
    expect(found.filter((line) => message.test(line))).toHaveLength(1);
  });

  test("a host name beyond 63 characters", () => {
    const found = problems({ name: `f${"x".repeat(30)}` }, { name: `e${"y".repeat(30)}` });
    expect(found).toContainEqual(expect.stringMatching(/host names would have 75 characters; 63/));
  });

  test("listeners of UDP alone: nothing would show that a new node serves", () => {
    expect(problems({}, { listeners: [{ port: 53, protocol: "UDP" }] })).toEqual([
      expect.stringContaining("all are UDP"),
    ]);
  });

  test.each([
    "http://images.example.net",
    "https://images.example.net/",
    "https://images.example.net/${var.x}",
    "s3://bucket/edge-node",
    "images",
  ])("archives at %j", (url) => {
    const found = checkForm(testEnvironment({ fleets: [equinixFleet({ archives: { ...ARCHIVES, url } })] }));
    expect(found.map(({ what }) => what)).toEqual([expect.stringContaining("is not a URL such as")]);
  });

  test.each<[string, Partial<EquinixWish["archives"]>, RegExp]>([
    ["a bucket that can be none", { bucket: "Example/Images" }, /is not the name of a bucket such as/],
    ["a region that is none", { region: "US East" }, /is not a region such as "us-east-1"/],
  ])("archives in %s", (_, change, message) => {
    const found = checkForm(
      testEnvironment({ fleets: [equinixFleet({ archives: { ...ARCHIVES, ...change } })] }),
    );
    expect(found.map(({ what }) => what)).toEqual([expect.stringMatching(message)]);
  });

  test.each([null, "r1", "ami-0", 7, "A".repeat(64)])("an image that is no archive's hash: %s", (image) => {
    expect(problems({}, {}, image)).toEqual([
      expect.stringMatching(/^releases\.r1\.equinix: .* is not the SHA-256 of an archive/),
    ]);
  });

  test("user data beyond the limit, with the longest password counted", () => {
    const bytes = (length: number): number => {
      const controlPlaneUrl = `https://control.example.net/${"x".repeat(length)}`;
      const [line = ""] = problems({}, { controlPlaneUrl });
      return Number(/user data is (\d+) bytes/.exec(line)?.[1] ?? 0);
    };
    expect(bytes(20_000)).toBeGreaterThan(20_000);
    expect(bytes(8_000)).toBe(0);
  });
});
