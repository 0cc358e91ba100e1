import { equinixCredential } from "../../../../constructs/providers/equinix/equinix-credential";
import { loopback, type Loopback } from "../../../loopback";

const GOOD = { METAL_AUTH_TOKEN: "k3y-c4n4ry", TF_VAR_equinix_bgp_password: "p4ss-c4n4ry" };

describe("what Equinix Metal wants of whoever deploys", () => {
  test("is a key and the password of the sessions, all problems at once, no value in any", async () => {
    expect(await equinixCredential.check(GOOD)).toEqual([]);
    const missing = await equinixCredential.check({});
    expect(missing.map(({ where }) => where)).toEqual(["METAL_AUTH_TOKEN", "TF_VAR_equinix_bgp_password"]);
    for (const { remedy } of missing) expect(remedy).toContain("ended on 30 June 2026");
    const broken = await equinixCredential.check({
      METAL_AUTH_TOKEN: "k3y-c4n4ry\n",
      TF_VAR_equinix_bgp_password: "",
    });
    expect(broken.map(({ what }) => what)).toEqual([
      expect.stringContaining("line break"),
      expect.stringContaining("is empty"),
    ]);
    expect(JSON.stringify(broken)).not.toContain("c4n4ry");
    expect(equinixCredential.variables).toEqual(Object.keys(GOOD));
  });
});

describe("Equinix Metal, asked whose key it is", () => {
  let api: Loopback;
  afterEach(() => api.close());
  const reach = () =>
    equinixCredential.reach(
      { ...GOOD, EQUINIX_API_ENDPOINT: api.url.replace(/\/$/, "") },
      AbortSignal.timeout(5_000),
    );

  test("says the user's name, and is told nothing but the key", async () => {
    api = await loopback(() => [200, '{"full_name":"Example User","email":"ops@example.net"}']);
    expect(await reach()).toBe("user Example User");
    expect(api.asked).toMatchObject([{ method: "GET", url: "/metal/v1/user", body: "" }]);
    expect(api.asked[0]?.headers["x-auth-token"]).toBe("k3y-c4n4ry");
    expect(JSON.stringify(api.asked)).not.toContain("p4ss");
  });

  test.each<[number, string, RegExp]>([
    [401, '{"errors":["Invalid authentication token"]}', /status 401/],
    [200, "<html>", /not what Equinix Metal says/],
    [200, "{}", /not what Equinix Metal says/],
  ])("refuses with status %d and %j, without a value in the error", async (status, text, message) => {
    api = await loopback(() => [status, text]);
    const refusal = await reach().catch((error: unknown) => String(error));
    expect(refusal).toMatch(message);
    expect(refusal).not.toContain("c4n4ry");
  });

  test("is not told the key over plain HTTP", async () => {
    api = await loopback(() => [200, ""]);
    const env = { ...GOOD, EQUINIX_API_ENDPOINT: "http://api.example.net" };
    const refusal = await equinixCredential.reach(env, AbortSignal.timeout(5_000)).catch(String);
    expect(refusal).toMatch(/cannot be asked[^]*EQUINIX_API_ENDPOINT/);
    expect(refusal).not.toContain("c4n4ry");
  });

  test("is not there", async () => {
    api = await loopback(() => [200, ""]);
    await api.close();
    await expect(reach()).rejects.toThrow(/Equinix Metal does not tell whose key it is[^]*ECONNREFUSED/);
  });
});
