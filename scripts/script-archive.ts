// Makes the archive of an image's scripts for providers that keep no images (docs/providers/equinix.md).
//
//   npx ts-node scripts/script-archive.ts IMAGE DIRECTORY
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PolycastError } from "../constructs/fleet/problem";
import { scriptArchive } from "../constructs/image/script-archive";

async function main([image, directory]: readonly string[]): Promise<number> {
  if (image === undefined || directory === undefined) {
    process.stderr.write(
      "Say which image, and where to write: npx ts-node scripts/script-archive.ts edge-node out\n",
    );
    return 2;
  }
  const { content, sha256 } = await scriptArchive(path.join(__dirname, "..", "images", image));
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, `${sha256}.tar.gz`);
  writeFileSync(file, content);
  process.stdout.write(
    `${file}\nUpload it, under this name, to the place that the fleet calls "archives"; then name the release's image by it:\n  "equinix": "${sha256}"\n`,
  );
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    if (!(error instanceof PolycastError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
