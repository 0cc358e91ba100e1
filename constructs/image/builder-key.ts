import { generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { ImageTools } from "./image-source";

/** A key that lets one run into one builder. */
export interface BuilderKey {
  /** The private half, PEM, mode 0600, in the run's workspace. */
  readonly file: string;
  /** The public half, as a line of `authorized_keys`. */
  readonly authorized: string;
}

/**
 * Makes a key for one build. Only its public half leaves this machine; the private one goes with the run's workspace,
 * and lets nobody into anything once the builder is gone.
 */
export function makeBuilderKey({ workspace, secret }: Pick<ImageTools, "workspace" | "secret">): BuilderKey {
  // Not Ed25519, which Node.js writes in no form that both OpenSSH and Packer read; not RSA, which old Packers use
  // with SHA-1 only.
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "sec1", format: "pem" }).toString();
  secret(pem);
  const file = path.join(workspace, "builder-key");
  writeFileSync(file, pem, { mode: 0o600, flag: "wx" });
  return { file, authorized: `${sshForm(publicKey.export({ format: "jwk" }))} polycast-builder` };
}

/** `ecdsa-sha2-nistp256 AAAA...` (RFC 5656, 3.1): type, curve and point, each after its length. */
function sshForm({ x = "", y = "" }: JsonWebKey): string {
  const point = [Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")];
  const parts = [Buffer.from("ecdsa-sha2-nistp256"), Buffer.from("nistp256"), Buffer.concat(point)];
  const blob = parts.flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    return [length, part];
  });
  return `ecdsa-sha2-nistp256 ${Buffer.concat(blob).toString("base64")}`;
}
