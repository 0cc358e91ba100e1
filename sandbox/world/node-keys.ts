import { createPrivateKey, createPublicKey, hkdfSync, randomBytes, type KeyObject } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { keyIdOf } from "../control-plane/node-token";
import { publicKeySchema, type PublicKey } from "../control-plane/protocol";

/** A node's Ed25519 key pair. */
export interface NodeKey {
  readonly privateKey: KeyObject;
  readonly publicKey: PublicKey;
  readonly keyId: string;
}

/** What stands before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410, section 7). */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * The key pair that a simulated node made at its boot. A real node keeps its key on its disk; these come from one
 * secret in `directory`, so that they too outlive the process that simulates them.
 *
 * @returns the key of a boot: the same for the same text.
 */
export function nodeKeys(directory: string): (boot: string) => NodeKey {
  const secret = secretIn(directory);
  return (boot) => {
    const seed = Buffer.from(hkdfSync("sha256", secret, "", boot, 32));
    const privateKey = createPrivateKey({
      key: Buffer.concat([PKCS8_ED25519, seed]),
      format: "der",
      type: "pkcs8",
    });
    const publicKey = publicKeySchema.parse(createPublicKey(privateKey).export({ format: "jwk" }));
    return { privateKey, publicKey, keyId: keyIdOf(publicKey) };
  };
}

/** Made where it is missing. */
function secretIn(directory: string): Buffer {
  const file = path.join(directory, "node-keys.secret");
  try {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, randomBytes(32), { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(file);
}
