import { connect } from "node:net";
import type { Environment } from "../../constructs/fleet/environment";
import type { Finding } from "../../rollout/look";
import { worldClient } from "../../sandbox/world-api/client";
import { askAddress } from "../sandbox/ask-edge";
import { chooseVantage } from "../sandbox/vantage";
import type { Find } from "./finding";
import type { RolloutScene } from "./scene";

/** In milliseconds. */
const ANSWER_WITHIN = 5_000;

/** Whose answers are looked at. */
export interface Question {
  readonly fleet: string;
  readonly address: string;
}

/**
 * Goes to the fleet's anycast address, whatever DNS says, on each TCP port of the edge. In the sandbox from where each of its
 * sites is, as a client that speaks HTTP; elsewhere from here, and that the port accepts a connection is all that is known
 * of a product that Polycast does not know: its own check is the user's command.
 */
export function answerEvidence(scene: RolloutScene, question: Question, find: Find): Promise<Finding> {
  return scene.environment.sandbox === true
    ? askInWorld(scene, question, find)
    : askHere(scene, question, find);
}

async function askInWorld(
  { environment, env }: RolloutScene,
  { fleet, address }: Question,
  find: Find,
): Promise<Finding> {
  const client = worldClient(env);
  const world = await client.world();
  const sites = Object.keys(environment.fleets.find(({ name }) => name === fleet)?.wish.sites ?? {});
  const places = sites.filter((site) => world.nodes.some((node) => node.site === site));
  if (places.length === 0) return find("bad", "there is no node");
  const asked = await Promise.all(
    places.flatMap((site) =>
      portsOf(environment).map(async (port) => {
        const from = chooseVantage(site, world);
        const { answer, trouble } = await askAddress(client, { address, port, protocol: "TCP" }, from);
        const where = `port ${port} from ${site}`;
        if (answer === undefined) return `${where}: ${trouble ?? "no answer"}`;
        if (answer.fleet !== fleet) return `${where}: a node of ${answer.fleet} answers`;
        if (answer.status !== "healthy" || answer.reason !== undefined) {
          return `${where}: ${answer.node} says ${answer.status}, ${answer.reason ?? "no reason"}`;
        }
        return undefined;
      }),
    ),
  );
  return judge(address, asked, find);
}

async function askHere({ environment }: RolloutScene, { address }: Question, find: Find): Promise<Finding> {
  const asked = await Promise.all(
    portsOf(environment).map(async (port) => {
      const trouble = await tryConnect(address, port);
      return trouble === undefined ? undefined : `port ${port}: ${trouble}`;
    }),
  );
  return judge(address, asked, find);
}

function judge(address: string, asked: readonly (string | undefined)[], find: Find): Finding {
  const troubles = asked.filter((each) => each !== undefined);
  if (asked.length === 0) return find("unclear", "the edge has no TCP port to ask at");
  if (troubles.length === 0) return find("good", `${address} answers, asked ${asked.length} times`);
  return find("bad", troubles.join("; "));
}

/** UDP answers nobody who does not speak the product's protocol. */
function portsOf({ listeners }: Environment): readonly number[] {
  const tcp = listeners.filter(({ protocol, role }) => protocol === "TCP" && role !== "tunnel");
  return [...new Set(tcp.map(({ port }) => port))];
}

/** @returns why it accepts no connection; undefined where it does. */
function tryConnect(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ANSWER_WITHIN });
    const end = (trouble?: string): void => {
      socket.destroy();
      resolve(trouble);
    };
    socket.once("connect", () => {
      end();
    });
    socket.once("timeout", () => {
      end(`nothing came within ${ANSWER_WITHIN} ms`);
    });
    socket.once("error", ({ message }) => {
      end(message);
    });
  });
}
