import { Option, type Command } from "commander";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { PolycastError } from "../../constructs/fleet/problem";
import { PROJECT_ROOT } from "../../live/state-location";
import { writeSkeleton, type Reach } from "./write-skeleton";

/** `polycast provider`: adding one. */
export function addProvider(program: Command): void {
  const provider = program.command("provider").description("Add a provider; docs/add-a-provider.md");
  provider
    .command("new")
    .description("Write a provider that compiles, and a test that says what it still lacks")
    .argument("<name>", "a word of small letters and digits")
    .addOption(
      new Option("--reach <reach>", "who announces its addresses: it does, or the nodes do")
        .choices(["bgp", "managed-anycast"])
        .makeOptionMandatory(),
    )
    .option("--json", "as JSON")
    .action((name: string, { reach, json = false }: { reach: Reach; json?: boolean }) => {
      const files = writeSkeleton(PROJECT_ROOT, name, reach);
      generateBindings();
      const next = `npx jest --selectProjects e2e --testPathPatterns tests/conformance/${name}`;
      process.stdout.write(
        json
          ? `${JSON.stringify({ files, next }, null, 2)}\n`
          : `${files.join("\n")}\n\nWhat it lacks, and where that belongs:\n  ${next}\n`,
      );
    });

  provider
    .command("schema")
    .description("Print the schema.json of some resource types, as the provider's plugin itself tells it")
    .argument("<source>", "the plugin: vultr/vultr")
    .argument("<version>", "exactly: 2.32.0")
    .requiredOption("--resources <types>", "resource types, separated by commas")
    .action(async (source: string, version: string, { resources }: { resources: string }) => {
      const { cutSchema, schemaFile, startPlugin } = await import("../../scripts/cut-schema");
      const plugin = await startPlugin(source, version);
      try {
        process.stdout.write(schemaFile(source, cutSchema(plugin.schema, resources.split(","))));
      } finally {
        await plugin.close();
      }
    });
}

/** Typed classes of its schema.json. */
function generateBindings(): void {
  const { status, stderr } = spawnSync(process.execPath, [join(PROJECT_ROOT, "scripts", "bindings.js")], {
    encoding: "utf8",
  });
  if (status !== 0) throw new PolycastError(`The bindings of its schema.json were not made:\n${stderr}`);
}
