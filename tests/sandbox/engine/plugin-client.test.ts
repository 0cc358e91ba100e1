import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PluginClient } from "../../../sandbox/engine/plugin-client";
import { findPlugin, pluginMirrors } from "../../../sandbox/engine/plugin-mirror";

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "polycast-mirror-"));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

const os = process.platform === "win32" ? "windows" : process.platform;
const arch = process.arch === "x64" ? "amd64" : process.arch;

/** Puts a plugin into a mirror directory. */
function mirrored(
  mirror: string,
  source = "registry.terraform.io/imaginary/thing",
  name = "terraform-provider-thing_v1.0.0_x5",
) {
  const folder = path.join(home, mirror, source, "1.0.0", `${os}_${arch}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "LICENSE.txt"), "");
  writeFileSync(path.join(folder, name), "");
  return path.join(folder, name);
}

const find = (env: NodeJS.ProcessEnv = {}) => findPlugin("imaginary/thing", "1.0.0", { HOME: home, ...env });

describe("finding a plugin", () => {
  test("in none of the mirrors", () => {
    mirrored("elsewhere");
    expect(find()).toBeUndefined();
  });

  test.each([".terraform.d/plugins", ".local/share/terraform/plugins"])("in Terraform's own %s", (mirror) => {
    expect(mirrored(mirror)).toBe(find());
  });

  test("where XDG_DATA_HOME and TF_PLUGIN_CACHE_DIR say", () => {
    const own = mirrored("data/terraform/plugins");
    expect(find({ XDG_DATA_HOME: path.join(home, "data") })).toBe(own);
    const cached = mirrored("cache");
    expect(find({ TF_PLUGIN_CACHE_DIR: path.join(home, "cache") })).toBe(cached);
  });

  test("where the CLI configuration says, comments left out", () => {
    const plugin = mirrored("mirror");
    const cached = mirrored("cached");
    const write = (text: string) => {
      writeFileSync(path.join(home, ".terraformrc"), text);
    };
    write(
      `provider_installation {\n  filesystem_mirror {\n    path = "${path.join(home, "mirror")}"\n  }\n}\n`,
    );
    expect(find()).toBe(plugin);
    write('plugin_cache_dir = "$HOME/cached"\n');
    expect(find()).toBe(cached);
    write(`# plugin_cache_dir = "${path.join(home, "mirror")}"\n`);
    expect(find()).toBeUndefined();
  });

  test("first where POLYCAST_PLUGIN_MIRROR says, which may name several directories", () => {
    mirrored(".terraform.d/plugins");
    const chosen = mirrored("chosen");
    const env = { POLYCAST_PLUGIN_MIRROR: `${path.join(home, "empty")}:${path.join(home, "chosen")}` };
    expect(find(env)).toBe(chosen);
    expect(pluginMirrors({ HOME: home, ...env }).slice(0, 2)).toEqual(env.POLYCAST_PLUGIN_MIRROR.split(":"));
  });

  test("of another registry, and not of another provider, version or platform", () => {
    const own = mirrored("chosen", "example.net/imaginary/thing");
    const env = { HOME: home, POLYCAST_PLUGIN_MIRROR: path.join(home, "chosen") };
    expect(findPlugin("example.net/imaginary/thing", "1.0.0", env)).toBe(own);
    expect(findPlugin("example.net/imaginary/thing", "1.0.1", env)).toBeUndefined();
    expect(findPlugin("imaginary/thing", "1.0.0", env)).toBeUndefined();
    expect(findPlugin("example.net/imaginary/thin", "1.0.0", env)).toBeUndefined();
  });
});

describe("starting what is no plugin", () => {
  /** A program that prints and ends, or waits. */
  function program(script: string): string {
    const file = path.join(home, "program");
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  test("one that ends at once", async () => {
    await expect(PluginClient.start(program("exit 3"))).rejects.toThrow(
      "program is no Terraform plugin: it ended with 3",
    );
  });

  test("one that does not exist", async () => {
    await expect(PluginClient.start(path.join(home, "nothing"))).rejects.toThrow(
      "nothing is no Terraform plugin",
    );
  });

  test("one of another protocol, which is ended", async () => {
    const pid = path.join(home, "pid");
    const binary = program(`echo $$ > ${pid}; echo "1|6|unix|/nowhere|grpc|"; exec sleep 60`);
    await expect(PluginClient.start(binary)).rejects.toThrow("speaks plugin protocol 6, not 5 over gRPC");
    const ended = Number(readFileSync(pid, "utf8"));
    expect(() => process.kill(ended, 0)).toThrow("ESRCH");
  });

  test("the handshake's environment is Terraform's own", async () => {
    const binary = program('echo "1|$PLUGIN_PROTOCOL_VERSIONS$TF_PLUGIN_MAGIC_COOKIE|unix|x|grpc|"');
    await expect(PluginClient.start(binary)).rejects.toThrow(
      "protocol 5d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2,",
    );
  });
});
