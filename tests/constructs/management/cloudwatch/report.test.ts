import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { cloudwatch } from "../../../../constructs/management/cloudwatch/cloudwatch";

const SECRET = "planted-secret-key";
const plane = cloudwatch({ region: "eu-central-1", notify: ["ops@example.net"] });
const before = { ...process.env };
let asked: { target: string; authorization: string; body: string }[];
let status: number;
let server: Server;

beforeEach(async () => {
  asked = [];
  status = 200;
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { authorization = "", "x-amz-target": target } = request.headers;
      asked.push({ target: String(target), authorization, body: Buffer.concat(parts).toString("latin1") });
      response.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: "AKIAPLANTED",
    AWS_SECRET_ACCESS_KEY: SECRET,
  });
});
afterEach(async () => {
  process.env = { ...before };
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("a measurement is put under the name on which its alarm looks, in the plane's region", async () => {
  await plane.report("test", "load-pushes", 1);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.target).toMatch(/\.PutMetricData$/);
  expect(asked[0]?.authorization).toContain("/eu-central-1/monitoring/");
  for (const text of plane.metricOf("test", "load-pushes").split(" "))
    expect(asked[0]?.body).toContain(`"${text}"`);
});

test("a refusal names the metric and the permission, and no secret", async () => {
  status = 403;
  const refused = await plane.report("test", "builders-running", 0).catch((error: unknown) => error);
  expect(String(refused)).toContain("Polycast/test BuildersRunning");
  expect(String(refused)).toContain("cloudwatch:PutMetricData");
  expect(JSON.stringify(refused) + String(refused)).not.toContain(SECRET);
});
