import type { Command } from "commander";
import { sshPorts, tunnelName } from "../../constructs/dns/tunnel-names";
import { PolycastError, show } from "../../constructs/fleet/problem";
import { refuseOtherEnvironment } from "../../sandbox/attachment";
import { attachedSandbox } from "../../sandbox/sandbox";
import { sandboxEnvironmentOf } from "../../sandbox/sandbox-environments";
import { worldClient } from "../../sandbox/world-api/client";
import { NO_TUNNELS } from "../ssh-config";
import { resolveName } from "./ask-edge";
import { holdTunnel, type TunnelEvent } from "./hold-tunnel";
import { chooseVantage } from "./vantage";

const LONGEST = 86_400;

interface HoldOptions {
  readonly for?: string;
  readonly from?: string;
  readonly json?: true;
}

/** `polycast sandbox hold` */
export function addHold(sandbox: Command): void {
  sandbox
    .command("hold")
    .description("Hold a tunnel to each fleet, as a client does, and say when one is lost or open again")
    .option("--for <seconds>", "end after so many real seconds (default: at Ctrl-C)")
    .option("--from <place>", "where the client is: an NS1 monitoring region, or a node's location")
    .option("--json", "as JSON, one event a line")
    .action(async ({ for: duration, from, json }: HoldOptions) => {
      refuseOtherEnvironment(process.env);
      const seconds = duration === undefined ? undefined : parseSeconds(duration);
      const tunnels = await findTunnels(from);
      const stop = stopped(seconds);
      const losses = tunnels.map(() => 0);
      await Promise.all(
        tunnels.map(({ fleet, route }, index) => {
          const tell = (event: TunnelEvent): void => {
            if (event.what === "lost") losses[index] = (losses[index] ?? 0) + 1;
            process.stdout.write(
              `${json ? JSON.stringify({ ...timed(fleet), ...event }) : line(fleet, event)}\n`,
            );
          };
          return holdTunnel(route, tell, stop);
        }),
      );
      if (!json) process.stdout.write(summary(tunnels.map(({ fleet }, i) => [fleet, losses[i] ?? 0])));
    });
}

/** A fleet's tunnel, and the way to it, which is asked anew for each connection. */
interface Tunnel {
  readonly fleet: string;
  readonly route: () => Promise<number>;
}

/** @throws PolycastError where a fleet's tunnel has no name yet. */
async function findTunnels(place: string | undefined): Promise<readonly Tunnel[]> {
  const { loadEnvironment } = await import("../../environments/load-environment");
  const { zone, listeners, fleets } = await loadEnvironment(sandboxEnvironmentOf(process.env));
  const [port] = sshPorts(listeners);
  if (port === undefined) throw new PolycastError("There are no tunnels to hold", [NO_TUNNELS]);
  const client = worldClient(process.env);
  const { dns } = attachedSandbox(process.env).record;
  const from = chooseVantage(place, await client.world());
  const tunnels = fleets.map(({ name: fleet }) => {
    const name = tunnelName(fleet, zone);
    const resolve = () => resolveName(client, dns, { name, type: "A" });
    const route = async (): Promise<number> => {
      const [address = ""] = (await resolve()).addresses;
      return client.route({ address, port, protocol: "TCP" }, from);
    };
    return { fleet, resolve, route };
  });
  for (const { resolve } of tunnels) await resolve();
  return tunnels;
}

function parseSeconds(text: string): number {
  const seconds = text.trim() === "" ? NaN : Number(text);
  if (seconds > 0 && seconds <= LONGEST) return seconds;
  throw new PolycastError("The tunnels cannot be held for that long", [
    { where: "--for", what: `is ${show(text)}; allowed are seconds above 0, up to ${LONGEST}` },
  ]);
}

/** One controller for both ends: a signal that follows others may be collected as garbage before they fire (Node 20). */
function stopped(afterSeconds: number | undefined): AbortSignal {
  const controller = new AbortController();
  if (afterSeconds !== undefined) {
    setTimeout(() => {
      controller.abort();
    }, 1_000 * afterSeconds);
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.once(signal, () => {
      controller.abort();
    });
  return controller.signal;
}

function timed(fleet: string): { time: string; fleet: string } {
  return { time: new Date().toISOString(), fleet };
}

function line(fleet: string, event: TunnelEvent): string {
  const time = new Date().toTimeString().slice(0, 8);
  const what =
    event.what === "open"
      ? `open: site ${event.node.site}, release ${event.node.release}, ${event.node.node}`
      : `lost: ${event.why}`;
  return `${time}  ${fleet.padEnd(16)}  ${what}`;
}

function summary(losses: readonly (readonly [string, number])[]): string {
  return losses
    .map(
      ([fleet, times]) =>
        `${fleet}: ${times === 0 ? "held without a break" : `lost ${times === 1 ? "once" : `${times} times`}`}\n`,
    )
    .join("");
}
