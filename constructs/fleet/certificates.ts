import { X509Certificate } from "node:crypto";
import type { Problem } from "./problem";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * What is wrong with certificates of authorities, given as PEM: none, unreadable, of no authority. That they have ended is
 * not looked at here: a day that passes must not make an environment unusable, its DNS included.
 */
export function checkCertificates(pem: string, where: string): readonly Problem[] {
  if (pem.includes("PRIVATE KEY")) {
    return [
      { where, what: "contains a private key", remedy: "Give the certificates alone, and replace that key." },
    ];
  }
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) {
    return [{ where, what: 'holds no certificate; expected PEM, from "-----BEGIN CERTIFICATE-----"' }];
  }
  return blocks.flatMap((block, index) => {
    const place = `${where}, certificate ${index + 1}`;
    const certificate = parse(block);
    if (certificate === undefined) return [{ where: place, what: "cannot be read as a certificate" }];
    if (certificate.ca) return [];
    const subject = certificate.subject.replaceAll("\n", ", ");
    return [{ where: place, what: `"${subject}" is not a certificate of an authority` }];
  });
}

/** When the first of some certificates, found good by {@link checkCertificates}, ends. */
export function firstEnd(pem: string): Date {
  const ends = (pem.match(CERTIFICATE) ?? []).map((block) => Date.parse(parse(block)?.validTo ?? ""));
  return new Date(Math.min(...ends));
}

function parse(block: string): X509Certificate | undefined {
  try {
    return new X509Certificate(block);
  } catch {
    return undefined;
  }
}
