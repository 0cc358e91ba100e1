import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeFileFrom } from "../../../../constructs/fleet/cloud-init";
import { PLANS } from "../../../../constructs/providers/vultr/plans";
import { planIn } from "../../../../constructs/providers/vultr/vultr-fleet";
import type { VultrWish } from "../../../../constructs/providers/vultr/vultr-wish";
import { testEnvironment, vultrFleet } from "../../../environment-for-tests";
import { MANIFEST, only, resources, synthesize, type StackJson, type Values } from "../../../synthesize";
import { checkEnvironment } from "../../../../constructs/fleet/check-environment";

const IPV4 = { prefix: "198.51.100.0/24", address: "198.51.100.10" };
const IPV6 = { prefix: "2001:db8:a::/48", address: "2001:db8:a::10" };
const DUAL: Partial<VultrWish> = { ipv6: true, announce: { asn: 64_512, ipv4: IPV4, ipv6: IPV6 } };

/** Outside the sandbox a prefix for documentation is refused. */
const GIVEN_OUT: Partial<VultrWish> = {
  announce: { asn: 64_512, ipv4: { prefix: "45.76.1.0/24", address: "45.76.1.10" } },
};

type Instance = Values & { hostname: string; lifecycle: Values; depends_on: string[] };

function stackOf(
  wish: Partial<VultrWish> = {},
  environment: Parameters<typeof testEnvironment>[0] = {},
): StackJson {
  return synthesize(testEnvironment({ fleets: [vultrFleet(wish)], ...environment }))[
    "vultr-fleet"
  ] as StackJson;
}

/** In order of their names, which begin with their sites'. */
const instancesOf = (stack: StackJson) => resources(stack, "vultr_instance") as readonly Instance[];

/** User data as an instance gets them, without what Terraform puts in: expressions within expressions. */
const dataOf = (instance: Values | undefined): string => {
  let text = String(instance?.["user_data"]);
  while (text.includes("${")) text = text.replace(/\$\{[^${}]*\}/g, "");
  return text;
};

const fileOf = (instance: Values) => {
  const file = nodeFileFrom(dataOf(instance));
  if ("missing" in file) throw new Error(file.missing);
  return file.found;
};

const plain = stackOf({ sites: { ewr: { nodes: 2 }, ams: { nodes: 1 } } });
const [third, first, second] = instancesOf(plain);

describe("the instances", () => {
  test("stand one by one in their regions, from the release's snapshot, in the plan of their size", () => {
    expect(instancesOf(plain).map(({ region, plan, snapshot_id: image }) => [region, plan, image])).toEqual([
      ["ams", "voc-c-2c-4gb-50s-amd", "00000000-0000-4000-8000-000000000001"],
      ["ewr", "voc-c-2c-4gb-50s-amd", "00000000-0000-4000-8000-000000000001"],
      ["ewr", "voc-c-2c-4gb-50s-amd", "00000000-0000-4000-8000-000000000001"],
    ]);
  });

  test("have names of their own, which say what they are made of", () => {
    const names = instancesOf(plain).map(({ hostname }) => hostname);
    expect(first?.hostname).toMatch(/^test-vultr-ewr-1-[0-9a-f]{6}$/);
    expect(new Set(names).size).toBe(3);
    expect(first?.["label"]).toBe(first?.hostname);
    const nameAfter = (wish: Partial<VultrWish>, environment = {}) =>
      instancesOf(stackOf({ sites: { ewr: { nodes: 2 } }, ...wish }, environment))[0]?.hostname;
    expect(nameAfter({})).toBe(first?.hostname);
    const others = [
      nameAfter({ size: { cpu: 4, memoryGiB: 8 } }),
      nameAfter({}, { controlPlaneUrl: "https://other.example.net" }),
      nameAfter({ announce: { asn: 64_513, ipv4: IPV4 } }),
    ];
    for (const other of others) expect(other).not.toBe(first?.hostname);
    expect(new Set(others).size).toBe(others.length);
  });

  test("come before the old ones go, and each waits until it serves", () => {
    for (const { lifecycle, provisioner } of instancesOf(plain)) {
      expect(lifecycle["create_before_destroy"]).toBe(true);
      expect(provisioner).toMatchObject([
        {
          "local-exec": {
            command: expect.stringContaining("live await --fleet vultr --node test-vultr-") as string,
          },
        },
      ]);
    }
  });

  test("wait for the world in the sandbox, elsewhere for their own first TCP port", () => {
    const commandIn = (environment: Parameters<typeof testEnvironment>[0]) =>
      JSON.stringify(instancesOf(stackOf(GIVEN_OUT, environment))[0]?.["provisioner"]);
    expect(commandIn({})).toContain("--sandbox");
    const real = commandIn({
      sandbox: false,
      state: { kind: "s3", bucket: "test", region: "us-east-1" },
      listeners: [
        { port: 53, protocol: "UDP" },
        { port: 8443, protocol: "TCP" },
      ],
    });
    expect(real).toContain("--address ${self.main_ip} --port 8443");
    expect(real).not.toContain("--sandbox");
  });

  test("come up site by site: the first once the live record agrees, the others once the site before serves", () => {
    expect(first?.depends_on).toEqual(["null_resource.live-record"]);
    expect(second?.depends_on).toEqual(["null_resource.live-record"]);
    expect(third?.depends_on).toHaveLength(2);
    for (const dependency of third?.depends_on ?? [])
      expect(dependency).toMatch(/^vultr_instance\.fleet_ewr-[12]_/);
  });

  test("know their site, what to announce, and from whom they learn routes: nobody", () => {
    const file = fileOf(first as Values);
    expect(file).toMatchObject({ provider: "vultr", fleet: "vultr", site: { name: "ewr" }, release: "r1" });
    expect(file.bgp).toEqual({
      asn: 64_512,
      routes: [{ prefix: "198.51.100.0/24", addresses: ["198.51.100.10"] }],
      neighbours: [{ address: "169.254.169.254", asn: 64_515, hops: 2 }],
      password: true,
    });
    expect(fileOf(third as Values).site).toEqual({ name: "ams" });
  });

  test("have IPv6, and a session for it, only where the fleet has", () => {
    expect(first?.["enable_ipv6"]).toBe(false);
    const [dual] = instancesOf(stackOf(DUAL));
    expect(dual?.["enable_ipv6"]).toBe(true);
    const { bgp } = fileOf(dual as Values);
    expect(bgp?.routes).toEqual([
      { prefix: IPV4.prefix, addresses: [IPV4.address] },
      { prefix: IPV6.prefix, addresses: [IPV6.address] },
    ]);
    expect(bgp?.neighbours).toHaveLength(2);
  });

  test("belong to somebody", () => {
    expect(first?.["tags"]).toEqual(["environment:test", "fleet:vultr", "site:ewr", "managed-by:polycast"]);
    expect(first?.["activation_email"]).toBe(false);
  });
});

describe("the password of the BGP sessions", () => {
  const variable = (stack: StackJson) =>
    (stack as unknown as { variable: Record<string, Values> }).variable["vultr_bgp_password"] ?? {};

  test("is a sensitive variable without a default, which only the user data refer to", () => {
    const real = stackOf(GIVEN_OUT, {
      sandbox: false,
      state: { kind: "s3", bucket: "test", region: "us-east-1" },
    });
    expect(variable(real)).toMatchObject({ sensitive: true, type: "string" });
    expect(variable(real)["default"]).toBeUndefined();
    const text = JSON.stringify({ ...real.resource, vultr_instance: {} });
    expect(text).not.toContain("vultr_bgp_password");
    for (const { user_data: data } of instancesOf(real)) {
      expect(data).toContain("${base64encode(var.vultr_bgp_password)}");
    }
  });

  test("lies on the node in a file of its own, which only root reads", () => {
    const [, json = ""] = dataOf(first).split("\n");
    const { write_files: files } = JSON.parse(json) as { write_files: Values[] };
    const password = files.find(({ path }) => path === "/etc/polycast/bgp-password");
    expect(password).toMatchObject({ permissions: "0600", encoding: "b64" });
  });

  test("is a dummy in the sandbox", () => {
    expect(variable(plain)["default"]).toBe("sandbox");
  });
});

describe("the firewall", () => {
  const rules = (stack: StackJson) =>
    resources(stack, "vultr_firewall_rule")
      .map(({ ip_type: type, protocol, port, subnet, subnet_size: size }) =>
        [type, protocol, port, `${String(subnet)}/${String(size)}`].join(" "),
      )
      .sort();
  const listeners = [
    { port: 443, protocol: "TCP" },
    { port: 443, protocol: "UDP" },
  ] as const;

  test("lets everybody reach the listeners, Vultr's router the session, nobody anything else", () => {
    expect(rules(stackOf({}, { listeners }))).toEqual([
      "v4 tcp 179 169.254.169.254/32",
      "v4 tcp 443 0.0.0.0/0",
      "v4 udp 443 0.0.0.0/0",
    ]);
  });

  test("does so for both families where there are both", () => {
    expect(rules(stackOf(DUAL, { listeners }))).toEqual([
      "v4 tcp 179 169.254.169.254/32",
      "v4 tcp 443 0.0.0.0/0",
      "v4 udp 443 0.0.0.0/0",
      "v6 tcp 179 2001:19f0:ffff::1/128",
      "v6 tcp 443 ::/0",
      "v6 udp 443 ::/0",
    ]);
  });

  test("is that of every instance", () => {
    const group = "${vultr_firewall_group.fleet_firewall";
    for (const { firewall_group_id: id } of instancesOf(plain)) expect(id).toContain(group);
    expect(only(plain, "vultr_firewall_group")["description"]).toBe("test-vultr");
  });
});

describe("the fleet", () => {
  test("is reached at the addresses that it announces", () => {
    expect(plain.output["anycast_ipv4"]?.value).toBe("198.51.100.10");
    expect(plain.output["anycast_ipv6"]).toBeUndefined();
    expect(stackOf(DUAL).output["anycast_ipv6"]?.value).toBe("2001:db8:a::10");
  });

  test("carries what its nodes carry", () => {
    expect(plain.output["capacity_connections"]?.value).toBe(3_000);
  });

  test("says what it is: announced by its nodes, replaced new before old, with a secret in its state", () => {
    const { abilities, ...fleet } = vultrFleet();
    expect(fleet).toMatchObject({ name: "vultr", provider: "vultr", reach: "bgp", secretsInState: true });
    expect(abilities).toMatchObject({ ipv6: true, udp: true, replacement: "surge", siteDrain: "none" });
  });

  test("has a key in the code in the sandbox only", () => {
    expect(plain.provider["vultr"]).toEqual([{ api_key: "sandbox" }]);
    const real = stackOf(GIVEN_OUT, {
      sandbox: false,
      state: { kind: "s3", bucket: "test", region: "us-east-1" },
    });
    expect(real.provider["vultr"]).toEqual([{}]);
  });
});

describe("sizes", () => {
  test.each(PLANS)("$id is what its name says", ({ id, cpu, memoryGiB }) => {
    expect(id).toContain(`-${cpu}c-${memoryGiB}gb-`);
  });

  test("and their prices are those that the docs show, and no others", () => {
    const text = readFileSync(join(__dirname, "../../../../docs/providers/vultr.md"), "utf8");
    const shown = [...text.matchAll(/^\| (\d+) +\| (\d+) +\| `(voc-.*?)` +\| (\d+) +\|$/gm)];
    expect(
      shown.map(([, cpu, memory, id, dollars]) => [Number(cpu), Number(memory), id, Number(dollars)]),
    ).toEqual(PLANS.map(({ cpu, memoryGiB, id, dollarsPerMonth }) => [cpu, memoryGiB, id, dollarsPerMonth]));
  });

  test("grow with their price, and none is there twice", () => {
    const prices = PLANS.map(({ dollarsPerMonth }) => dollarsPerMonth);
    expect(prices).toEqual([...prices].sort((one, other) => one - other));
    expect(new Set(vultrFleet().sizes.map((size) => JSON.stringify(size))).size).toBe(PLANS.length);
  });

  test("have plans of their own in São Paulo", () => {
    expect(planIn("sao", { cpu: 2, memoryGiB: 4 })).toBe("voc-c-2c-4gb-50s-amd-sc1");
    expect(planIn("scl", { cpu: 2, memoryGiB: 4 })).toBe("voc-c-2c-4gb-50s-amd");
  });
});

describe("what Vultr cannot do is refused", () => {
  const problems = (
    wish: Partial<VultrWish>,
    environment: Parameters<typeof testEnvironment>[0] = {},
    image: unknown = MANIFEST.releases["r1"]?.images["vultr"],
  ) =>
    checkEnvironment(testEnvironment({ fleets: [vultrFleet(wish)], ...environment }), () => ({
      id: "r1",
      image,
    })).map(({ where, what }) => `${where}: ${what}`);
  const announce = (change: object) => ({
    announce: { asn: 64_512, ipv4: IPV4, ...change } as VultrWish["announce"],
  });

  test("nothing of a wish that can be had", () => {
    expect(problems({})).toEqual([]);
    expect(problems(DUAL, { dns: { ...testEnvironment().dns, ipv6: "partial" } })).toEqual([]);
  });

  test.each<[string, Partial<VultrWish>, RegExp]>([
    [
      "an unknown region",
      { sites: { ewy: { nodes: 1 } } },
      /sites\["ewy"\]: no such Vultr region; nearest: "ewr"/,
    ],
    [
      "a choice of location",
      { sites: { ewr: { nodes: 1, locations: ["ewr"] } } },
      /locations: cannot be chosen/,
    ],
    [
      "nodes that scale",
      { sites: { ewr: { nodes: { min: 1, max: 2, cpuPercent: 50 } } } },
      /sites: cannot be had/,
    ],
    ["a size that it lacks", { size: { cpu: 3, memoryGiB: 4 } }, /vultr has no size of 3 CPU and 4 GiB/],
    [
      "a longer prefix than travels",
      announce({ ipv4: { ...IPV4, prefix: "198.51.100.0/25" } }),
      /a \/25 does not travel; \/24/,
    ],
    [
      "a longer IPv6 prefix than travels",
      { ipv6: true, ...announce({ ipv6: { ...IPV6, prefix: "2001:db8:a::/64" } }) },
      /a \/64 does not travel; \/48/,
    ],
    [
      "a prefix of nobody",
      announce({ ipv4: { prefix: "10.0.0.0/24", address: "10.0.0.1" } }),
      /nobody's to announce: it reaches into 10\.0\.0\.0\/8, private/,
    ],
    [
      "a prefix that begins elsewhere",
      announce({ ipv4: { ...IPV4, prefix: "198.51.100.10/24" } }),
      /does not begin where a \/24 does/,
    ],
    [
      "no prefix at all",
      announce({ ipv4: { ...IPV4, prefix: "198.51.100.0" } }),
      /is not an IPv4 prefix such as/,
    ],
    ["an IPv6 prefix for IPv4", announce({ ipv4: IPV6 }), /is not an IPv4 prefix/],
    [
      "an address elsewhere",
      announce({ ipv4: { ...IPV4, address: "198.51.101.10" } }),
      /198\.51\.101\.10 is not in 198\.51\.100\.0\/24/,
    ],
    [
      "an address of the other family",
      announce({ ipv4: { ...IPV4, address: "2001:db8:a::10" } }),
      /is not an IPv4 address/,
    ],
    [
      "the network's own address",
      announce({ ipv4: { ...IPV4, address: "198.51.100.0" } }),
      /first or last address/,
    ],
    [
      "a prefix that is not one's own",
      announce({ own: ["203.0.112.0/22"] }),
      /"198\.51\.100\.0\/24" is not yours: it lies in none of 203\.0\.112\.0\/22/,
    ],
    [
      "more nodes than sessions",
      { sites: { ewr: { nodes: 3 } }, ...announce({ sessions: 5 }) },
      /announce\.sessions: 3 nodes with a session each need 6/,
    ],
    ["a reserved system", announce({ asn: 64_500 }), /asn: 64500 is reserved/],
    ["no system", announce({ asn: 0.5 }), /0\.5 is not the number of an autonomous system/],
    ["IPv6 without a prefix", { ipv6: true }, /announce\.ipv6: is missing/],
    [
      "a prefix without IPv6",
      announce({ ipv6: IPV6 }),
      /announce\.ipv6: is given, but ipv6 of the fleet is not true/,
    ],
  ])("%s", (_, wish, message) => {
    const found = problems(wish, { dns: { ...testEnvironment().dns, ipv6: "partial" } });
    expect(found.filter((line) => message.test(line))).toHaveLength(1);
  });

  test("a host name beyond 63 characters", () => {
    const name = `f${"x".repeat(30)}`;
    const found = problems({ name }, { name: `e${"y".repeat(30)}` });
    expect(found).toContainEqual(
      expect.stringMatching(/host names would have 76 characters; 63 are allowed/),
    );
  });

  test("listeners of UDP alone: nothing would show that a new node serves", () => {
    expect(problems({}, { listeners: [{ port: 53, protocol: "UDP" }] })).toEqual([
      expect.stringContaining("all are UDP"),
    ]);
  });

  test("more rules than a firewall group has", () => {
    const listeners = Array.from({ length: 50 }, (_, i) => ({ port: 1_000 + i, protocol: "TCP" as const }));
    expect(problems({}, { listeners })).toEqual([expect.stringContaining("they need 51 rules")]);
    expect(problems({}, { listeners: listeners.slice(1) })).toEqual([]);
  });

  test.each([undefined, "r1", "ami-0", 7])("an image that is no snapshot's id: %s", (image) => {
    expect(problems({}, {}, image ?? null)).toEqual([
      expect.stringMatching(/^releases\.r1\.vultr: .* is not the id of a snapshot/),
    ]);
  });

  test("user data beyond the limit, with the longest password counted", () => {
    const url = (length: number) => `https://control.example.net/${"x".repeat(length)}`;
    const bytes = (length: number): number => {
      const [line = ""] = problems({}, { controlPlaneUrl: url(length) });
      return Number(/user data is (\d+) bytes/.exec(line)?.[1] ?? 0);
    };
    expect(bytes(20_000)).toBeGreaterThan(20_000);
    expect(bytes(10_000)).toBe(0);
  });
});
