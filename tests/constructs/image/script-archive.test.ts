import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TemplateVariables } from "../../../constructs/image/image-source";
import { scriptArchive, type BuiltArchive } from "../../../constructs/image/script-archive";

const TEMPLATE = path.join(__dirname, "../../../images/edge-node/templates/first-boot");

let root: string;
let folder: string;
let variables: TemplateVariables;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "polycast-archive-"));
  folder = path.join(root, "edge-node");
  for (const name of ["provision/files/etc", "checks", "templates/first-boot", "test"]) {
    mkdirSync(path.join(folder, name), { recursive: true });
  }
  write("provision/run.sh", 'echo "$POLYCAST_ADMIN_CIDRS|$POLYCAST_ALLOW_MISSING|$PWD" >"$OUT"\n');
  write("provision/files/etc/motd", "hello\n");
  write("checks/run.sh", "exit 0\n");
  write("test/proof.sh", "exit 0\n");
  cpSync(TEMPLATE, path.join(folder, "templates/first-boot"), { recursive: true });
  variables = { allow_missing: ["a", "b"], admin_cidrs: "it's $HOME" };
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(name: string, text: string): void {
  writeFileSync(path.join(folder, name), text);
}
const archive = (of = folder): Promise<BuiltArchive> => scriptArchive({ folder: of, variables });
/** Unpacks it as the first boot does. */
async function unpacked(): Promise<string> {
  const target = path.join(root, "unpacked");
  mkdirSync(target);
  execFileSync("tar", ["-xz", "-C", target], { input: (await archive()).content });
  return target;
}

test("holds the scripts and checks as they are, and nothing else of the image's folder", async () => {
  chmodSync(path.join(folder, "provision/run.sh"), 0o700);
  symlinkSync("run.sh", path.join(folder, "provision/again.sh"));
  const { content } = await archive();
  const list = execFileSync("tar", ["-tvz", "--numeric-owner"], { input: content, encoding: "utf8" });
  const entries = list
    .trim()
    .split("\n")
    .map((line) => {
      const [mode, owner, , , , ...name] = line.split(/\s+/);
      return [mode, owner, name.join(" ")];
    });
  expect(entries).toEqual([
    ["-rwxr-xr-x", "0/0", "install.sh"],
    ["-rw-r--r--", "0/0", "variables.sh"],
    ["drwxr-xr-x", "0/0", "provision/"],
    [expect.stringMatching(/^l/), "0/0", "provision/again.sh -> run.sh"],
    ["drwxr-xr-x", "0/0", "provision/files/"],
    ["drwxr-xr-x", "0/0", "provision/files/etc/"],
    ["-rw-r--r--", "0/0", "provision/files/etc/motd"],
    ["-rwxr-xr-x", "0/0", "provision/run.sh"],
    ["drwxr-xr-x", "0/0", "checks/"],
    ["-rw-r--r--", "0/0", "checks/run.sh"],
  ]);
});

test("is the same bytes for the same files, wherever they lie, whenever they were written", async () => {
  const first = await archive();
  const copy = path.join(root, "copy");
  cpSync(folder, copy, { recursive: true });
  utimesSync(path.join(copy, "checks/run.sh"), 1, 2);
  chmodSync(path.join(copy, "checks/run.sh"), 0o600);
  write("test/proof.sh", "exit 1\n");
  for (const again of [await archive(copy), await archive()]) {
    expect(again.sha256).toBe(first.sha256);
    expect(again.content.equals(first.content)).toBe(true);
  }
});

test.each<[string, () => void]>([
  [
    "a script",
    () => {
      write("provision/run.sh", "exit 0\n");
    },
  ],
  [
    "a check",
    () => {
      write("checks/run.sh", "exit 1\n");
    },
  ],
  [
    "a file's name",
    () => {
      write("provision/files/etc/issue", "");
    },
  ],
  [
    "that a file is executable",
    () => {
      chmodSync(path.join(folder, "checks/run.sh"), 0o755);
    },
  ],
  [
    "a variable",
    () => {
      variables = { allow_missing: [] };
    },
  ],
  [
    "what runs them",
    () => {
      write("templates/first-boot/install.sh", "exit 0\n");
    },
  ],
])("is another one after a change of %s", async (_, change) => {
  const before = await archive();
  change();
  expect((await archive()).sha256).not.toBe(before.sha256);
});

test("runs the scripts in their place, with the variables of the recipe", async () => {
  const target = await unpacked();
  const OUT = path.join(root, "out");
  execFileSync("sh", [path.join(target, "install.sh")], {
    env: { PATH: process.env["PATH"], OUT },
    cwd: "/",
  });
  expect(execFileSync("cat", [OUT], { encoding: "utf8" })).toBe(`it's $HOME|a,b|${target}\n`);
});

test("fails where the scripts fail", async () => {
  write("provision/run.sh", "exit 3\n");
  const target = await unpacked();
  expect(spawnSync("sh", [path.join(target, "install.sh")]).status).toBe(3);
});

test.each<[string, () => void, RegExp]>([
  [
    "nothing to run them",
    () => {
      rmSync(path.join(folder, "templates"), { recursive: true });
    },
    /templates\/first-boot\/install\.sh: ENOENT/,
  ],
  [
    "no scripts",
    () => {
      rmSync(path.join(folder, "provision"), { recursive: true });
    },
    /provision: ENOENT/,
  ],
  [
    "a pipe among them",
    () => {
      execFileSync("mkfifo", [path.join(folder, "checks/pipe")]);
    },
    /checks\/pipe: is neither/,
  ],
  [
    "a variable that is a map",
    () => {
      variables = { owners: { a: "b" } };
    },
    /variables\.owners: is a map/,
  ],
])("cannot be made of an image with %s", async (_, spoil, message) => {
  spoil();
  await expect(archive()).rejects.toThrow(message);
});
