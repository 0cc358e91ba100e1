import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { polycast } from "../cli/program";

const ROOT = path.join(__dirname, "..");
const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].concat(
  readdirSync(path.join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => path.join("docs", file)),
);
const scripts = (JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { scripts: object })
  .scripts;

/** Whether there is a verb of these words; what follows the verb is its arguments. */
function isVerb(program: Command, words: readonly string[]): boolean {
  let command = program;
  for (const word of words) {
    if (command.commands.length === 0) return true;
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) return word.startsWith("-");
    command = next;
  }
  return true;
}

describe.each(pages)("%s", (page) => {
  const text = readFileSync(path.join(ROOT, page), "utf8");

  test("links to files that exist", () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, link = ""]) => link);
    const missing = links.filter((link) => !existsSync(path.join(ROOT, path.dirname(page), link)));
    expect(missing).toEqual([]);
  });

  test("names commands that exist", async () => {
    const program = await polycast();
    const commands = [...text.matchAll(/npx polycast ((?:[a-z-]+ ?)+)/g)].map(([, words = ""]) =>
      words.trim(),
    );
    expect(commands.filter((words) => !isVerb(program, words.split(" ")))).toEqual([]);
    const runs = [...text.matchAll(/npm run ([a-z:-]+)/g)].map(([, name = ""]) => name);
    expect(runs.filter((name) => !(name in scripts))).toEqual([]);
  });

  test("has no placeholder left", () => {
    expect(text).not.toMatch(/TRANSCRIPT|TODO|FIXME|XXX/);
  });
});
