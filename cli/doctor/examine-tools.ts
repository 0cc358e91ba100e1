import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { coerce, gte, satisfies } from "semver";
import { z } from "zod";
import { PROJECT_ROOT } from "../../live/state-location";
import { requireTerraform, terraformBinary } from "../terraform";
import { unwell, type Finding } from "./finding";

/** In milliseconds: a program that says its version says it at once. */
const ANSWER_WITHIN = 10_000;

/** Programs that some verbs start, how each says its version, and what it is for. */
const PROGRAMS = [
  {
    name: "packer",
    args: ["version"],
    use: "building images",
    install: "https://developer.hashicorp.com/packer/install",
  },
  { name: "ssh", args: ["-V"], use: "tunnels, and building images", install: "your system's OpenSSH client" },
  {
    name: "dig",
    args: ["-v"],
    use: "asking name servers by hand, as the docs do",
    install: "Debian: bind9-dnsutils",
  },
] as const;

/**
 * The programs that Polycast starts.
 * @param oldestTerraform what the environment's state needs; undefined where there is no environment.
 */
export async function examineTools(
  env: NodeJS.ProcessEnv,
  oldestTerraform: string | undefined,
): Promise<readonly Finding[]> {
  const programs = await Promise.all(PROGRAMS.map((program) => examineProgram(program, env)));
  return [examineNode(process.versions.node), ...(await examineTerraform(env, oldestTerraform)), ...programs];
}

/** @param version of the Node.js that runs this. */
export function examineNode(version: string): Finding {
  const { engines } = z
    .object({ engines: z.object({ node: z.string() }) })
    .parse(JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8")));
  return satisfies(version, engines.node)
    ? { topic: "Node.js", verdict: "ok", says: version }
    : {
        topic: "Node.js",
        verdict: "fail",
        says: `is ${version}; needed: ${engines.node}`,
        remedy: "See https://nodejs.org, or run `nvm use`.",
      };
}

async function examineTerraform(
  env: NodeJS.ProcessEnv,
  oldest: string | undefined,
): Promise<readonly Finding[]> {
  const topic = "Terraform";
  const binary = terraformBinary(env);
  try {
    const version = await requireTerraform(env);
    if (oldest === undefined || gte(coerce(version) ?? "0.0.0", oldest)) {
      return [{ topic, verdict: "ok", says: `${binary} ${version}` }];
    }
    return [
      {
        topic,
        verdict: "fail",
        says: `${binary} is version ${version}; this environment's state needs ${oldest}`,
        remedy:
          "Install a newer one: the state's lock is a file in the bucket, which older ones do not know.",
      },
    ];
  } catch (error) {
    return unwell(topic, error);
  }
}

async function examineProgram(
  { name, args, use, install }: (typeof PROGRAMS)[number],
  env: NodeJS.ProcessEnv,
): Promise<Finding> {
  try {
    const { stdout, stderr } = await promisify(execFile)(name, [...args], { env, timeout: ANSWER_WITHIN });
    const [first = ""] = `${stdout}${stderr}`.trim().split("\n");
    return { topic: name, verdict: "ok", says: first };
  } catch {
    return {
      topic: name,
      verdict: "warn",
      says: `is not there; it is for ${use}`,
      remedy: `Install it: ${install}`,
    };
  }
}
