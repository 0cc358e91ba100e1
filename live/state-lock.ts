import { z } from "zod";
import type { Problem } from "../constructs/fleet/problem";

/** The lock on a stack's state, as Terraform and OpenTofu write it (internal/states/statemgr/locker.go). */
const lockSchema = z.object({
  ID: z.string(),
  Operation: z.string().default("an operation"),
  Who: z.string().default("somebody"),
  Created: z.string().default("an unknown time"),
});
export type StateLock = z.infer<typeof lockSchema>;

/** Reads the content of a lock file; undefined where it is none. */
export function parseStateLock(text: string): StateLock | undefined {
  try {
    return lockSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * What a person whose command met a lock must know. A Terraform that was killed leaves its lock for ever.
 * @param directory where Terraform runs the stack.
 * @param terraform the program's name.
 */
export function describeLock(
  stack: string,
  { ID, Operation, Who, Created }: StateLock,
  directory: string,
  terraform: string,
): Problem {
  return {
    where: stack,
    what: `its state is locked by ${Who} since ${Created} (${Operation})`,
    remedy: `If nobody is at work there any more: cd ${directory} && ${terraform} force-unlock ${ID}`,
  };
}
