import type { Command } from "commander";
import { sandboxStatus, type SandboxStatus } from "../../sandbox/sandbox";

/** `polycast sandbox status`; the exit code is 0 only where the sandbox runs. */
export function addStatus(sandbox: Command): void {
  sandbox
    .command("status")
    .description("Say whether the sandbox runs; exit code 1 where it does not")
    .option("--json", "as JSON")
    .action((options: { json?: true }) => {
      const status = sandboxStatus(process.env);
      process.stdout.write(`${options.json ? JSON.stringify(asJson(status), null, 2) : asText(status)}\n`);
      if (status.state !== "running") process.exitCode = 1;
    });
}

/** Everything but the tokens. */
function asJson({ places, ...status }: SandboxStatus): object {
  const { directory } = places;
  if (status.state !== "running") return { directory, ...status };
  const { world, controlPlane, dnsApis, imageApis, ...record } = status.record;
  const open = {
    world: { port: world.port },
    controlPlane: { url: controlPlane.url },
    dnsApis: endpointsOf(dnsApis),
    imageApis: endpointsOf(imageApis),
  };
  return { directory, ...status, record: { ...record, ...open } };
}

function endpointsOf(apis: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(apis).filter(([name]) => /_(ENDPOINT|URL)(_|$)/.test(name)));
}

function asText(status: SandboxStatus): string {
  const { directory } = status.places;
  switch (status.state) {
    case "running": {
      const { pid, started, dns, controlPlane, polycast } = status.record;
      const providers = Object.keys(status.record.reattach).join(", ");
      return (
        `running since ${started}: process ${pid}, Polycast ${polycast}\n` +
        `DNS: ${dns.address} port ${dns.port} (UDP and TCP)\ncontrol plane: ${controlPlane.url}\nproviders: ${providers}\nfiles: ${directory}`
      );
    }
    case "stopped":
      return `stopped; what its clouds hold is kept in ${directory}\nStart it: npx polycast sandbox up`;
    case "dead":
      return `dead: process ${status.pid} ended without stopping; what its clouds hold is kept\nStart it: npx polycast sandbox up`;
    case "foreign":
      return `not usable: ${status.why}\nDelete it, with all that its clouds hold: npx polycast sandbox down`;
    case "none":
      return "there is none\nStart it: npx polycast sandbox up";
  }
}
