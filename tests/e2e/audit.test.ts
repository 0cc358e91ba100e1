import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { loopback } from "../loopback";

describe("npm audit, with a registry that", () => {
  const ROOT = path.join(__dirname, "..", "..");

  /** Runs .ci/audit against a registry of this machine. */
  async function audit(
    answer: Parameters<typeof loopback>[0],
    variables: NodeJS.ProcessEnv = {},
  ): Promise<{ code: number | null; output: string }> {
    const registry = await loopback(answer);
    const env = { ...process.env, GITHUB_ACTIONS: undefined };
    const child = spawn(path.join(ROOT, ".ci", "audit"), [], {
      env: { ...env, npm_config_registry: registry.url, npm_config_fetch_retries: "0", ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    await once(child, "close");
    await registry.close();
    return { code: child.exitCode, output };
  }

  test("has an endpoint and knows a weakness of what users run: refused", async () => {
    const weak = { id: 1, url: "https://github.com/advisories/GHSA-test-0001", title: "It leaks" };
    const { code, output } = await audit(({ url }) =>
      url.includes("advisories/bulk")
        ? [200, JSON.stringify({ zod: [{ ...weak, severity: "high", vulnerable_versions: "*" }] })]
        : [404, "{}"],
    );
    expect(output).toContain("- zod: It leaks (high, GHSA-test-0001)");
    expect(code).toBe(1);
  }, 60_000);

  test("has an endpoint and knows nothing: well", async () => {
    const { code, output } = await audit(({ url }) => [url.includes("advisories/bulk") ? 200 : 404, "{}"]);
    expect(output).toContain("npm audit: 0 advisories");
    expect(code).toBe(0);
  }, 60_000);

  test("has none: said aloud, and a failure in GitHub Actions alone", async () => {
    const none = await audit(() => [405, "{}"]);
    expect(none.output).toContain("NOTHING WAS AUDITED");
    expect(none.code).toBe(0);
    expect((await audit(() => [405, "{}"], { GITHUB_ACTIONS: "true" })).code).toBe(1);
  }, 60_000);
});
