import { PolycastError } from "./problem";

/**
 * Where an API is asked, without a slash at the end. Secrets go there: over HTTPS, or to this machine.
 * @param given what `variable` holds; `""` or undefined: the public endpoint.
 * @throws PolycastError with the title `refusal` for anything else.
 */
export function apiEndpoint(
  { variable, standard, refusal }: { variable: string; standard: string; refusal: string },
  given: string | undefined,
): string {
  if (given === undefined || given === "") return standard;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const plain = url?.username === "" && url.password === "";
  const isLoopback = url?.protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url !== undefined && plain && (url.protocol === "https:" || isLoopback)) {
    return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  }
  throw new PolycastError(refusal, [
    // It may hold a password.
    { where: variable, what: `is no https: URL without credentials, such as ${standard}` },
  ]);
}
