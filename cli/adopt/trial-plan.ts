import { cpSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { makeRunDirectory } from "../run-directory";
import type { Candidate } from "./candidates";
import { terraform } from "./stack-terraform";
import {
  CONFIGURATION,
  readConfiguration,
  type Configuration,
  type SynthesizedStack,
} from "./synthesized-stack";

const values = z.record(z.string(), z.unknown());
export const planSchema = z.object({
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        type: z.string(),
        /** Set where it is the old object of a replacement that was interrupted. */
        deposed: z.string().optional(),
        change: z.object({
          actions: z.array(z.string()),
          before: values.nullable(),
          after: values.nullable(),
          after_unknown: z.union([values, z.boolean()]),
          before_sensitive: z.union([values, z.boolean()]),
          replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).optional(),
        }),
      }),
    )
    .default([]),
  output_changes: z
    .record(z.string(), z.object({ before: z.unknown().optional(), after: z.unknown().optional() }))
    .default({}),
});

/** A plan as `terraform show -json` writes it. */
export type Plan = z.infer<typeof planSchema>;
export type PlannedChange = Plan["resource_changes"][number];

/**
 * What a deploy of the stack would do if it had these objects already. Nothing is changed: not the clouds, not the
 * state, nor the stack's directory, which is copied.
 *
 * The copy lacks the guards that refuse a plan as a whole (`prevent_destroy`, postconditions), so that it shows what
 * would be replaced, and why. It lies as deep as the original, from where it finds a local state.
 *
 * @throws TerraformRefusal where Terraform cannot plan.
 */
export async function trialPlan(stack: SynthesizedStack, candidates: readonly Candidate[]): Promise<Plan> {
  const copies = makeRunDirectory(dirname(dirname(stack.directory)), "adopt");
  const copy = join(copies, stack.name);
  try {
    cpSync(stack.directory, copy, { recursive: true, filter: (path) => basename(path) !== ".terraform" });
    const configuration = join(copy, CONFIGURATION);
    writeFileSync(configuration, JSON.stringify(withoutGuards(readConfiguration(stack))));
    writeFileSync(join(copy, "adopt.tf"), candidates.map(importBlock).join(""));
    const trial = {
      ...stack,
      directory: copy,
      env: { ...stack.env, TF_DATA_DIR: join(stack.directory, ".terraform") },
    };
    await terraform(trial, ["plan", "-input=false", "-json", "-out=plan.bin"]);
    return planSchema.parse(JSON.parse(await terraform(trial, ["show", "-json", "plan.bin"])));
  } finally {
    rmSync(copies, { recursive: true, force: true });
  }
}

function withoutGuards(configuration: Configuration): Configuration {
  const { resource, ...rest } = structuredClone(configuration);
  for (const { lifecycle = {} } of Object.values(resource).flatMap((named) => Object.values(named))) {
    delete lifecycle["prevent_destroy"];
    delete lifecycle["postcondition"];
  }
  return { ...rest, resource };
}

/** https://developer.hashicorp.com/terraform/language/import, in HCL, where `${` and `%{` begin a template. */
function importBlock({ role, id }: Candidate): string {
  const text = JSON.stringify(id).replaceAll(/[$%]\{/g, (mark) => `${mark.charAt(0)}${mark}`);
  return `import {\n  to = ${role.address}\n  id = ${text}\n}\n`;
}
