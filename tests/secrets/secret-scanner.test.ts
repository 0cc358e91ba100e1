import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { SEED, seeded } from "../seeded";
import { lookFor, lookThrough, type Canary } from "./secret-scanner";

console.info(`secret scanner: SEED=${SEED}`);
const random = seeded(SEED);
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const text = (length: number) =>
  Array.from({ length }, () => ALPHABET[Math.floor(random() * ALPHABET.length)] ?? "").join("");

const SECRET: Canary = { name: "secret", value: text(32) };
const OTHER: Canary = { name: "other", value: text(32) };
const seen = (bytes: Buffer | string) =>
  lookFor([SECRET, OTHER], "here", Buffer.from(bytes)).map(({ canary, wrapped }) => `${canary}: ${wrapped}`);

/** A zip archive of one file, without the directory at its end. */
function zip(content: string, method: 0 | 8): Buffer {
  const header = Buffer.alloc(30);
  header.write("PK\u0003\u0004", "latin1");
  header.writeUInt16LE(method, 8);
  header.writeUInt16LE("tfplan".length, 26);
  const body = method === 8 ? deflateRawSync(content) : Buffer.from(content);
  return Buffer.concat([header, Buffer.from("tfplan"), body, Buffer.from("PK\u0001\u0002 and more")]);
}

describe("the scanner finds a planted secret", () => {
  const line = `{"password":"${SECRET.value}","more":"${text(50)}"}`;

  test("in plain text, within binary data too", () => {
    expect(seen(line)).toEqual(["secret: "]);
    const binary = Buffer.concat([Buffer.from([0, 255, 254, 128]), Buffer.from(line), Buffer.from([0, 200])]);
    expect(seen(binary)).toEqual(["secret: "]);
  });

  const awkward: Canary = { name: "awkward", value: `/${text(9)}+"=${text(9)}\\&<\nü ${text(9)}` };
  const { value } = awkward;
  test.each([
    ["JSON", JSON.stringify({ value })],
    ["JSON in JSON", JSON.stringify({ body: JSON.stringify({ value }) })],
    ["JSON as Go writes it", JSON.stringify({ value }).replace("&", "\\u0026").replace("<", "\\u003c")],
    [
      "JSON as PHP writes it",
      JSON.stringify({ value }).replaceAll("/", "\\/").replace("&", "\\u0026").replace("<", "\\u003c"),
    ],
    ["a URL", `https://example.net/?token=${encodeURIComponent(value)}&more`],
    ["a form", new URLSearchParams({ value }).toString()],
    ["hexadecimal", Buffer.from(value).toString("hex")],
    ["hexadecimal in capitals", Buffer.from(value).toString("hex").toUpperCase()],
    ["a dump", [...Buffer.from(value)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")],
    ["base64 of a URL", Buffer.from(`token=${encodeURIComponent(value)}&`).toString("base64")],
    ["gzip of JSON", gzipSync(JSON.stringify({ value }))],
  ])("in %s, where every sign of it that can be is escaped", (_, bytes) => {
    expect(lookFor([awkward, OTHER], "here", Buffer.from(bytes)).map(({ canary }) => canary)).toEqual([
      "awkward",
    ]);
  });

  test.each([0, 1, 2, 3, 4, 5])("in base64, at offset %i, whatever stands around it", (offset) => {
    const inner = Buffer.from(text(offset) + SECRET.value + text(1 + Math.floor(random() * 9)));
    expect(seen(inner.toString("base64"))).toEqual(["secret: base64"]);
    expect(seen(inner.toString("base64url"))).toEqual(["secret: base64"]);
    expect(seen(`${text(7)}${inner.toString("base64")}${text(5)}`)).toEqual(["secret: base64"]);
  });

  test("in base64 of itself alone, at the end of the text, and twice encoded", () => {
    const once = Buffer.from(SECRET.value).toString("base64");
    expect(seen(once)).toEqual(["secret: base64"]);
    expect(seen(Buffer.from(once).toString("base64"))).toEqual(["secret: base64, base64"]);
  });

  test("in gzip, alone or behind other bytes, and in base64 of gzip, as user data come", () => {
    expect(seen(gzipSync(line))).toEqual(["secret: gzip"]);
    expect(seen(Buffer.concat([Buffer.from("junk"), gzipSync(line)]))).toEqual(["secret: gzip"]);
    expect(seen(gzipSync(line).toString("base64"))).toEqual(["secret: base64, gzip"]);
    expect(seen(gzipSync(Buffer.from(line).toString("base64")))).toEqual(["secret: gzip, base64"]);
    expect(seen(`{"user_data":"${gzipSync(gzipSync(line)).toString("base64")}"}`)).toEqual([
      "secret: base64, gzip, gzip",
    ]);
  });

  test.each(["\n", "\r\n", "\n      ", "\\n"])(
    "in base64 whose lines are broken by %j, packed or not",
    (lineBreak) => {
      const broken = (bytes: Buffer) => bytes.toString("base64").replaceAll(/.{76}/g, `$&${lineBreak}`);
      for (let before = 40; before < 60; before++) {
        const packed = gzipSync(text(before) + SECRET.value);
        expect(seen(`data: "${broken(packed)}"`)).toEqual(["secret: base64, gzip"]);
        expect(seen(`data: "${broken(Buffer.from(text(before) + SECRET.value))}"`)).toEqual([
          "secret: base64",
        ]);
      }
    },
  );

  test("in a zip archive, compressed or stored, as saved plans are", () => {
    expect(seen(zip(line, 8))).toEqual(["secret: zip"]);
    expect(seen(zip(line, 0))).toEqual(["secret: "]);
    expect(seen(zip(Buffer.from(line).toString("base64"), 8))).toEqual(["secret: zip, base64"]);
  });

  test("in every file of a directory", () => {
    const directory = mkdtempSync(path.join(tmpdir(), "scanner-"));
    mkdirSync(path.join(directory, "a", ".hidden"), { recursive: true });
    writeFileSync(path.join(directory, "a", ".hidden", "state.gz"), gzipSync(line));
    writeFileSync(path.join(directory, "b.txt"), OTHER.value);
    writeFileSync(path.join(directory, "c.txt"), "nothing");
    const found = lookThrough([SECRET, OTHER], directory);
    rmSync(directory, { recursive: true });
    expect(found).toHaveLength(2);
    expect(found).toContainEqual({ canary: "secret", where: "a/.hidden/state.gz", wrapped: "gzip" });
    expect(found).toContainEqual({ canary: "other", where: "b.txt", wrapped: "" });
  });
});

describe("the scanner finds nothing", () => {
  test("where there is none", () => {
    for (const bytes of [
      text(10_000),
      gzipSync(text(10_000)),
      zip(text(1_000), 8),
      Buffer.alloc(1_000, 0x1f),
    ]) {
      expect(seen(bytes)).toEqual([]);
    }
  });

  test("in a part of a secret, or in damaged packing", () => {
    expect(seen(SECRET.value.slice(0, 31))).toEqual([]);
    expect(seen(gzipSync(text(1_000)).subarray(0, 20))).toEqual([]);
  });
});
