import { vultrCredential } from "../../../../constructs/providers/vultr/vultr-credential";
import { loopback, type Loopback } from "../../../loopback";

const GOOD = { VULTR_API_KEY: "k3y-c4n4ry", TF_VAR_vultr_bgp_password: "p4ss-c4n4ry" };

describe("what Vultr wants of whoever deploys", () => {
  test("is a key and the password of the sessions, all problems at once, no value in any", async () => {
    expect(await vultrCredential.check(GOOD)).toEqual([]);
    const missing = await vultrCredential.check({});
    expect(missing.map(({ where }) => where)).toEqual(["VULTR_API_KEY", "TF_VAR_vultr_bgp_password"]);
    for (const { remedy } of missing) expect(remedy).toContain("once Vultr has approved your prefixes");
    const broken = await vultrCredential.check({
      VULTR_API_KEY: "k3y-c4n4ry\n",
      TF_VAR_vultr_bgp_password: "",
    });
    expect(broken.map(({ what }) => what)).toEqual([
      expect.stringContaining("line break"),
      expect.stringContaining("is empty"),
    ]);
    expect(JSON.stringify(broken)).not.toContain("c4n4ry");
    expect(vultrCredential.variables).toEqual(Object.keys(GOOD));
  });
});

describe("Vultr, asked whose key it is", () => {
  let api: Loopback;
  afterEach(() => api.close());
  const reach = () =>
    vultrCredential.reach({ ...GOOD, VULTR_API_ENDPOINT: `${api.url}v2` }, AbortSignal.timeout(5_000));

  test("says the account's name, and is told nothing but the key", async () => {
    api = await loopback(() => [200, '{"account":{"name":"Example Ltd","email":"ops@example.net"}}']);
    expect(await reach()).toBe("account Example Ltd");
    expect(api.asked).toMatchObject([{ method: "GET", url: "/v2/account", body: "" }]);
    expect(api.asked[0]?.headers["authorization"]).toBe("Bearer k3y-c4n4ry");
    expect(JSON.stringify(api.asked)).not.toContain("p4ss");
  });

  test.each<[number, string, RegExp]>([
    [401, '{"error":"Invalid API token.","status":401}', /status 401/],
    [200, "<html>", /not what Vultr says/],
    [200, "{}", /not what Vultr says/],
  ])("refuses with status %d and %j, without a value in the error", async (status, text, message) => {
    api = await loopback(() => [status, text]);
    const refusal = await reach().catch((error: unknown) => String(error));
    expect(refusal).toMatch(message);
    expect(refusal).not.toContain("c4n4ry");
  });

  test("is not there", async () => {
    api = await loopback(() => [200, ""]);
    await api.close();
    await expect(reach()).rejects.toThrow(/Vultr does not tell whose key it is[^]*ECONNREFUSED/);
  });
});
