import { spawnSync } from "node:child_process";

export const has = (tool: string): boolean => spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0;

/** Left out, by name, where a tool is not there; nothing is in CI. */
export const where = (...tools: string[]): jest.It =>
  tools.every(has) || process.env["POLYCAST_NO_SKIPS"] === "1" ? test : test.skip;
