import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { NodeTemplate } from "../../constructs/fleet/cloud-life";
import { PolycastError } from "../../constructs/fleet/problem";
import { parseVersioned } from "../../constructs/fleet/versioned-file";
import { writeJson } from "../sandbox-record";
import { nodeRecordSchema } from "./node";
import { replacementSchema, type GroupRecord } from "./node-group";
import type { Place } from "./world";

const VERSION = 1;

/** What a data feed says. */
export type FeedValues = Readonly<Record<string, boolean | number | string>>;

/** What outlives the process that runs a world. */
export interface WorldRecord {
  /** World time in milliseconds since 1970: it stands still while no process runs. */
  readonly time: number;
  /** World seconds per real second; undefined: as at first. */
  readonly scale?: number | undefined;
  readonly groups: readonly GroupRecord[];
  readonly partitions: readonly Place[];
  readonly feeds: Readonly<Record<string, FeedValues>>;
  /** Connections of fleets that were given some. */
  readonly loads: Readonly<Record<string, number>>;
}

export interface WorldStore {
  /** What was written last; undefined: nothing yet. */
  read(): WorldRecord | undefined;
  write(record: WorldRecord): void;
}

const fileSchema = z
  .object({
    version: z.literal(VERSION),
    time: z.number(),
    scale: z.number().positive().optional(),
    /** Templates are long and many nodes share one, so groups and nodes have its index. */
    templates: z.array(z.object({ image: z.string(), userData: z.string() })),
    groups: z.array(
      z.object({
        id: z.string(),
        template: z.int().nonnegative(),
        replacement: replacementSchema,
        nodes: z.array(z.object({ template: z.int().nonnegative(), node: nodeRecordSchema })),
      }),
    ),
    partitions: z.array(
      z.object({ fleet: z.string(), site: z.string().exactOptional(), node: z.string().exactOptional() }),
    ),
    feeds: z.record(z.string(), z.record(z.string(), z.union([z.boolean(), z.number(), z.string()]))),
    loads: z.record(z.string(), z.number()).default({}),
  })
  .refine(
    ({ templates, groups }) =>
      groups.every((group) => [group, ...group.nodes].every(({ template }) => template < templates.length)),
    { error: "a template is missing", path: ["templates"] },
  );
type WorldFile = z.infer<typeof fileSchema>;

/** Keeps a world in a JSON file. Its `read` throws a PolycastError where the file is damaged. */
export function fileWorldStore(path: string): WorldStore {
  return {
    read: () => (existsSync(path) ? fromFile(parse(readFileSync(path, "utf8"), path)) : undefined),
    write: (record) => {
      writeJson(path, toFile(record));
    },
  };
}

function parse(text: string, path: string): WorldFile {
  try {
    return parseVersioned(text, VERSION, fileSchema, "The file");
  } catch (error) {
    throw new PolycastError("The sandbox's record of its world cannot be read.", [
      {
        where: path,
        what: (error as Error).message,
        remedy: "Remove the file; all nodes then boot anew, and the world's clock shows real time.",
      },
    ]);
  }
}

function toFile({ time, scale, groups, partitions, feeds, loads }: WorldRecord): WorldFile {
  const templates = new Map<string, { index: number; template: NodeTemplate }>();
  const indexOf = (template: NodeTemplate): number => {
    const key = JSON.stringify([template.image, template.userData]);
    const entry = templates.get(key) ?? { index: templates.size, template };
    templates.set(key, entry);
    return entry.index;
  };
  const withIndices = groups.map(({ id, template, replacement, nodes }) => ({
    id,
    template: indexOf(template),
    replacement,
    nodes: nodes.map((each) => ({ ...each, template: indexOf(each.template) })),
  }));
  return {
    version: VERSION,
    time,
    scale,
    templates: [...templates.values()].map(({ template }) => template),
    groups: withIndices,
    partitions: [...partitions],
    feeds,
    loads,
  };
}

function fromFile({ time, scale, templates, groups, partitions, feeds, loads }: WorldFile): WorldRecord {
  const templateAt = (index: number): NodeTemplate => templates[index] as NodeTemplate; // the schema has checked it
  return {
    time,
    scale,
    groups: groups.map((group) => ({
      ...group,
      template: templateAt(group.template),
      nodes: group.nodes.map(({ template, node }) => ({ template: templateAt(template), node })),
    })),
    partitions,
    feeds,
    loads,
  };
}
