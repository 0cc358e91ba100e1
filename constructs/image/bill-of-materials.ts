import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import { createHash } from "node:crypto";
import { PackageURL } from "packageurl-js";
import { z } from "zod";
import { PolycastError } from "../fleet/problem";
import type { TemplateVariables } from "./image-source";

/** Of what the scripts make images: see `images/<image>/provision/base.sh`. */
const DISTRIBUTION = "debian-12";

/** An image whose parts are to be listed. */
export interface ListedImage {
  readonly image: string;
  readonly provider: string;
  /** Content address, 64 hexadecimal digits. */
  readonly hash: string;
  /** What it was made from, as the provider names it. */
  readonly baseImage: string;
  /** `packages.tsv` of the builder: name, version, architecture, source package and its version, a line each. */
  readonly packages: string;
  /** The template's variables: `<piece>_url` and `<piece>_sha256` pin what Debian does not have. */
  readonly variables: TemplateVariables;
  readonly builtAt: Date;
  /** Programs that took part, and their versions. */
  readonly tools: Readonly<Record<string, string>>;
}

/**
 * The software bill of materials of an image, as CycloneDX 1.6 in JSON. The same image, built at the same time, has the
 * same text.
 *
 * @throws PolycastError where the list of packages is not one.
 */
export function billOfMaterials(listed: ListedImage): string {
  const { image, hash, provider, baseImage, builtAt, tools } = listed;
  const root = new Models.Component(Enums.ComponentType.OperatingSystem, image, {
    bomRef: `${image}@${hash}`,
    version: hash,
    properties: new Models.PropertyRepository([
      new Models.Property("polycast:provider", provider),
      new Models.Property("polycast:base-image", baseImage),
    ]),
  });
  const pinned = pinnedPieces(listed.variables);
  const components = parsePackages(listed.packages).map((each) => componentOf(each, pinned));
  const bom = new Models.Bom({
    version: 1,
    serialNumber: `urn:uuid:${uuidOf([provider, hash, builtAt.toISOString()])}`,
    metadata: new Models.Metadata({
      timestamp: builtAt,
      component: root,
      tools: new Models.Tools({
        tools: new Models.ToolRepository(
          Object.entries(tools).map(([name, version]) => new Models.Tool({ name, version })),
        ),
      }),
    }),
    components: new Models.ComponentRepository(components),
  });
  for (const { bomRef } of components) root.dependencies.add(bomRef);
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: string;
  readonly sourceVersion: string;
}

const packageSchema = z
  .tuple([z.string().min(1), z.string().min(1), z.string().min(1), z.string(), z.string()])
  .transform(([name, version, architecture, source, sourceVersion]): Package => ({
    ...{ name, version, architecture, source, sourceVersion },
  }));

function parsePackages(text: string): readonly Package[] {
  const lines = text.split("\n").filter((line) => line !== "");
  const parsed = lines.map((line) => packageSchema.safeParse(line.split("\t")));
  const bad = lines.filter((_, index) => parsed[index]?.success !== true);
  if (lines.length === 0 || bad.length > 0) {
    throw new PolycastError("There is no bill of materials: the builder's list of packages is not one.", [
      { where: "packages.tsv", what: bad[0] ?? "it is empty" },
    ]);
  }
  return parsed.flatMap(({ data }) => data ?? []);
}

/** What is pinned by where it lies and its checksum. */
interface PinnedPiece {
  /** As in the variables' names, with hyphens. */
  readonly name: string;
  readonly url: string;
  readonly sha256: string;
}

function pinnedPieces(variables: TemplateVariables): readonly PinnedPiece[] {
  return Object.entries(variables).flatMap(([key, url]) => {
    const piece = /^(.+)_url$/.exec(key)?.[1];
    const sha256 = variables[`${String(piece)}_sha256`];
    if (piece === undefined || typeof url !== "string" || url === "" || typeof sha256 !== "string") return [];
    return [{ name: piece.replaceAll("_", "-"), url, sha256 }];
  });
}

/** A pinned .deb is among dpkg's packages, but not Debian's: `amazon-cloudwatch-agent` is the piece `cloudwatch-agent`. */
function componentOf(listed: Package, pinned: readonly PinnedPiece[]): Models.Component {
  const { name, version, architecture, source, sourceVersion } = listed;
  const piece = pinned.find((each) => name === each.name || name.endsWith(`-${each.name}`));
  const purl =
    piece === undefined
      ? new PackageURL(
          "deb",
          "debian",
          name,
          version,
          { arch: architecture, distro: DISTRIBUTION },
          undefined,
        )
      : new PackageURL(
          "generic",
          undefined,
          name,
          version,
          { download_url: piece.url, checksum: `sha256:${piece.sha256}` },
          undefined,
        );
  const text = purl.toString();
  return new Models.Component(Enums.ComponentType.Library, name, {
    bomRef: text,
    version,
    purl: text,
    ...(piece !== undefined && {
      hashes: new Models.HashDictionary([[Enums.HashAlgorithm["SHA-256"], piece.sha256]]),
    }),
    properties: new Models.PropertyRepository([
      new Models.Property("polycast:source-package", `${source} ${sourceVersion}`),
    ]),
  });
}

/** A name-based UUID (RFC 9562, 5.8), so that the same build has the same number. */
function uuidOf(names: readonly string[]): string {
  const bytes = createHash("sha256").update(names.join("\n")).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
