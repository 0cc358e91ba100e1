import "reflect-metadata"; // what @peculiar/x509 is built on demands it first
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  PublicKey,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
  X509Certificates,
} from "@peculiar/x509";
import { randomBytes, type webcrypto } from "node:crypto";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const YEAR = 365 * 24 * 3600 * 1000;
const DAY = 24 * 3600 * 1000;

/** Whose nodes a join token lets in, and what a certificate says: O and OU. */
export interface FleetSubject {
  readonly environment: string;
  readonly fleet: string;
}

/** From when and until when a certificate is good. */
export interface Validity {
  readonly from: Date;
  readonly until: Date;
}

/** The authority says no; nothing was issued. */
export class NotIssued extends Error {}

/**
 * A certificate authority as an operator would run one, small: it knows join tokens, each of one fleet, and gives a node a
 * certificate for the key that it asks with. What a certificate says of environment and fleet follows from the token.
 */
export class CertificateAuthority {
  private readonly tokens = new Map<string, FleetSubject>();
  /** How long the next certificates are good; from now on for a day. */
  public validity: () => Validity = () => ({ from: new Date(), until: new Date(Date.now() + DAY) });

  private constructor(
    private readonly certificate: X509Certificate,
    private readonly keys: webcrypto.CryptoKeyPair,
  ) {}

  public static async create(name = "CN=Polycast sandbox authority"): Promise<CertificateAuthority> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: serial(),
      name,
      notBefore: new Date(Date.now() - DAY),
      notAfter: new Date(Date.now() + YEAR),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    });
    return new CertificateAuthority(certificate, keys);
  }

  /** PEM: what a trust anchor and a node are told. */
  public get certificates(): string {
    return `${this.certificate.toString("pem")}\n`;
  }

  /** The same as PKCS #7. */
  public get ownCertificates(): Uint8Array {
    return new Uint8Array(new X509Certificates([this.certificate]).export("raw"));
  }

  /** A new token for the nodes of a fleet, good until the authority ends. */
  public issueToken(fleet: FleetSubject): string {
    const token = randomBytes(24).toString("base64url");
    this.tokens.set(token, fleet);
    return token;
  }

  /**
   * A node's first certificate, and the authority's own, as PKCS #7.
   * @param request PKCS #10, in DER.
   * @throws NotIssued where the token or what is asked for is not as it must be.
   */
  public async enrol(token: string, node: string, request: Uint8Array): Promise<Uint8Array> {
    const fleet = this.tokens.get(token);
    if (fleet === undefined) throw new NotIssued("no such join token");
    return this.issue(subjectOf(fleet, node), request);
  }

  /**
   * The certificate that follows one of ours, for the same subject.
   * @param current the certificate of the connection, in DER.
   */
  public async renew(current: Uint8Array, request: Uint8Array): Promise<Uint8Array> {
    const certificate = new X509Certificate(current);
    const isOurs = await certificate.verify({ publicKey: this.certificate, date: new Date() });
    if (!isOurs) throw new NotIssued("the certificate of the connection is not ours, or has ended");
    return this.issue(certificate.subject, request);
  }

  private async issue(subject: string, request: Uint8Array): Promise<Uint8Array> {
    const asked = new Pkcs10CertificateRequest(request);
    if (!(await asked.verify())) throw new NotIssued("the request is not signed by the key that it names");
    if (asked.subject !== subject) {
      throw new NotIssued(`asked for "${asked.subject}", and may have "${subject}" only`);
    }
    const issued = await this.sign(subject, asked.publicKey, ExtendedKeyUsage.clientAuth, this.validity());
    return new Uint8Array(new X509Certificates([issued, this.certificate]).export("raw"));
  }

  /** Key and certificate of a server on loopback, PEM. */
  public async serverIdentity(): Promise<{ readonly key: string; readonly cert: string }> {
    const keys = await generateKeys();
    const validity = { from: new Date(Date.now() - DAY), until: new Date(Date.now() + YEAR) };
    const publicKey = new PublicKey(await crypto.subtle.exportKey("spki", keys.publicKey));
    const cert = await this.sign("CN=127.0.0.1", publicKey, ExtendedKeyUsage.serverAuth, validity, [
      new SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }]),
    ]);
    const key = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
    return {
      key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
      cert: cert.toString("pem"),
    };
  }

  private sign(
    subject: string,
    publicKey: PublicKey,
    usage: string,
    { from, until }: Validity,
    extensions: readonly SubjectAlternativeNameExtension[] = [],
  ): Promise<X509Certificate> {
    return X509CertificateGenerator.create({
      serialNumber: serial(),
      subject,
      issuer: this.certificate.subject,
      notBefore: from,
      notAfter: until,
      signingKey: this.keys.privateKey,
      signingAlgorithm: ALGORITHM,
      publicKey,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([usage]),
        ...extensions,
      ],
    });
  }
}

function subjectOf({ environment, fleet }: FleetSubject, node: string): string {
  return `O=${environment}, OU=${fleet}, CN=${node}`;
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

/** Positive, so its first bit is 0. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString("hex");
}
