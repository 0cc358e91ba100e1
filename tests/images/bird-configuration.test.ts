import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { where } from "../tools";
import { bgpNode, entry, known, knownTold, listed, listedTold, PASSWORD, ROUTE4 } from "./bgp-node";

const withPython = where("python3");
const withBird = where("python3", "bird");
const { output, passwordFile, configureBgp, text, metadataSays } = bgpNode();

describe("BIRD's configuration", () => {
  const parsed = (): { status: number | null; stderr: string } =>
    spawnSync("bird", ["-p", "-c", path.join(output, "bird.conf")], { encoding: "utf8" });
  const lines = (pattern: RegExp): string[] =>
    text("bird.conf")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => pattern.test(line));

  withBird("is taken by BIRD, with routers as at Vultr", async () => {
    metadataSays(knownTold);
    expect(await configureBgp(known)).toMatchObject({ status: 0, stderr: "" });
    expect(parsed()).toMatchObject({ status: 0, stderr: "" });
    expect(lines(/^(router id|local|neighbor|multihop|direct)/)).toEqual([
      "router id 192.0.2.10;",
      "local 192.0.2.10 as 64512;",
      "neighbor 169.254.169.254 as 64515;",
      "multihop 2;",
      "local 2001:db8:1::10 as 64512;",
      "neighbor 2001:19f0:ffff::1 as 64515;",
      "multihop 2;",
    ]);
  });

  withBird("is taken by BIRD, with routers as at Equinix Metal", async () => {
    metadataSays(listedTold);
    expect(await configureBgp(listed)).toMatchObject({ status: 0, stderr: "" });
    expect(parsed()).toMatchObject({ status: 0, stderr: "" });
    expect(lines(/^(local|neighbor|multihop|direct)/)).toEqual(
      [
        ["10.70.1.3", "169.254.255.1"],
        ["10.70.1.3", "169.254.255.2"],
        ["2604:1380::3", "fc00::e"],
        ["2604:1380::3", "fc00::f"],
      ].flatMap(([own, router]) => [`local ${own} as 65000;`, `neighbor ${router} as 65530;`, "multihop;"]),
    );
  });

  withBird("is taken by BIRD, with one router on the link and no more than is wanted", async () => {
    const neighbour = { address: "192.0.2.1", asn: 4_200_000_000, hops: 1 };
    const bgp = { asn: 64_512, routes: [ROUTE4], neighbours: [neighbour], password: false };
    expect(await configureBgp(() => bgp)).toMatchObject({ status: 0, stderr: "" });
    expect(parsed()).toMatchObject({ status: 0, stderr: "" });
    expect(lines(/^(router id|local|direct|multihop|password)|ipv6/)).toEqual(["local as 64512;", "direct;"]);
  });

  withPython("exports the prefix itself and nothing else, and imports nothing", async () => {
    metadataSays(knownTold);
    await configureBgp(known);
    expect(lines(/^if net/)).toEqual([
      "if net ~ [ 203.0.113.0/24 ] then accept;",
      "if net ~ [ 2001:db8:5::/48 ] then accept;",
    ]);
    expect(lines(/^export/)).toEqual([
      "export filter own4;",
      "export limit 1 action disable;",
      "export filter own6;",
      "export limit 1 action disable;",
    ]);
    expect(lines(/^import/)).toEqual(["import none;", "import none;"]);
    expect(lines(/kernel \{/)).toEqual([]);
  });

  withPython("announces nothing until it is told", async () => {
    metadataSays(knownTold);
    await configureBgp(known);
    expect(text("bird.conf").match(/protocol static announce[46] \{\n {2}disabled;/g)).toHaveLength(2);
  });

  withPython("lets nobody keep the routes of a dead node", async () => {
    metadataSays(knownTold);
    await configureBgp(known);
    expect(lines(/graceful restart (off|on|aware)/)).toEqual([
      "graceful restart off;",
      "long lived graceful restart off;",
      "graceful restart off;",
      "long lived graceful restart off;",
    ]);
    expect(lines(/^hold time/)).toEqual(["hold time 15;", "hold time 15;"]);
  });

  withPython("opens BGP to the routers alone", async () => {
    metadataSays(knownTold);
    await configureBgp(known);
    expect(text("firewall-bgp.nft").split("\n")).toEqual([
      "flush chain inet polycast bgp",
      "add rule inet polycast bgp ip saddr 169.254.169.254 tcp dport 179 accept",
      "add rule inet polycast bgp ip6 saddr 2001:19f0:ffff::1 tcp dport 179 accept",
      "",
    ]);
  });

  withPython(
    "comes with the addresses, and with the way to routers that the default route does not reach",
    async () => {
      metadataSays(listedTold);
      await configureBgp(listed);
      expect(text("bgp-addresses").split("\n")).toEqual([
        "address replace 203.0.113.1 dev lo",
        "address replace 2001:db8:5::1 dev lo",
        "route replace 169.254.255.1 via 10.70.1.2",
        "route replace 169.254.255.2 via 10.70.1.2",
        "",
      ]);
    },
  );

  withPython.each<[string, unknown, RegExp[]]>([
    ["no answer", undefined, [/cannot be read: HTTP Error 503/]],
    ["something else", { bgp: [] }, [/neighbours\[0\]\.source: there is no \/bgp\/ipv4\/my-address/]],
    [
      "configuration for an address",
      { bgp: { ipv4: { "my-address": "1.2.3.4 as 1; export all" } } },
      [/an IP address is wanted/],
    ],
  ])("is not made of %s of the metadata service", async (_, answer, reasons) => {
    metadataSays(answer);
    const { status, stderr } = await configureBgp(known);
    for (const reason of reasons) expect(stderr).toMatch(reason);
    expect(stderr).not.toContain("Traceback");
    expect(status).toBe(1);
    expect(existsSync(path.join(output, "bird.conf"))).toBe(false);
  });

  withPython("is not made of a list of routers with problems, which are all told", async () => {
    metadataSays({ bgp_neighbors: [{ ...entry, customer_as: 65_001, md5_enabled: false, peer_ips: ["x"] }] });
    const { stderr } = await configureBgp((url) => ({ ...listed(url), gateway: "10.70.1.2" }));
    expect(stderr).toContain("customer_as is 65001, but the node file's asn is 65000");
    expect(stderr).toContain("it wants no password, but the node file's password is true");
    expect(stderr).toContain('peer_ips is ["x"]');
    expect(stderr).toContain("no router over IPv6: is there a session for it?");
  });

  withPython("needs no session of a family that is not announced", async () => {
    metadataSays({ bgp_neighbors: [entry] });
    const { status } = await configureBgp((url) => ({
      ...listed(url),
      routes: [ROUTE4],
      gateway: "10.70.1.2",
    }));
    expect(status).toBe(0);
  });
});

describe("the password of the sessions", () => {
  beforeEach(() => {
    metadataSays(knownTold);
  });

  withPython("is in BIRD's configuration and nowhere else", async () => {
    await configureBgp(known);
    expect(text("bird.conf").split(`password "${PASSWORD}";`)).toHaveLength(3);
    const elsewhere = readdirSync(output).filter((name) => name !== "bird.conf");
    expect(elsewhere.filter((name) => text(name).includes(PASSWORD))).toEqual([]);
  });

  withPython("is for BIRD's group at most, also where the file was open before", async () => {
    await configureBgp(known);
    chmodSync(path.join(output, "bird.conf"), 0o644);
    await configureBgp(known);
    expect(statSync(path.join(output, "bird.conf")).mode & 0o777).toBe(0o640);
  });

  withPython.each([
    ["missing", undefined, 0o600, /cannot be read: No such file/],
    ["empty", "\n", 0o600, /has 0 characters; 1 to 80/],
    ["too long for TCP-MD5", "hunter2".repeat(12), 0o600, /has 84 characters; 1 to 80/],
    ["one that ends BIRD's string", 'hunter2"; export all', 0o600, /a character that BIRD cannot be told/],
    ["of two lines", "hunter2\nhunter2", 0o600, /a character that BIRD cannot be told/],
    ["open to all", "hunter2", 0o644, /may be read by others than root/],
  ])("is refused when it is %s, and not shown", async (_, content, mode, reason) => {
    rmSync(passwordFile);
    if (content !== undefined) writeFileSync(passwordFile, content, { mode });
    const { status, stdout, stderr } = await configureBgp(known);
    expect(stderr).toMatch(reason);
    expect(stderr + stdout).not.toContain("hunter2");
    expect(status).toBe(1);
    expect(existsSync(path.join(output, "bird.conf"))).toBe(false);
  });
});
