import type { Command } from "commander";
import { PolycastError, show } from "../../constructs/fleet/problem";
import { worldClient } from "../../sandbox/world-api/client";
import type { NodeReport } from "../../sandbox/world-api/world-report";
import type { Disturbance, Place } from "../../sandbox/world/world";

const EFFECTS: Readonly<Record<Disturbance, { readonly description: string; readonly done: string }>> = {
  kill: { description: "Let nodes die, once", done: "killed" },
  freeze: {
    description: "Let nodes hold their connections and answer nothing, until healed",
    done: "frozen",
  },
  partition: {
    description: "Cut off what stands at a place, now or later, from every network, until healed",
    done: "cut off",
  },
  heal: { description: "End what freeze and partition did, and boot dead nodes anew", done: "healed" },
};

/** `polycast sandbox kill | freeze | partition | heal PLACE` */
export function addDisturbances(sandbox: Command): void {
  for (const [effect, { description, done }] of Object.entries(EFFECTS))
    sandbox
      .command(effect)
      .description(description)
      .argument("<place>", "FLEET, FLEET/SITE or FLEET/SITE/NODE")
      .option("--json", "print the nodes that it hit as JSON")
      .action(async (text: string, options: { json?: true }) => {
        const place = parsePlace(text);
        const hit = await worldClient(process.env).disturb(effect as Disturbance, place);
        process.stdout.write(options.json ? `${JSON.stringify(hit, null, 2)}\n` : describe(done, text, hit));
      });
}

function parsePlace(text: string): Place {
  const [fleet = "", site, node, ...more] = text.split("/");
  if ([fleet, site, node].includes("") || more.length > 0) {
    throw new PolycastError("The place cannot be read", [
      { where: show(text), what: "is not FLEET, FLEET/SITE or FLEET/SITE/NODE, such as aws/us-east-1" },
    ]);
  }
  return { fleet, ...(site !== undefined && { site }), ...(node !== undefined && { node }) };
}

function describe(done: string, place: string, nodes: readonly NodeReport[]): string {
  const lines = nodes.map(({ fleet, site, name }) => `  ${fleet}/${site}/${name}\n`);
  return `${place}: ${nodes.length} ${nodes.length === 1 ? "node" : "nodes"} ${done}\n${lines.join("")}`;
}
