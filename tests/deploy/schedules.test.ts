/** The schedules that are shipped: well formed, pinned, and about commands that exist. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { parse, parseAllDocuments } from "yaml";
import { polycast } from "../../cli/program";
import { PROJECT_ROOT } from "../../live/state-location";

const FOLDER = join(PROJECT_ROOT, "deploy", "schedules");
const read = (...names: string[]) => readFileSync(join(FOLDER, ...names), "utf8");

/** Fails where a command line is not one of ours: verbs and options. */
async function expectCommand(words: readonly string[]): Promise<void> {
  const program = await polycast(words[0]);
  let command: Command = program;
  const rest = [...words];
  while (rest[0] !== undefined && !rest[0].startsWith("-")) {
    const verb = rest.shift();
    const next = command.commands.find((each) => each.name() === verb);
    if (next === undefined) throw new Error(`no such verb: ${words.join(" ")}`);
    command = next;
  }
  const options = rest.filter((word) => word.startsWith("-"));
  expect(command.options.map(({ long }) => long)).toEqual(expect.arrayContaining(options));
  expect(command.commands).toEqual([]);
}

interface Workflow {
  readonly on: { readonly schedule: readonly { readonly cron: string }[] };
  readonly concurrency: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly permissions: Readonly<Record<string, string>>;
        readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
      }
    >
  >;
}

describe("GitHub Actions", () => {
  const text = read("github-actions.yml");
  const workflow = parse(text) as Workflow;
  const { steps, permissions } = workflow.jobs["advance"] ?? { steps: [], permissions: {} };

  test("advances every five minutes, one after the other", async () => {
    expect(workflow.on.schedule).toEqual([{ cron: "*/5 * * * *" }]);
    expect(workflow.concurrency).toEqual({ group: "rollout", "cancel-in-progress": false });
    const run = steps.map((step) => step.run ?? "").find((line) => line.includes("bin/polycast.js")) ?? "";
    await expectCommand(run.replace('"GitHub Actions"', "github").split(" ").slice(2));
  });

  test("gets a role by OpenID Connect and may do nothing else, by actions pinned to a commit", () => {
    expect(permissions).toEqual({ contents: "read", "id-token": "write" });
    const uses = steps.flatMap((step) => step.uses ?? []);
    expect(uses).toHaveLength(4);
    for (const action of uses) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    expect(text).not.toMatch(/AWS_(ACCESS|SECRET)/);
  });

  test("pins the same commits as the project's own workflows", () => {
    const own = readFileSync(join(PROJECT_ROOT, ".github", "workflows", "images.yml"), "utf8");
    for (const { uses } of steps) if (uses !== undefined) expect(own).toContain(uses);
  });
});

test("Kubernetes runs both, never two at once", async () => {
  const jobs = parseAllDocuments(read("kubernetes.yaml")).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as {
      kind: string;
      metadata: { name: string };
      spec: {
        schedule: string;
        concurrencyPolicy: string;
        jobTemplate: { spec: { template: { spec: { containers: { command: string[] }[] } } } };
      };
    };
  });
  expect(jobs.map(({ kind, metadata, spec }) => [kind, metadata.name, spec.schedule])).toEqual([
    ["CronJob", "polycast-rollout", "*/5 * * * *"],
    ["CronJob", "polycast-load-push", "* * * * *"],
  ]);
  for (const { spec } of jobs) {
    expect(spec.concurrencyPolicy).toBe("Forbid");
    await expectCommand(spec.jobTemplate.spec.template.spec.containers[0]?.command.slice(2) ?? []);
  }
});

describe("systemd", () => {
  const units = readdirSync(join(FOLDER, "systemd"));

  test("has a service for every timer", () => {
    const names = (ending: string) =>
      units.filter((unit) => unit.endsWith(ending)).map((unit) => unit.slice(0, -ending.length));
    expect(names(".timer")).toEqual(["polycast-load-push", "polycast-rollout"]);
    expect(names(".service")).toEqual(names(".timer"));
  });

  test.each(units)("%s is well formed", async (unit) => {
    const sections = parseUnit(read("systemd", unit));
    if (unit.endsWith(".timer")) {
      expect(Object.keys(sections)).toEqual(["Unit", "Timer", "Install"]);
      expect(sections["Timer"]).toMatchObject({
        OnUnitInactiveSec: expect.stringMatching(/^\d+min$/) as string,
      });
      return;
    }
    expect(Object.keys(sections)).toEqual(["Unit", "Service"]);
    expect(sections["Service"]).toMatchObject({ Type: "oneshot", KillMode: "mixed" });
    await expectCommand(sections["Service"]?.["ExecStart"]?.split(" ").slice(2) ?? []);
  });
});

/** https://www.freedesktop.org/software/systemd/man/systemd.syntax.html, as far as it is used here. */
function parseUnit(text: string): Record<string, Record<string, string>> {
  const sections: Record<string, Record<string, string>> = {};
  let current: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, section] = /^\[(\w+)\]$/.exec(line) ?? [];
    const [, key = "", value = ""] = /^(\w+)=(.+)$/.exec(line) ?? [];
    if (section !== undefined) sections[section] = current = {};
    else if (key !== "") current[key] = value;
    else if (line !== "" && !line.startsWith("#")) throw new Error(`not a line of a unit: ${line}`);
  }
  return sections;
}
