import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import sandbox from "../environments/sandbox";
import { synthesize } from "./synthesize";

const ROOT = path.join(__dirname, "..");
const read = (...names: string[]) => readFileSync(path.join(ROOT, ...names), "utf8");
const WORKFLOWS = path.join(".github", "workflows");

describe.each(readdirSync(path.join(ROOT, WORKFLOWS)))("the workflow %s", (file) => {
  const text = read(WORKFLOWS, file);
  const uses = [...text.matchAll(/^\s*(?:-\s+)?uses:\s*(.*)$/gm)].map(([, what = ""]) => what);

  test("pins every action by commit, with its version beside it", () => {
    expect(uses.length).toBeGreaterThan(0);
    const loose = uses.filter((what) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(what));
    expect(loose).toEqual([]);
  });

  const workflow = parse(text) as {
    on: Record<string, unknown>;
    permissions?: Record<string, string>;
    jobs: Record<string, { permissions?: Record<string, string>; environment?: string }>;
  };

  test("has no long-lived keys of a cloud that gives short-lived ones", () => {
    const secrets = [...text.matchAll(/secrets\.(\w+)/g)].map(([, name = ""]) => name);
    // All of them at once, or by a name that is not there to be read.
    expect(text).not.toMatch(/secrets:\s*inherit|toJSON\(\s*secrets|secrets\s*\[/i);
    expect(secrets.filter((name) => /^(AWS|NS1|METAL|EQUINIX|PACKET|TF_|NPM)/i.test(name))).toEqual([]);
    expect(text).not.toMatch(/aws-access-key-id|aws-secret-access-key/);
  });

  test("has the keys of others only where an environment of GitHub's guards them", () => {
    // StackPath and Vultr know no OIDC.
    for (const job of Object.values(workflow.jobs)) {
      if (JSON.stringify(job).includes("secrets.")) expect(job.environment).toBeDefined();
    }
  });

  test("runs nothing of a dependency's own at its installation", () => {
    const installs = [...text.matchAll(/\bnpm (?:ci|i|install)\b.*/g)].map(([command]) => command);
    expect(installs.filter((command) => !command.includes("--ignore-scripts"))).toEqual([]);
  });

  test("never runs a stranger's change with the rights of this repository", () => {
    expect(Object.keys(workflow.on)).not.toContain("pull_request_target");
    expect(Object.keys(workflow.on)).not.toContain("workflow_run");
  });

  test("may read the code; no job may both change it and reach a cloud", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    // A job that reaches a cloud takes a role by OIDC; one that proposes a change opens a pull request.
    const allowed = [
      {},
      { contents: "read", "id-token": "write" },
      { contents: "write", "pull-requests": "write" },
    ];
    for (const { permissions = {} } of Object.values(workflow.jobs)) {
      expect(allowed).toContainEqual(permissions);
    }
  });
});

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly optional?: true;
  readonly inBundle?: true;
}

describe("dependencies", () => {
  const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Record<
    "dependencies" | "devDependencies",
    Record<string, string>
  >;
  const lock = JSON.parse(read("package-lock.json")) as {
    packages: Record<string, LockedPackage>;
  };

  test("are each named by one exact version", () => {
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  test("are in the lock file by the same version, and each with a checksum", () => {
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect([name, lock.packages[`node_modules/${name}`]?.version]).toEqual([name, version]);
    }
    // What comes inside another package is covered by that one's checksum.
    // Of packages for other platforms only the registry that served them knows the checksum (scripts/complete-lock.js).
    const unchecked = Object.entries(lock.packages).filter(
      ([folder, { integrity, optional, inBundle }]) =>
        folder !== "" && integrity === undefined && optional !== true && inBundle !== true,
    );
    expect(unchecked.map(([folder]) => folder)).toEqual([]);
  });

  test("come from whatever registry is set: the lock file names no host", () => {
    expect(Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
    expect(read(".npmrc")).not.toMatch(/registry\s*=|_auth/);
  });

  test("run nothing at their installation where Polycast installs them", () => {
    expect(read("scripts", "bootstrap.js")).toMatch(/"ci", "--ignore-scripts"/);
  });

  test("of Checkov are each pinned too, with checksums", () => {
    const text = read(".ci", "checkov-requirements.txt").replace(/^#.*\n/gm, "");
    const entries = text.replaceAll("\\\n", "").trim().split("\n");
    const form = /^[a-z0-9._-]+==[0-9][\w.]*( +--hash=sha256:[0-9a-f]{64})+$/;
    expect(entries.filter((entry) => !form.test(entry.trim()))).toEqual([]);
    expect(entries.some((entry) => entry.startsWith("checkov=="))).toBe(true);
  });
});

test("provider plugins are each pinned to one version in every stack", () => {
  for (const [name, stack] of Object.entries(synthesize(sandbox))) {
    const { required_providers: required = {} } = stack.terraform as {
      required_providers?: Record<string, { version: string }>;
    };
    expect(Object.keys(required).length).toBeGreaterThan(0);
    const loose = Object.entries(required).filter(([, { version }]) => !/^\d+\.\d+\.\d+$/.test(version));
    expect([name, loose]).toEqual([name, []]);
  }
});
