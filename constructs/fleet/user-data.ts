import { NODE_FILE, type NodeFile } from "./node-file";
import type { Problem } from "./problem";

/** EC2's limit before base64, taken for every provider: provider-documented limits are not lower. */
export const USER_DATA_LIMIT_BYTES = 16_384;

/**
 * Cloud-init user data that writes the node file.
 * JSON is YAML, so the file needs no YAML library; a JSON string is also a YAML string.
 */
export function userData(file: NodeFile): string {
  const config = {
    write_files: [{ path: NODE_FILE, permissions: "0644", content: `${JSON.stringify(file, null, 2)}\n` }],
  };
  return `#cloud-config\n${JSON.stringify(config)}\n`;
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
