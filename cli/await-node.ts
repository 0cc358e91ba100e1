import type { Command } from "commander";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { PolycastError, show } from "../constructs/fleet/problem";

/** What a look at a node finds. */
type Look = "serves" | { readonly why: string };

/** How a node is looked at, and by which clock. */
export interface Watch {
  readonly look: () => Promise<Look>;
  /** Seconds. */
  readonly now: () => number | Promise<number>;
  readonly pause: () => Promise<unknown>;
}

/** How long a node has to serve without a break, in seconds: one that falls over at its first connections is no node. */
const STEADY = 15;
/** How long it may take until then: Vultr copies a large snapshot for some minutes. */
const PATIENCE = 900;
/** Milliseconds. */
const BETWEEN_LOOKS = 2_000;
const BETWEEN_LOOKS_AT_WORLD = 50;
const ANSWER_WITHIN = 3_000;

interface AwaitOptions {
  readonly fleet: string;
  readonly node: string;
  readonly sandbox?: true;
  readonly address?: string;
  readonly port?: string;
}

/** `polycast live await`: what Terraform calls when it has made a node, before an old one goes. */
export function addAwait(live: Command): void {
  live
    .command("await")
    .description("Wait until a new node serves (Terraform calls it before an old one goes)")
    .requiredOption("--fleet <name>", "the fleet")
    .requiredOption("--node <name>", "the node")
    .option("--address <address>", "an address of its own")
    .option("--port <port>", "a TCP port that it serves there")
    .option("--sandbox", "ask the sandbox instead")
    .action(async (options: AwaitOptions) => {
      const watch = options.sandbox === true ? await watchWorld(options) : watchPort(parsePort(options));
      if (watch === undefined) {
        process.stdout.write(
          `${options.fleet}: no sandbox runs, so no node does; ${options.node} is not awaited.\n`,
        );
        return;
      }
      const seconds = await awaitNode(watch, options);
      process.stdout.write(`${options.fleet}: ${options.node} serves, after ${Math.round(seconds)} s.\n`);
    });
}

/**
 * Waits until a node has served for a while without a break.
 * @returns how many seconds that took.
 * @throws PolycastError where it takes too long.
 */
export async function awaitNode(
  { look, now, pause }: Watch,
  { fleet, node }: Pick<AwaitOptions, "fleet" | "node">,
): Promise<number> {
  const begun = await now();
  let since: number | undefined;
  for (;;) {
    const seen = await look();
    const at = await now();
    since = seen === "serves" ? (since ?? at) : undefined;
    if (since !== undefined && at - since >= STEADY) return at - begun;
    if (at - begun >= PATIENCE) {
      const why = seen === "serves" ? "it comes and goes" : seen.why;
      throw new PolycastError(
        `The new node ${node} of ${fleet} does not serve after ${PATIENCE} s: ${why}.`,
        [
          {
            where: node,
            what: "stays, for a look at it; the node that it was to replace, if there is one, goes on serving",
            remedy:
              "Deploy again to make it anew, or deploy the release before: nothing else is changed until then.",
          },
        ],
      );
    }
    await pause();
  }
}

/** A look at a port of the node itself. */
export function watchPort({ address, port }: { address: string; port: number }): Watch {
  return {
    look: () => tryConnect(address, port),
    now: () => performance.now() / 1000,
    pause: () => sleep(BETWEEN_LOOKS),
  };
}

/** By the world's clock. Undefined where no sandbox runs: Terraform is then tested without a world. */
async function watchWorld({ fleet, node }: AwaitOptions): Promise<Watch | undefined> {
  const { sandboxStatus } = await import("../sandbox/sandbox");
  const { worldClient } = await import("../sandbox/world-api/client");
  if (sandboxStatus(process.env).state !== "running") return undefined;
  const client = worldClient(process.env);
  return {
    look: async () => {
      const { nodes } = await client.world();
      // An old node may have the name as well.
      const [newest] = nodes
        .filter((each) => each.fleet === fleet && each.name === node)
        .sort((one, other) => other.since - one.since);
      if (newest === undefined) return { why: "no node has this name" };
      return newest.health === "healthy" ? "serves" : { why: newest.reason ?? `it is ${newest.health}` };
    },
    now: async () => (await client.clock()).now / 1000,
    pause: () => sleep(BETWEEN_LOOKS_AT_WORLD),
  };
}

/** Whether it accepts a connection. */
function tryConnect(address: string, port: number): Promise<Look> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: ANSWER_WITHIN });
    const end = (look: Look) => {
      socket.destroy();
      resolve(look);
    };
    const target = `${address} port ${port}`;
    socket.once("connect", () => {
      end("serves");
    });
    socket.once("timeout", () => {
      end({ why: `${target} does not answer` });
    });
    socket.once("error", ({ message }) => {
      end({ why: `${target}: ${message}` });
    });
  });
}

function parsePort({ address = "", port = "" }: AwaitOptions): { address: string; port: number } {
  const number = Number(port.trim() === "" ? NaN : port);
  const problems = [
    ...(address === "" ? [{ where: "--address", what: "is missing; or say --sandbox" }] : []),
    ...(Number.isInteger(number) && number >= 1 && number <= 65_535
      ? []
      : [{ where: "--port", what: `${show(port)} is not a port; 1 to 65535 are` }]),
  ];
  if (problems.length > 0) throw new PolycastError("Nothing was awaited:", problems);
  return { address, port: number };
}
