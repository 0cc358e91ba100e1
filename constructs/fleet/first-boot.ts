import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

/**
 * Where a provider keeps no images: the archive with the image's scripts, from which a machine makes itself a node when it first
 * boots. It boots twice then, and after the second time is what it would be from an image.
 */
export interface ScriptArchive {
  /** `https://...`; who serves it need not be trusted, since the hash decides. */
  readonly url: string;
  /** Of the archive, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** What cloud-init is told beside the files that every node gets. */
export interface FirstBoot {
  readonly writeFiles: readonly {
    readonly path: string;
    readonly permissions: string;
    readonly encoding: "b64";
    readonly content: string;
  }[];
  /** Run late in each first boot of an installation: https://cloudinit.readthedocs.io/en/latest/reference/modules.html#runcmd */
  readonly runcmd: readonly (readonly string[])[];
}

/** In base64, since Terraform would read the shell's `${...}` as its own. */
const SCRIPT = readFileSync(join(__dirname, "first-boot.sh")).toString("base64");
const PLACE = "/var/lib/polycast/first-boot";

/** Fetches the archive, refuses another one than was promised, and runs its scripts. */
export function installAtFirstBoot({ url, sha256 }: ScriptArchive): FirstBoot {
  return {
    writeFiles: [{ path: PLACE, permissions: "0700", encoding: "b64", content: SCRIPT }],
    runcmd: [[PLACE, url, sha256]],
  };
}

const configSchema = z.looseObject({
  runcmd: z.array(z.tuple([z.literal(PLACE), z.string(), z.string()])).length(1),
});

/** The archive that a machine with these user data makes itself a node from; undefined where it does not. */
export function archiveOf(userData: string): ScriptArchive | undefined {
  let config: unknown;
  try {
    config = parse(userData);
  } catch {
    return undefined;
  }
  const command = configSchema.safeParse(config).data?.runcmd[0];
  return command && { url: command[1], sha256: command[2] };
}
