import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { NodeFile } from "../../constructs/fleet/node-file";
import { readRecipe } from "../../constructs/image/image-recipe";
import { has, where } from "../tools";

const IMAGE = path.join(__dirname, "../../images/edge-node");
const SCRIPTS = path.join(IMAGE, "provision");
const CONFIGURE = path.join(SCRIPTS, "files/usr/lib/polycast/configure");

/** Its lines, without comments and empty ones. */
const lines = (file: string): string[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

const shellFiles = [
  ...["provision", "checks", "test"].flatMap((folder) =>
    readdirSync(path.join(IMAGE, folder))
      .filter((name) => name.endsWith(".sh"))
      .map((name) => `${folder}/${name}`),
  ),
  "provision/files/usr/lib/polycast/tunnel-host-key",
  "templates/first-boot/install.sh",
];

describe("provisioning scripts", () => {
  const listed = lines(path.join(SCRIPTS, "provision.list"));
  const written = readdirSync(SCRIPTS).filter((name) => name.endsWith(".sh"));

  test("the list names every script exactly once", () => {
    expect([...listed].sort()).toEqual(written.filter((name) => !["lib.sh", "run.sh"].includes(name)).sort());
  });

  test("packages come first, and nothing comes after what cleans up", () => {
    expect(listed[0]).toBe("base.sh");
    expect(listed.at(-1)).toBe("clean.sh");
  });

  test.each(listed)("%s says what it does, and stops at the first failure", (name) => {
    const [shebang, what, ...rest] = readFileSync(path.join(SCRIPTS, name), "utf8").split("\n");
    expect(shebang).toBe("#!/bin/sh");
    expect(what).toMatch(/^# \S/);
    expect(rest).toContain(". ./lib.sh");
  });

  test("what they share stops at the first failure and at unset variables", () => {
    expect(lines(path.join(SCRIPTS, "lib.sh"))[0]).toBe("set -eu");
  });

  test("each file that is installed is placed by a script", () => {
    const scripts = listed.map((name) => readFileSync(path.join(SCRIPTS, name), "utf8")).join("\n");
    const files = readdirSync(path.join(SCRIPTS, "files"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(path.join(SCRIPTS, "files"), path.join(entry.parentPath, entry.name)));
    expect(files.filter((file) => !scripts.includes(file))).toEqual([]);
  });

  where("shellcheck")("shellcheck has nothing to say", () => {
    const { stdout, status } = spawnSync(
      "shellcheck",
      ["--external-sources", "-P", "SCRIPTDIR", ...shellFiles],
      {
        cwd: IMAGE,
        encoding: "utf8",
      },
    );
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });

  test("nobody but root can start them", () => {
    const asOther =
      process.getuid?.() === 0 && has("setpriv")
        ? ["setpriv", "--reuid=65534", "--clear-groups", "sh"]
        : ["sh"];
    const [command = "sh", ...before] = asOther;
    const { status, stderr } = spawnSync(command, [...before, "-s"], {
      input: readFileSync(path.join(SCRIPTS, "run.sh"), "utf8"),
      cwd: "/",
      encoding: "utf8",
    });
    expect(stderr).toContain("has to run as root");
    expect(status).toBe(1);
  });
});

describe("the recipe", () => {
  const { variables } = readRecipe(IMAGE);

  test("no node of any environment does without a part", () => {
    expect(variables).not.toHaveProperty("allow_missing");
  });

  test("the log agent is one file of one version", () => {
    expect(variables).toMatchObject({
      cloudwatch_agent_url: expect.stringMatching(
        /^https:.+\/1\.\d+\.\w+\/amazon-cloudwatch-agent\.deb$/,
      ) as string,
      cloudwatch_agent_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });
});

describe("Packer templates", () => {
  // Where no builder is, there is nothing for Packer to do.
  const templates = readdirSync(path.join(IMAGE, "templates")).filter((name) => name !== "first-boot");
  const text = (name: string): string =>
    readFileSync(path.join(IMAGE, "templates", name, "edge-node.pkr.hcl"), "utf8");
  /** What is done on the builder, whatever made it. */
  const build = (name: string): string => text(name).slice(text(name).indexOf("\n  provisioner "));

  test("there is one for each way to a builder", () => {
    expect(templates.sort()).toEqual(["aws", "ssh", "vultr"]);
  });

  test.each(templates)("%s runs the list, and then the checks", (name) => {
    const run = text(name).indexOf('"sh /tmp/polycast-build/provision/run.sh"');
    const checks = text(name).indexOf('"sh /usr/lib/polycast/checks/run.sh image"');
    expect(run).toBeGreaterThan(0);
    expect(checks).toBeGreaterThan(run);
  });

  test.each(templates)("%s does on the builder what the others do", (name) => {
    expect(build(name)).toBe(build("ssh"));
  });

  test.each(templates)("%s describes each of its variables", (name) => {
    const variables = text(name).match(/^variable "[^"]+" \{\n(?: .*\n)+\}/gm) ?? [];
    expect(variables.length).toBeGreaterThan(0);
    expect(variables.filter((variable) => !/\n {2}description = ".+"\n/.test(variable))).toEqual([]);
  });

  test.each(templates)("%s hands on every variable that the scripts have", (name) => {
    const given = [...build(name).matchAll(/"(POLYCAST_\w+)=/g)].map(([, variable]) => variable);
    const heads = readdirSync(SCRIPTS).map((file) =>
      file.endsWith(".sh") ? readFileSync(path.join(SCRIPTS, file), "utf8") : "",
    );
    const asked = [...heads.join("\n").matchAll(/^# .*?(POLYCAST_\w+)  /gm)].map(([, variable]) => variable);
    // What only a change of the scripts could change too, and what is for whoever runs them by hand.
    const own = ["POLYCAST_ARCHITECTURE", "POLYCAST_STEP_SECONDS"];
    expect([...given].sort()).toEqual(asked.filter((variable) => !own.includes(String(variable))).sort());
  });

  test.each(templates.filter((name) => name !== "ssh"))("%s pins its plugin", (name) => {
    expect(text(name)).toMatch(/required_plugins \{[^}]+version = "= \d+\.\d+\.\d+"/);
  });

  test("the one for SSH asks for no plugin, which Packer 1.6 would refuse", () => {
    expect(text("ssh")).not.toMatch(/^ *required_plugins/m);
  });

  test.each(templates)("%s holds no credential", (name) => {
    expect(text(name)).not.toMatch(/^ *(api_key|access_key|secret_key|token|ssh_password) *=/m);
  });

  test("images on AWS are encrypted", () => {
    expect(text("aws")).toMatch(/^ *encrypt_boot +=\s*true$/m);
  });

  where("packer").each(templates)("%s is formatted, so it can be parsed", (name) => {
    const { status, stdout, stderr } = spawnSync("packer", ["fmt", "-check", `templates/${name}`], {
      cwd: IMAGE,
      encoding: "utf8",
      env: { ...process.env, CHECKPOINT_DISABLE: "1" },
    });
    expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
  });

  where("packer", "ssh-keygen")("Packer validates the one for SSH", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "polycast-packer-"));
    try {
      spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path.join(folder, "key")]);
      const values = {
        ssh_host: "127.0.0.1",
        ssh_username: "root",
        ssh_private_key_file: path.join(folder, "key"),
        output: folder,
      };
      const { status, stdout, stderr } = spawnSync(
        "packer",
        [
          "validate",
          ...Object.entries(values).flatMap(([name, value]) => ["-var", `${name}=${value}`]),
          "templates/ssh",
        ],
        { cwd: IMAGE, encoding: "utf8", env: { ...process.env, CHECKPOINT_DISABLE: "1" } },
      );
      expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("configuration of a node", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "polycast-configure-"));
  const output = path.join(folder, "run");
  const proxyDirectory = path.join(folder, "proxy.d");
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    rmSync(output, { recursive: true, force: true });
    rmSync(path.join(folder, "missing"), { force: true });
  });

  const file: NodeFile = {
    version: 1,
    environment: "proof",
    provider: "aws",
    fleet: "aws",
    site: { name: "us-east-1" },
    release: "r7",
    controlPlaneUrl: "https://control.example.net",
    logGroup: "/polycast/proof/aws",
    health: { port: 8080, path: "/healthz" },
    listeners: [
      { port: 443, protocol: "TCP", role: "edge" },
      { port: 443, protocol: "UDP", role: "edge" },
      { port: 2222, protocol: "TCP", role: "tunnel" },
    ],
  };
  const byHost = { hostnamePattern: "-([a-z]+)-[0-9]+$", byLocation: { sea: "SEA", ams: "europe" } };

  const configure = (
    given: unknown,
    { host = "node-1", instance }: { host?: string; instance?: string } = {},
  ): { status: number | null; stdout: string; stderr: string } => {
    const nodeFile = path.join(folder, "node.json");
    const instanceFile = path.join(folder, "instance-id");
    writeFileSync(nodeFile, typeof given === "string" ? given : JSON.stringify(given));
    if (instance === undefined) rmSync(instanceFile, { force: true });
    else writeFileSync(instanceFile, `${instance}\n`);
    return spawnSync(
      CONFIGURE,
      [
        ...[nodeFile, output, "--host", host, "--instance", instanceFile],
        ...["--proxy", proxyDirectory, "--missing", path.join(folder, "missing")],
      ],
      { encoding: "utf8" },
    );
  };
  const text = (name: string): string => readFileSync(path.join(output, name), "utf8");
  const healthz = (): Record<string, unknown> => JSON.parse(text("healthz.json")) as Record<string, unknown>;
  const withPython = where("python3", "bash");

  withPython("the site may stand in the node file", () => {
    expect(configure(file)).toMatchObject({
      status: 0,
      stdout: "node-1: fleet aws, site us-east-1, release r7\n",
    });
    expect(healthz()["identity"]).toEqual({
      node: "node-1",
      provider: "aws",
      fleet: "aws",
      site: "us-east-1",
      release: "r7",
    });
  });

  withPython.each([
    ["sandbox-stackpath-sea-sea-0", "SEA"],
    ["sandbox-stackpath-europe-ams-12", "europe"],
  ])("the site may follow from the host's name: %s is in %s", (host, site) => {
    expect(configure({ ...file, site: byHost }, { host }).status).toBe(0);
    expect(healthz()["identity"]).toMatchObject({ node: host, site });
  });

  withPython("the pattern is a POSIX expression", () => {
    const site = { hostnamePattern: "^([[:alpha:]]{3})[[:digit:]]", byLocation: { sea: "SEA" } };
    expect(configure({ ...file, site }, { host: "sea7" }).status).toBe(0);
    expect(healthz()["identity"]).toMatchObject({ site: "SEA" });
  });

  withPython("on EC2 a node has its instance's name", () => {
    configure(file, { instance: "i-0a1b2c3d4e5f60718" });
    expect(healthz()["identity"]).toMatchObject({ node: "i-0a1b2c3d4e5f60718" });
  });

  withPython("elsewhere cloud-init's id means nothing", () => {
    configure(file, { instance: "nocloud" });
    expect(healthz()["identity"]).toMatchObject({ node: "node-1" });
  });

  withPython("every edge listener is the proxy's, over IPv4 and IPv6", () => {
    configure(file);
    const listens = [...text("proxy.conf").matchAll(/listen (.+);/g)].map(([, listen]) => listen);
    expect(listens).toEqual([
      "443 backlog=4096",
      "[::]:443 backlog=4096",
      "443 udp reuseport",
      "[::]:443 udp reuseport",
    ]);
  });

  withPython("a listener of which the product says nothing says who it is", () => {
    configure(file);
    expect(text("proxy.conf")).toContain(
      `return '{"node":"node-1","provider":"aws","fleet":"aws","site":"us-east-1","release":"r7"}\\n';`,
    );
  });

  withPython("a listener leads where the product says", () => {
    mkdirSync(proxyDirectory);
    writeFileSync(path.join(proxyDirectory, "443.tcp"), "proxy_pass 127.0.0.1:9000;\n");
    configure(file);
    rmSync(proxyDirectory, { recursive: true });
    const [tcp, udp] = text("proxy.conf").split("listen 443 udp");
    expect(tcp).toContain(`include ${proxyDirectory}/443.tcp;`);
    expect(tcp).not.toContain("return");
    expect(udp).toContain("return '");
  });

  withPython("the tunnel server listens on the tunnels' ports, and forwards only", () => {
    configure({ ...file, listeners: [...file.listeners, { port: 2223, protocol: "TCP", role: "tunnel" }] });
    const settings = text("tunnel.conf").split("\n");
    expect(settings.filter((line) => line.startsWith("Port "))).toEqual(["Port 2222", "Port 2223"]);
    for (const closed of [
      "AllowUsers tunnel",
      "MaxSessions 0",
      "PermitTTY no",
      "ForceCommand /usr/sbin/nologin",
      "X11Forwarding no",
      "AllowAgentForwarding no",
      "AllowStreamLocalForwarding no",
      "AllowTcpForwarding remote",
      "GatewayPorts no",
      "PasswordAuthentication no",
    ]) {
      expect(settings).toContain(closed);
      // sshd takes the first value, so what a product includes may not come before.
      expect(settings.indexOf(closed)).toBeLessThan(
        settings.findIndex((line) => line.startsWith("Include ")),
      );
    }
  });

  withPython("without a tunnel listener there is no tunnel server, and none is missed", () => {
    configure(file);
    configure({ ...file, listeners: file.listeners.slice(0, 2) });
    expect(existsSync(path.join(output, "tunnel.conf"))).toBe(false);
    expect(healthz()["units"]).not.toContain("polycast-tunnel");
  });

  withPython("the firewall opens listeners and health port, and nothing else", () => {
    configure(file);
    expect(text("firewall.nft").split("\n")).toEqual([
      "flush set inet polycast tcp_ports",
      "add element inet polycast tcp_ports { 443, 2222, 8080 }",
      "flush set inet polycast udp_ports",
      "add element inet polycast udp_ports { 443 }",
      "",
    ]);
  });

  withPython("the log shipper writes to the fleet's group, in the node's streams", () => {
    configure(file);
    const { logs } = JSON.parse(text("cloudwatch-agent.json")) as {
      logs: { logs_collected: { files: { collect_list: Record<string, string>[] } } };
    };
    expect(logs.logs_collected.files.collect_list).toEqual([
      {
        file_path: "/var/log/syslog",
        log_group_name: "/polycast/proof/aws",
        log_stream_name: "node-1/syslog",
      },
      {
        file_path: "/var/log/polycast/proxy.log",
        log_group_name: "/polycast/proof/aws",
        log_stream_name: "node-1/proxy",
      },
      {
        file_path: "/var/log/polycast/health.jsonl",
        log_group_name: "/polycast/proof/aws",
        log_stream_name: "node-1/health",
      },
    ]);
  });

  withPython("health needs proxy, tunnel server, log shipper, node exporter and checks", () => {
    configure(file);
    expect(healthz()).toMatchObject({
      port: 8080,
      path: "/healthz",
      units: [
        "polycast-proxy",
        "polycast-tunnel",
        "amazon-cloudwatch-agent",
        "prometheus-node-exporter",
        "polycast-check",
      ],
      missing: [],
    });
  });

  withPython("health does not need what the image was allowed to do without", () => {
    writeFileSync(path.join(folder, "missing"), "cloudwatch-agent\nnode-exporter\n");
    configure(file);
    expect(healthz()).toMatchObject({
      units: ["polycast-proxy", "polycast-tunnel", "polycast-check"],
      missing: ["cloudwatch-agent", "node-exporter"],
    });
  });

  withPython("keys of a later version of the file are no reason to stay away", () => {
    expect(configure({ ...file, later: true }).status).toBe(0);
  });

  withPython.each([
    ["not JSON", "{", /is not JSON/],
    ["no object", "[]", /is \[\]; an object is wanted/],
    ["another version", { ...file, version: 2 }, /version is 2; this image knows version 1/],
    ["no release", { ...file, release: undefined }, /release is missing/],
    ["a name that would be configuration", { ...file, fleet: "a';}" }, /fleet is "a';}"; letters/],
    ["a name with a variable of nginx", { ...file, release: "$host" }, /release is "\$host"/],
    ["a name with a line break", { ...file, site: { name: "a\nb" } }, /site\.name is "a\\nb"/],
    ["no site", { ...file, site: {} }, /site\.hostnamePattern is missing/],
    ["another host", { ...file, site: byHost }, /this host's name, "node-1", is not like it/],
    [
      "a location without a site",
      { ...file, site: { ...byHost, hostnamePattern: "^([a-z]+)" } },
      /no site for the location "node" of node-1; it knows sea, ams/,
    ],
    [
      "a pattern that is none",
      { ...file, site: { ...byHost, hostnamePattern: "(" } },
      /hostnamePattern is "\(", no POSIX extended regular expression/,
    ],
    ["a port that is none", { ...file, health: { port: 0, path: "/" } }, /health\.port is 0; 1 to 65535/],
    ["a path that is none", { ...file, health: { port: 1, path: "x" } }, /health\.path is "x"/],
    [
      "a tunnel over UDP",
      { ...file, listeners: [{ port: 1, protocol: "UDP", role: "tunnel" }] },
      /listeners\[0\] is a tunnel over UDP/,
    ],
    [
      "one port for two",
      { ...file, listeners: [...file.listeners, { port: 443, protocol: "TCP", role: "edge" }] },
      /listeners\[3\] is the second one on TCP 443/,
    ],
    [
      "a listener on the health port",
      { ...file, listeners: [{ port: 8080, protocol: "TCP", role: "edge" }] },
      /listeners\[0\]\.port is 8080, where the health endpoint answers/,
    ],
  ])("refuses %s, with the reason, and writes nothing", (_, given, reason) => {
    const { status, stderr } = configure(given);
    expect(stderr).toMatch(reason);
    expect(stderr).not.toContain("Traceback");
    expect(status).toBe(1);
    expect(existsSync(output)).toBe(false);
  });

  withPython("refuses a file that is not there", () => {
    const { status, stderr } = spawnSync(CONFIGURE, [path.join(folder, "none.json"), output], {
      encoding: "utf8",
    });
    expect(stderr).toContain("cannot be read: No such file or directory");
    expect(status).toBe(1);
  });

  withPython("reports all problems at once", () => {
    const { stderr } = configure({ version: 1, listeners: [{ port: 70_000, protocol: "SCTP", role: "x" }] });
    expect(stderr.split("\n").filter((line) => line.startsWith("  - "))).toHaveLength(10);
  });
});
