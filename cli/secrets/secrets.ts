import type { Command } from "commander";
import { addRotate } from "./rotate";
import { addSecretStatus } from "./secret-status";

/** `polycast secrets`: what nodes are given to write logs. */
export function addSecrets(program: Command): void {
  const secrets = program.command("secrets").description("What nodes are given to write logs");
  addSecretStatus(secrets);
  addRotate(secrets);
}
