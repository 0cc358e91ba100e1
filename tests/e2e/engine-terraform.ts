import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReattachEntry } from "../../sandbox/engine/plugin-server";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface ResourceChange {
  readonly address: string;
  readonly actions: string[];
  readonly after: Json;
  readonly after_unknown: Json;
  readonly replace_paths: Json;
}

export interface Diagnostic {
  readonly summary: string;
  readonly detail: string;
  readonly address: string | null;
}

const BINARY = process.env["TERRAFORM_BINARY_NAME"] ?? "terraform";

const hasTerraform = spawnSync(BINARY, ["version"]).status === 0;

/** Tests that run Terraform; where there is none they are skipped, under a name that says so. */
export function describeWithTerraform(name: string, tests: () => void): void {
  if (hasTerraform) describe(name, tests);
  else describe.skip(`${name} (SKIPPED: there is no program "${BINARY}")`, tests);
}

/** Real Terraform in a directory, by default one of its own, attached to simulated providers. */
export class EngineTerraform {
  /** Added to Terraform's environment. */
  public env: Record<string, string> = {};

  public constructor(
    public reattach: Record<string, ReattachEntry>,
    public readonly directory = mkdtempSync(join(tmpdir(), "polycast-terraform-")),
  ) {}

  /** Writes the configuration, in Terraform's JSON syntax. */
  public configure(configuration: object): void {
    writeFileSync(join(this.directory, "main.tf.json"), JSON.stringify(configuration));
  }

  /** Plans; returns the changes, or the errors. The plan is kept for `apply`. */
  public async plan(...options: string[]): Promise<{ changes: ResourceChange[]; errors: Diagnostic[] }> {
    const { lines } = await this.json("plan", "-input=false", "-out=plan.bin", ...options);
    const errors = errorsIn(lines);
    if (errors.length > 0) return { changes: [], errors };
    const plan = (await this.show("plan.bin")) as { resource_changes?: PlannedResource[] };
    const changes = (plan.resource_changes ?? []).map(({ address, change }) => {
      const { actions, after, after_unknown, replace_paths: paths = null } = change;
      return { address, actions, after, after_unknown, replace_paths: paths };
    });
    return { changes, errors };
  }

  /** Applies the last plan; returns the errors. */
  public async apply(): Promise<Diagnostic[]> {
    return errorsIn((await this.json("apply", "-input=false", "plan.bin")).lines);
  }

  public async destroy(): Promise<Diagnostic[]> {
    return errorsIn((await this.json("destroy", "-input=false", "-auto-approve")).lines);
  }

  /** The attributes in the state, by address. */
  public async state(): Promise<{ [address: string]: Json }> {
    const { values } = (await this.show()) as { values?: { root_module: { resources?: StateResource[] } } };
    return Object.fromEntries(
      (values?.root_module.resources ?? []).map((each) => [each.address, each.values]),
    );
  }

  public async run(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
    const own = { TF_REATTACH_PROVIDERS: JSON.stringify(this.reattach), CHECKPOINT_DISABLE: "1" };
    const env: NodeJS.ProcessEnv = { ...process.env, ...own, ...this.env };
    delete env["TF_CLI_CONFIG_FILE"]; // a developer's own settings have no say
    return new Promise((resolve, reject) => {
      const child = spawn(BINARY, args, { cwd: this.directory, env, stdio: ["ignore", "pipe", "pipe"] });
      let [stdout, stderr] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
      child.on("error", reject);
      child.on("close", (status) => {
        resolve({ status, stdout, stderr });
      });
    });
  }

  /** What Terraform logged, where `env` sends its log to the directory's file `log`. */
  public log(): string {
    return readFileSync(join(this.directory, "log"), "utf8");
  }

  public remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async json(command: string, ...args: string[]): Promise<{ lines: LogLine[] }> {
    const { stdout } = await this.run(command, "-json", ...args);
    const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
    return { lines: lines.map((line) => JSON.parse(line) as LogLine) };
  }

  private async show(...args: string[]): Promise<unknown> {
    const { stdout, stderr, status } = await this.run("show", "-json", ...args);
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as unknown;
  }
}

interface PlannedResource {
  readonly address: string;
  readonly change: Omit<ResourceChange, "address" | "replace_paths"> & { readonly replace_paths?: Json };
}

interface StateResource {
  readonly address: string;
  readonly values: Json;
}

interface LogLine {
  readonly type: string;
  readonly diagnostic?: { severity: string; summary: string; detail: string; address?: string };
}

function errorsIn(lines: readonly LogLine[]): Diagnostic[] {
  return lines.flatMap(({ diagnostic }) =>
    diagnostic?.severity === "error"
      ? [{ summary: diagnostic.summary, detail: diagnostic.detail, address: diagnostic.address ?? null }]
      : [],
  );
}
