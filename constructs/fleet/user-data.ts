import { Fn, Token } from "cdktf";
import type { FirstBoot } from "./first-boot";
import type { FleetProps } from "./fleet-provider";
import { JOIN_TOKEN_FILE, NODE_FILE, type NodeFile } from "./node-file";
import type { Problem } from "./problem";

/** EC2's limit before base64, taken for every provider: provider-documented limits are not lower. */
export const USER_DATA_LIMIT_BYTES = 16_384;

/**
 * Cloud-init user data that writes the node file, and files that only root may read.
 * JSON is YAML, so the file needs no YAML library; a JSON string is also a YAML string.
 *
 * @param secretFiles path -> content. A content may be a token, such as a sensitive Terraform variable: base64, which
 * Terraform makes of it, keeps quotes and line breaks that JSON would have to escape.
 * @param firstBoot what makes the machine a node, where it does not come from an image.
 */
export function userData(
  file: NodeFile,
  secretFiles: Readonly<Record<string, string>> = {},
  firstBoot?: FirstBoot,
): string {
  const secrets = Object.entries(secretFiles).map(([path, content]) => ({
    path,
    permissions: "0600",
    encoding: "b64",
    content: base64(content),
  }));
  const config = {
    write_files: [
      { path: NODE_FILE, permissions: "0644", content: `${JSON.stringify(file, null, 2)}\n` },
      ...secrets,
      ...(firstBoot?.writeFiles ?? []),
    ],
    ...(firstBoot === undefined ? {} : { runcmd: firstBoot.runcmd }),
  };
  return `#cloud-config\n${JSON.stringify(config)}\n`;
}

/** What only root may read of all that a fleet's nodes are given. */
export function secretFilesOf({
  logAccess,
  joinToken,
}: Pick<FleetProps, "joinToken"> & Partial<Pick<FleetProps, "logAccess">>): Readonly<Record<string, string>> {
  return {
    ...logAccess?.secretFiles,
    ...(joinToken !== undefined && { [JOIN_TOKEN_FILE]: `${joinToken}\n` }),
  };
}

function base64(content: string): string {
  if (Token.isUnresolved(content)) return Fn.base64encode(content);
  return Buffer.from(content).toString("base64");
}

/** Says so when user data is larger than a provider takes. */
export function checkUserData(text: string, where: string): readonly Problem[] {
  const bytes = Buffer.byteLength(text);
  if (bytes <= USER_DATA_LIMIT_BYTES) return [];
  return [
    {
      where,
      what: `the nodes' user data is ${bytes} bytes; the limit is ${USER_DATA_LIMIT_BYTES}`,
      remedy: "Shorten controlPlaneUrl, or use fewer listeners or locations in this fleet.",
    },
  ];
}
