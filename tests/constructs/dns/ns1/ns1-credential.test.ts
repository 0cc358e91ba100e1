import { ns1Credential } from "../../../../constructs/dns/ns1/ns1-credential";
import { loopback, type Loopback } from "../../../loopback";

let api: Loopback;
afterEach(() => api.close());

function reach(): Promise<string> {
  const variables = { NS1_ENDPOINT: `${api.url}v1/`, NS1_APIKEY: "s3cr3t-c4n4ry" };
  return ns1Credential.reach(variables, AbortSignal.timeout(5_000));
}

describe("NS1, asked for its zones", () => {
  test.each([
    ["[]", "0 zones"],
    ['[{"zone":"a.example"}]', "1 zone"],
    ['[{"zone":"a.example"},{"zone":"b.example"}]', "2 zones"],
  ])("says %s", async (answer, says) => {
    api = await loopback(() => [200, answer]);
    expect(await reach()).toBe(says);
    expect(api.asked).toMatchObject([
      { method: "GET", url: "/v1/zones", headers: { "x-nsone-key": "s3cr3t-c4n4ry" } },
    ]);
  });

  test.each<[number, string, RegExp]>([
    [401, '{"message":"s3cr3t-c4n4ry is unauthorized"}', /status 401/],
    [200, '{"message":"s3cr3t-c4n4ry"}', /not what NS1 says/],
    [200, "<html>s3cr3t-c4n4ry", /not what NS1 says/],
  ])("answers %i %s, which is an error without the key", async (status, answer, what) => {
    api = await loopback(() => [status, answer]);
    const refusal = await reach().catch((error: unknown) => String(error));
    expect(refusal).toMatch(what);
    expect(refusal).not.toContain("c4n4ry");
  });
});
