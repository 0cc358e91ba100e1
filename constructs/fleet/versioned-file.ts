import type { z } from "zod";
import { PolycastError } from "./problem";

/**
 * Parses a JSON file that carries a `version`.
 * @param what the file, as an error's subject.
 * @throws PolycastError for text that is not JSON, a newer version, or another form; all problems at once.
 */
export function parseVersioned<T>(text: string, version: number, schema: z.ZodType<T>, what: string): T {
  let value: unknown;
  try {
    // Some editors begin a file with a byte order mark.
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new PolycastError(`${what} is not JSON: ${(error as Error).message}`);
  }
  const got = (value as { version?: unknown } | null)?.version;
  if (typeof got === "number" && got > version) {
    throw new PolycastError(
      `${what} has version ${got}; this Polycast reads up to version ${version}. Use the release of Polycast that wrote it, or a newer one.`,
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PolycastError(
    `${what} is malformed.`,
    parsed.error.issues.map(({ path, message }) => ({
      where: path.join(".") || "(whole file)",
      what: message,
    })),
  );
}
