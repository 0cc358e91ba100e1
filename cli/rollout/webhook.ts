/** The machine itself, where nobody listens on the way. */
const THIS_MACHINE = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Posts JSON to the URL that an environment variable holds.
 * @param variable its name; the URL is a secret, and appears nowhere, not even in what went wrong.
 * @returns what went wrong; undefined where the other side has it.
 */
export async function postTo(
  variable: string,
  body: string,
  seconds: number,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const value = env[variable] ?? "";
  if (value === "") return `${variable} is not set`;
  if (!isAllowed(value)) return `${variable} holds no https: URL`;
  try {
    const reply = await fetch(value, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      // Elsewhere is not where the user has sent it.
      redirect: "manual",
      signal: AbortSignal.timeout(seconds * 1000),
    });
    await reply.body?.cancel();
    return reply.ok ? undefined : `it answered ${reply.status}`;
  } catch (error) {
    return troubleOf(error, seconds);
  }
}

function isAllowed(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === "https:" || (protocol === "http:" && THIS_MACHINE.includes(hostname));
}

/** Messages of errors may hold the URL; their names and codes do not. */
function troubleOf(error: unknown, seconds: number): string {
  const { name, cause } = error as Error;
  if (name === "TimeoutError") return `no answer within ${seconds} s`;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === undefined ? "it cannot be reached" : `it cannot be reached: ${code}`;
}
