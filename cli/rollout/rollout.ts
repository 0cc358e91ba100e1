import { Option, type Command } from "commander";
import type { Command as Word } from "../../rollout/command";
import { requireApproval } from "../deploy";
import { requireTerraform } from "../terraform";
import type { AdvanceOptions } from "./advance";
import type { StartCommandOptions } from "./start";
import type { StatusOptions } from "./status";
import type { WordOptions } from "./words";

/** `polycast rollout`: a release goes to one fleet after the other. What its verbs do is loaded when one is called. */
export function addRollout(program: Command): void {
  const rollout = program
    .command("rollout")
    .description("Take a release to one fleet after the other, each drained before and proven after");
  addStart(rollout);
  rollout
    .command("advance")
    .description("Look, decide, take one step, record it; exit code 4 where it stands or goes back")
    .option("--by <name>", "who does it, for the history (default: user and machine)")
    .option("--follow", "step after step until it has ended, is paused, or Ctrl-C")
    .option("--json", "as JSON; with --follow, one document a line")
    .action(async (options: AdvanceOptions) => {
      await requireTerraform(process.env);
      await (await import("./advance")).runAdvance(options);
    });
  rollout
    .command("status")
    .description("Show the waves, the clock, each fleet, and what the next advance would do")
    .option("--json", "as JSON; with --watch, one document a line")
    .option("--watch", "again and again, until Ctrl-C")
    .action(async (options: StatusOptions) => {
      await (await import("./status")).showStatus(options);
    });
  addWords(rollout);
  rollout
    .command("history")
    .description("Print all that has happened: who, what, why, and what was seen")
    .option("--all", "of the rollouts before, too")
    .option("--json", "as JSON")
    .action(async (options: { all?: true; json?: true }) => {
      await (await import("./history")).showHistory(options);
    });
}

function addStart(rollout: Command): void {
  rollout
    .command("start")
    .description("Plan a rollout, show it, and let it begin; `rollout advance` carries it out")
    .requiredOption("--release <id>", "the release: a promoted one")
    .option("--peak <connections>", "the declared peak (default: the environment's)")
    .option("--bake <time>", "how long each fleet proves itself: 4h, 90m (default: the environment's, or 4h)")
    .option("--settle <time>", "how long a replacement may take (default: the environment's, or 1h)")
    .addOption(new Option("--spare <number>", "fleets that may be lost at any time").choices(["1", "2"]))
    .addOption(
      new Option("--approve <when>", "whether a person approves each wave").choices(["once", "each"]),
    )
    .option("--order <fleets>", "all fleets in the order of their turns: aws,stackpath")
    .option(
      "--first-sites <fleet=sites...>",
      "sites that get it before the others of their fleet: aws=us-east-1,eu-central-1",
    )
    .option("--alone", "the environment has one fleet, and it is replaced while it serves")
    .option("--auto-approve", "do not ask")
    .option("--json", "print the result as JSON")
    .action(async (options: StartCommandOptions, command: Command) => {
      requireApproval(command, options);
      await requireTerraform(process.env);
      await (await import("./start")).start(options);
    });
}

function addWords(rollout: Command): void {
  const word = (kind: Exclude<Word["kind"], "abort" | "evacuate">, description: string): void => {
    addWord(rollout, kind, description).action((options: WordOptions) => speak({ kind }, options));
  };
  word("pause", "Let nothing happen, going back included");
  word("resume", "Let it go on; waits begin anew");
  addWord(rollout, "abort", "Take the fleet in transition back; no other begins")
    .option("--all", "take those back too that have baked, one at a time")
    .action(({ all = false, ...options }: WordOptions & { all?: boolean }) =>
      speak({ kind: "abort", all }, options),
    );
  word("approve", "Let the next wave begin, where a person must");
  word("force", "Do not wait for a drain's others, or for a bake's time; needs a reason");
  word("abandon", "End it as it is, whatever runs where; needs a reason");
}

function addWord(rollout: Command, name: string, description: string): Command {
  return rollout
    .command(name)
    .description(description)
    .option("--reason <text>", "why, for the history")
    .option("--json", "print the rollout as JSON");
}

async function speak(word: Word, options: WordOptions): Promise<void> {
  await (await import("./words")).speak(word, options);
}
