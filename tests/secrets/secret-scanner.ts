import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync, inflateRawSync } from "node:zlib";

/** A secret that was planted, or made, and is looked for. */
export interface Canary {
  readonly name: string;
  readonly value: string;
}

/** One to be planted: letters and digits, which no encoding of text changes. */
export function canary(name: string): Canary {
  return { name, value: `c4n4ry${randomBytes(16).toString("hex")}` };
}

/** A place where a secret was seen. */
export interface Sighting {
  readonly canary: string;
  /** A file, or what was printed by what. */
  readonly where: string;
  /** How it was wrapped, the outermost first: `base64, gzip`; nothing where it stood in plain text. */
  readonly wrapped: string;
}

/** Deeper than anybody packs by accident. */
const DEEPEST = 4;
/** As tools break base64, also within JSON and indented in YAML. */
const LINE_BREAKS = /(?:\r?\n|\\r|\\n)+[ \t]*/g;
/** Base64 without its line breaks; shorter runs than a secret's are words. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{20,}={0,2}/g;

/**
 * Every secret that is in some bytes: in plain text, escaped for JSON or a URL, in hexadecimal, or wrapped in base64, gzip or
 * a zip archive, also in one another.
 */
export function lookFor(canaries: readonly Canary[], where: string, bytes: Buffer): readonly Sighting[] {
  const seen = new Map<string, Sighting>();
  look(canaries, bytes, [], (canary, wrapped) => {
    seen.set(`${canary} ${wrapped}`, { canary, where, wrapped });
  });
  return [...seen.values()];
}

/** The same for every file below a directory; `where` is the path within. */
export function lookThrough(canaries: readonly Canary[], directory: string): readonly Sighting[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return lookFor(canaries, path.relative(directory, file), contentOf(file));
    });
}

/** Programs may be at work there, such as the Terraform of a run that was killed: what they have removed meanwhile is empty. */
function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}

function look(
  canaries: readonly Canary[],
  bytes: Buffer,
  wrapped: readonly string[],
  tell: (canary: string, wrapped: string) => void,
): void {
  // One byte, one character: positions are the same, and every byte is kept.
  const text = bytes.toString("latin1");
  const unbroken = text.replaceAll(LINE_BREAKS, "");
  for (const { name, value } of canaries) {
    const forms = inText(value);
    if (forms.some((form) => text.includes(Buffer.from(form).toString("latin1"))))
      tell(name, wrapped.join(", "));
    if (inHex(value).test(text)) tell(name, [...wrapped, "hex"].join(", "));
    if (forms.flatMap(inBase64).some((part) => text.includes(part) || unbroken.includes(part)))
      tell(name, [...wrapped, "base64"].join(", "));
  }
  if (wrapped.length === DEEPEST) return;
  for (const inner of gzipped(bytes)) look(canaries, inner, [...wrapped, "gzip"], tell);
  for (const inner of zipped(bytes)) look(canaries, inner, [...wrapped, "zip"], tell);
  // Only what is packed is decoded: plain text in base64 was found above.
  const runs = [text, unbroken].flatMap((each) => [...each.matchAll(BASE64_RUN)].map(([run]) => run));
  for (const run of new Set(runs)) {
    const inner = Buffer.from(run, "base64");
    if (isPacked(inner) || isBase64(inner)) look(canaries, inner, [...wrapped, "base64"], tell);
  }
}

/** What a secret looks like in text: as it is, in a URL, a form, JSON and JSON within JSON. Go and PHP escape more than they must. */
function inText(value: string): readonly string[] {
  const url = encodeURIComponent(value);
  const json = (text: string) => JSON.stringify(text).slice(1, -1);
  const go = (text: string) =>
    json(text).replaceAll(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
  const php = go(value).replaceAll("/", "\\/");
  const forms = [
    value,
    url,
    url.replaceAll("%20", "+"),
    json(value),
    go(value),
    php,
    json(json(value)),
    go(go(value)),
  ];
  return [...new Set(forms)];
}

/** In hexadecimal, as a dump writes it: in either case, its bytes apart or not. */
function inHex(value: string): RegExp {
  return new RegExp([...Buffer.from(value).toString("hex").matchAll(/../g)].join("[ :]?"), "i");
}

/**
 * What a secret looks like within base64, wherever in the encoded text it begins: three alignments, without the characters
 * at either end that hold bits of its neighbours; in both alphabets.
 */
function inBase64(value: string): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]).toString("base64");
    const begin = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + Buffer.byteLength(value)) * 8) / 6);
    const part = encoded.slice(begin, end);
    return [part, part.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

const isPacked = (bytes: Buffer) =>
  (bytes[0] === 0x1f && bytes[1] === 0x8b) || bytes.subarray(0, 4).toString("latin1") === "PK\u0003\u0004";
const isBase64 = (bytes: Buffer) => /^[A-Za-z0-9+/_\s-]{20,}={0,2}\s*$/.test(bytes.toString("latin1"));

/** Every gzip member that can be unpacked, wherever it begins. */
function gzipped(bytes: Buffer): readonly Buffer[] {
  const magic = Buffer.from([0x1f, 0x8b, 0x08]);
  return positionsOf(magic, bytes).flatMap((at) => unpacked(() => gunzipSync(bytes.subarray(at))));
}

/** Every file of a zip archive, which is what Terraform's saved plans are: by its local headers, compressed or stored. */
function zipped(bytes: Buffer): readonly Buffer[] {
  return positionsOf(Buffer.from("PK\u0003\u0004", "latin1"), bytes).flatMap((at) => {
    if (at + 30 > bytes.length) return [];
    const method = bytes.readUInt16LE(at + 8);
    const begin = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
    // What is stored stands there in plain text.
    return method === 8 ? unpacked(() => inflateRawSync(bytes.subarray(begin))) : [];
  });
}

function positionsOf(magic: Buffer, bytes: Buffer): readonly number[] {
  const positions: number[] = [];
  for (let at = bytes.indexOf(magic); at !== -1; at = bytes.indexOf(magic, at + 1)) positions.push(at);
  return positions;
}

/** Bytes that only look packed are no find. */
function unpacked(unpack: () => Buffer): readonly Buffer[] {
  try {
    return [unpack()];
  } catch {
    return [];
  }
}
