import { joinTokenCredential, joinTokenVariable } from "../../../constructs/fleet/join-token";
import { CertificateAuthority } from "../../../sandbox/authority/certificate-authority";
import { serveEst, type EstServer } from "../../../sandbox/authority/est-server";

let authority: CertificateAuthority;
let server: EstServer;
beforeAll(async () => {
  authority = await CertificateAuthority.create();
  server = await serveEst(authority);
});
afterAll(() => server.close());

const credential = (ca?: string, url = `${server.url}/cacerts`) =>
  joinTokenCredential({
    variable: joinTokenVariable("enrol", "sp-2"),
    service: "the certificate authority",
    fleet: "sp-2",
    url,
    ...(ca !== undefined && { ca }),
  });
const token = { TF_VAR_enrol_token_sp_2: "t0ken-c4n4ry" };
const soon = () => AbortSignal.timeout(3_000);

test("a token is looked for in the fleet's own variable, and never shown", async () => {
  expect(await credential().check(token)).toEqual([]);
  const problems = await credential().check({ TF_VAR_enrol_token_sp_2: "t0ken-c4n4ry\n" });
  expect(problems).toEqual([
    {
      where: "TF_VAR_enrol_token_sp_2",
      what: "contains a line break, as from a copied file; it holds the join token for the certificate authority of sp-2",
      remedy: expect.stringContaining("make a join token for the nodes of sp-2") as string,
    },
  ]);
  expect(JSON.stringify(problems)).not.toContain("c4n4ry");
});

test("a service with an authority of its own is reached by it, and by no other way", async () => {
  const { certificates } = authority;
  await expect(credential(certificates).reach(token, soon())).resolves.toMatch(
    /answers with status \d+; the token/,
  );
  await expect(credential().reach(token, soon())).rejects.toMatchObject({
    message: expect.stringMatching(
      /the certificate authority of sp-2 does not answer[^]*UNABLE_TO_VERIFY/,
    ) as string,
  });
});

test("one that is not there is told by its address", async () => {
  const refused = credential(undefined, "https://127.0.0.1:9/").reach(token, soon());
  await expect(refused).rejects.toMatchObject({
    problems: [{ where: "https://127.0.0.1:9/", what: "cannot be reached (ECONNREFUSED)" }],
  });
});
