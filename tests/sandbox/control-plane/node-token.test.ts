import { createHmac, generateKeyPairSync } from "node:crypto";
import { keyIdOf, readToken, signToken } from "../../../sandbox/control-plane/node-token";
import { publicKeySchema } from "../../../sandbox/control-plane/protocol";

const pair = () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { privateKey, publicKey: publicKeySchema.parse(publicKey.export({ format: "jwk" })) };
};
const { privateKey, publicKey } = pair();
const claims = { sub: "n1", aud: "https://control.example.net", iat: 1000, exp: 1600 };
const token = signToken(privateKey, "k1", claims);
const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString("base64url");
const withPart = (index: number, part: string): string =>
  token
    .split(".")
    .map((old, i) => (i === index ? part : old))
    .join(".");

describe("a node's token", () => {
  test("says who signed it, and what", () => {
    const read = readToken(token);
    expect(read?.keyId).toBe("k1");
    expect(read?.claims).toEqual(claims);
    expect(read?.isSignedBy(publicKey)).toBe(true);
  });

  test("is not signed by another key, nor with another content or no signature", () => {
    expect(readToken(token)?.isSignedBy(pair().publicKey)).toBe(false);
    for (const changed of [
      withPart(1, encode({ ...claims, sub: "n2" })),
      withPart(2, ""),
      withPart(2, "AAAA"),
    ]) {
      expect(readToken(changed)?.isSignedBy(publicKey)).toBe(false);
    }
  });

  test.each([
    ["unsigned", { alg: "none", kid: "k1" }],
    ["signed with a shared secret", { alg: "HS256", kid: "k1" }],
    ["without a key id", { alg: "EdDSA" }],
    ["with a header that must be understood", { alg: "EdDSA", kid: "k1", crit: ["b64"], b64: false }],
    ["with a key of its own", { alg: "EdDSA", kid: "k1", jwk: publicKey }],
  ])("is none when it is %s", (_, header) => {
    expect(readToken(withPart(0, encode(header)))).toBeUndefined();
  });

  test("is not fooled by a secret made of the public key", () => {
    const content = `${encode({ alg: "HS256", kid: "k1" })}.${encode(claims)}`;
    const mac = createHmac("sha256", Buffer.from(publicKey.x, "base64url"))
      .update(content)
      .digest("base64url");
    expect(readToken(`${content}.${mac}`)).toBeUndefined();
  });

  test.each(["", "a.b", "a.b.c", "....", `${token}.x`, "ä.ö.ü"])("is none in %j", (text) => {
    expect(readToken(text)).toBeUndefined();
  });

  test.each([
    ["several audiences", { ...claims, aud: [claims.aud] }],
    ["a time that is no number", { ...claims, exp: "1600" }],
    ["no end", { ...claims, exp: undefined }],
    ["a claim that is not looked at", { ...claims, nbf: 99 }],
  ])("has no claims with %s", (_, odd) => {
    expect(readToken(withPart(1, encode(odd)))?.claims).toBeUndefined();
  });
});

test("a key's id is its thumbprint, as in RFC 8037, appendix A.3", () => {
  const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  expect(keyIdOf({ kty: "OKP", crv: "Ed25519", x })).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
});
