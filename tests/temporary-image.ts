import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A folder of images of a test's own: a copy of the edge node's, which it may change. */
export class TemporaryImages {
  /** As POLYCAST_IMAGES has it. */
  public readonly directory = mkdtempSync(path.join(tmpdir(), "polycast-images-"));
  public readonly folder = path.join(this.directory, "edge-node");

  public constructor() {
    cpSync(path.join(__dirname, "..", "images", "edge-node"), this.folder, { recursive: true });
  }

  public dispose(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
