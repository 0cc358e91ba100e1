import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stackpathCredential } from "../../../../constructs/providers/stackpath/stackpath-credential";
import { loopback, type Loopback } from "../../../loopback";

let api: Loopback;
afterEach(() => api.close());

function reach(secret = "s3cr3t-c4n4ry"): Promise<string> {
  return stackpathCredential.reach(
    {
      STACKPATH_BASE_URL: api.url,
      STACKPATH_STACK_ID: "my-stack",
      STACKPATH_CLIENT_ID: "client",
      STACKPATH_CLIENT_SECRET: secret,
    },
    AbortSignal.timeout(5_000),
  );
}

describe("StackPath, asked for a token", () => {
  test("gets what the plugin would send, and gives nothing away", async () => {
    api = await loopback(() => [200, '{"access_token":"t0k3n","token_type":"bearer","expires_in":3600}']);
    expect(await reach()).toBe("stack my-stack");
    expect(api.asked).toMatchObject([
      {
        method: "POST",
        url: "/identity/v1/oauth2/token",
        body: "grant_type=client_credentials&client_id=client&client_secret=s3cr3t-c4n4ry",
      },
    ]);
  });

  test("gets what is in a file, where the variable is its path", async () => {
    const directory = mkdtempSync(join(tmpdir(), "stackpath-"));
    const file = join(directory, "secret");
    writeFileSync(file, "from-a-file");
    api = await loopback(() => [200, "{}"]);
    await reach(file);
    rmSync(directory, { recursive: true });
    expect(api.asked[0]?.body).toContain("client_secret=from-a-file");
  });

  test("refuses without a value in the error", async () => {
    api = await loopback(() => [401, '{"error":"s3cr3t-c4n4ry is invalid"}']);
    const refusal = await reach().catch((error: unknown) => String(error));
    expect(refusal).toMatch(/StackPath gives no token[^]*status 401/);
    expect(refusal).not.toContain("c4n4ry");
  });

  test("is not there", async () => {
    api = await loopback(() => [200, ""]);
    await api.close();
    await expect(reach()).rejects.toThrow(/StackPath gives no token[^]*cannot be reached \(ECONNREFUSED\)/);
  });
});
