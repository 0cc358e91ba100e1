import { parse } from "yaml";
import { z } from "zod";
import { NODE_FILE, nodeFileSchema, type NodeFile } from "./node-file";
import { show } from "./problem";

/** Something a node needs at boot, or why it has none: one line for a person. */
export type Found<T> = { readonly found: T } | { readonly missing: string };

const configSchema = z.looseObject({
  write_files: z.array(z.looseObject({ path: z.string(), content: z.string() })),
});

/**
 * The node file that cloud-init writes when it is given these user data.
 * https://cloudinit.readthedocs.io/en/latest/explanation/format.html
 */
export function nodeFileFrom(userData: string): Found<NodeFile> {
  if (!/^#cloud-config\s*\n/.test(userData)) {
    return { missing: 'its user data do not begin with the line "#cloud-config"' };
  }
  let config: unknown;
  try {
    config = parse(userData);
  } catch (error) {
    return { missing: `its user data are not YAML: ${firstLine(error)}` };
  }
  const files = configSchema.safeParse(config);
  const text = files.data?.write_files.findLast(({ path }) => path === NODE_FILE)?.content;
  if (text === undefined) return { missing: `its user data do not write ${NODE_FILE}` };
  return parseNodeFile(text);
}

/** The site of the node with this host name, as its file tells it. */
export function siteOf({ site }: NodeFile, hostName: string): Found<string> {
  if ("name" in site) return { found: site.name };
  const { hostnamePattern, byLocation } = site;
  let location: string | undefined;
  try {
    location = new RegExp(hostnamePattern).exec(hostName)?.[1];
  } catch (error) {
    return { missing: `${NODE_FILE} has a hostnamePattern that cannot be used: ${firstLine(error)}` };
  }
  const found = Object.entries(byLocation).find(([name]) => name === location)?.[1];
  if (found !== undefined) return { found };
  const known = Object.keys(byLocation).join(", ");
  return {
    missing:
      location === undefined
        ? `its name ${show(hostName)} does not match the hostnamePattern of ${NODE_FILE}, ${show(hostnamePattern)}`
        : `${NODE_FILE} has no site for the location ${show(location)}; it knows ${known}`,
  };
}

function parseNodeFile(text: string): Found<NodeFile> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { missing: `${NODE_FILE} is not JSON: ${firstLine(error)}` };
  }
  const parsed = nodeFileSchema.safeParse(value);
  if (parsed.success) return { found: parsed.data };
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join(".") || "(whole file)"}: ${message}`,
  );
  return { missing: `${NODE_FILE} is malformed: ${problems.join("; ")}` };
}

function firstLine(error: unknown): string {
  return (error as Error).message.split("\n", 1)[0] ?? "";
}
