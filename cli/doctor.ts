import type { Command } from "commander";
import type { Environment } from "../constructs/fleet/environment";
import type { WantedPlugin } from "./doctor/examine-environment";
import { unwell, type Finding } from "./doctor/finding";
import { FAILED } from "./exit-code";
import { plainTable } from "./plain-table";

/** How long one API may take to answer, in milliseconds. */
const ANSWER_WITHIN = 5_000;

/** `polycast doctor`; the exit code is 1 where something fails. */
export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("Look at tools, credentials, plugins and state for the environment that POLYCAST_ENV names")
    .option("--json", "as JSON")
    .action(async ({ json = false }: { json?: boolean }) => {
      const { name, findings } = await examine(process.env);
      const healthy = findings.every(({ verdict }) => verdict !== "fail");
      process.stdout.write(
        json
          ? `${JSON.stringify({ environment: name, healthy, findings }, null, 2)}\n`
          : `${describe(findings)}\n`,
      );
      if (!healthy) process.exitCode = FAILED;
    });
}

/** Looks at everything, and changes nothing. */
async function examine(
  env: NodeJS.ProcessEnv,
): Promise<{ readonly name: string; readonly findings: readonly Finding[] }> {
  // An environment brings CDKTF with it; the other verbs do without.
  const { chosenEnvironment, loadEnvironment } = await import("../environments/load-environment");
  const { examineTools } = await import("./doctor/examine-tools");
  const name = chosenEnvironment();
  try {
    const environment = await loadEnvironment(name);
    const { oldestTerraform } = await import("../stacks/state-backend");
    const tools = await examineTools(env, oldestTerraform(environment.state));
    return { name, findings: [...tools, ...(await examineFor(environment, env))] };
  } catch (error) {
    const tools = await examineTools(env, undefined);
    return { name, findings: [...tools, ...unwell(`environment ${name}`, error)] };
  }
}

async function examineFor(environment: Environment, env: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const { examineEnvironment } = await import("./doctor/examine-environment");
  const { examineSandbox } = await import("./doctor/examine-sandbox");
  const { examineState } = await import("./doctor/examine-state");
  const { sandbox = false } = environment;
  const { findings, plugins } = examineEnvironment(environment);
  const near = [...findings, examineSandbox(sandbox, env), ...(await examineState(environment))];
  return [...near, ...(sandbox ? SIMULATED : await examineFar(environment, plugins, env))];
}

/** What is on the other side of the network. */
async function examineFar(
  environment: Environment,
  plugins: readonly WantedPlugin[],
  env: NodeJS.ProcessEnv,
): Promise<readonly Finding[]> {
  const { stackNames } = await import("../live/stack-names");
  const { credentialsOf } = await import("../live/stack-credentials");
  const { examineCredentials } = await import("./doctor/examine-credentials");
  const { examinePlugins } = await import("./doctor/examine-plugins");
  const within = () => AbortSignal.timeout(ANSWER_WITHIN);
  const found = await Promise.all([
    examinePlugins(plugins, env, within),
    examineCredentials(credentialsOf(environment, stackNames(environment)), env, within),
  ]);
  return found.flat();
}

const SIMULATED: readonly Finding[] = [
  { topic: "plugins", verdict: "ok", says: "simulated: none is needed, none was looked for" },
  { topic: "credentials", verdict: "ok", says: "simulated: none is needed, no API was asked" },
];

function describe(findings: readonly Finding[]): string {
  const rows = findings.map(({ verdict, topic, says, remedy }) => [
    verdict,
    topic,
    remedy === undefined || verdict === "ok" ? says : `${says}\n${remedy}`,
  ]);
  return plainTable(["", "", ""], rows).trimStart();
}
