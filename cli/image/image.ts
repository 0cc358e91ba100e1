import type { Command } from "commander";
import { addBuild } from "./build";
import { addBuilders } from "./builders";
import { addList } from "./list";
import { addPromote } from "./promote";
import { addPrune } from "./prune";
import { addSbom } from "./sbom";

/** `polycast image`: from scripts to what may be rolled out. */
export function addImage(program: Command): void {
  const image = program.command("image").description("Build, list, promote, revoke and prune images");
  addBuild(image);
  addBuilders(image);
  addList(image);
  addPromote(image);
  addPrune(image);
  addSbom(image);
}
