import "reflect-metadata"; // what @peculiar/x509 is built on demands it first
import { X509Certificates } from "@peculiar/x509";
import { get } from "node:https";
import { CertificateAuthority } from "../../../sandbox/authority/certificate-authority";
import { serveEst } from "../../../sandbox/authority/est-server";

test("anybody may ask for the authority's own certificates, and nothing else without saying who asks", async () => {
  const authority = await CertificateAuthority.create();
  const est = await serveEst(authority);
  const ask = (operation: string) =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      get(`${est.url}/${operation}`, { ca: authority.certificates, agent: false }, (answer) => {
        let body = "";
        answer.setEncoding("utf8").on("data", (part: string) => (body += part));
        answer.on("end", () => {
          resolve({ status: answer.statusCode, body });
        });
      }).on("error", reject);
    });
  try {
    const { status, body } = await ask("cacerts");
    expect(status).toBe(200);
    const [own, ...more] = new X509Certificates(body);
    expect(`${own?.toString("pem")}\n`).toBe(authority.certificates);
    expect(more).toEqual([]);
    expect((await ask("simpleenroll")).status).toBe(404);
  } finally {
    await est.close();
  }
});
