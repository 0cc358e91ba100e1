/** The stand-in for CreateSession against a signature that is not ours: AWS's own library for Python made it. */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { serveSessions, type SessionServer } from "../../../sandbox/authority/sessions";

interface Signed {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const SIGNED = JSON.parse(
  readFileSync(join(__dirname, "../../fixtures/roles-anywhere/signed-request.json"), "utf8"),
) as Signed;
const SIGNED_AT = Date.parse("2026-11-23T22:15:51Z");
const MINUTE = 60_000;
const chain = SIGNED.headers["X-Amz-X509-Chain"] ?? "";

let server: SessionServer;
beforeAll(async () => {
  server = await serveSessions({
    region: "us-east-1",
    trustAnchorArn: "arn:aws:rolesanywhere:us-east-1:123456789012:trust-anchor/a",
    profileArn: "arn:aws:rolesanywhere:us-east-1:123456789012:profile/p",
    roleArn: "arn:aws:iam::123456789012:role/production-stackpath-logs",
    certificates: `-----BEGIN CERTIFICATE-----\n${chain}\n-----END CERTIFICATE-----\n`,
    subject: { O: "production", OU: "stackpath" },
    sessionSeconds: 3600,
  });
});
afterAll(() => server.close());
afterEach(() => {
  jest.restoreAllMocks();
});

/** Sends it as it was signed, but for the changes; fetch would not let us name the host. */
async function send({ headers, body }: Partial<Signed> = {}, at = SIGNED_AT): Promise<string> {
  jest.spyOn(Date, "now").mockReturnValue(at);
  const all = { ...SIGNED.headers, ...headers };
  return new Promise((resolve, reject) => {
    const asked = request(`${server.url}/sessions`, { method: "POST", headers: all }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.on("end", () => {
        resolve(`${answer.statusCode} ${text}`);
      });
    });
    asked.on("error", reject).end(body ?? SIGNED.body);
  });
}

test("it is granted", async () => {
  expect(await send()).toMatch(/^201 .*"accessKeyId":"SIMS/);
  expect(server.given.map(({ subject }) => subject)).toEqual(["O=production, OU=stackpath, CN=edge-sea-0"]);
});

const authorization = SIGNED.headers["Authorization"] ?? "";
test.each<[string, Partial<Signed>, RegExp]>([
  ["another body", { body: SIGNED.body.replace("3600", "43200") }, /signature does not match/],
  ["another host", { headers: { Host: "rolesanywhere.eu-west-1.amazonaws.com" } }, /does not match/],
  [
    "another region",
    { headers: { Authorization: authorization.replace("us-east-1", "eu-west-1") } },
    /scope/,
  ],
  [
    "another serial number",
    { headers: { Authorization: authorization.replace("Credential=1", "Credential=2") } },
    /serial/,
  ],
  [
    "the authority's certificate for its own",
    { headers: { "X-Amz-X509": chain } },
    /serial number is another/,
  ],
  ["a time that was not signed", { headers: { "X-Amz-Date": "20261123T221651Z" } }, /does not match/],
  ["no signature", { headers: { Authorization: "" } }, /not signed/],
])("with %s it is refused", async (_, changes, expected) => {
  expect(await send(changes)).toMatch(/^403 /);
  expect(await send(changes)).toMatch(expected);
});

test.each([-6 * MINUTE, 6 * MINUTE])("%d ms off it is refused", async (off) => {
  expect(await send({}, SIGNED_AT + off)).toMatch(/^403 .*too old, or of the future/);
});
