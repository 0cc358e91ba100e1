import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { ControlPlane } from "../../../sandbox/control-plane/control-plane";
import { keyIdOf, signToken, type Claims } from "../../../sandbox/control-plane/node-token";
import { publicKeySchema, type PublicKey, type Registration } from "../../../sandbox/control-plane/protocol";
import { RefusedRequest, type Reason } from "../../../sandbox/control-plane/refused-request";
import type { Clock } from "../../../sandbox/world/clock";

export const AUDIENCE = "https://control.example.net";

/** A node with a key pair, as it may come from anywhere. */
export class SomeNode {
  public readonly privateKey: KeyObject;
  public readonly publicKey: PublicKey;

  public constructor(
    public readonly name: string,
    private readonly clock: Clock,
  ) {
    const pair = generateKeyPairSync("ed25519");
    this.privateKey = pair.privateKey;
    this.publicKey = publicKeySchema.parse(pair.publicKey.export({ format: "jwk" }));
  }

  /** A token of now, with some claims otherwise. */
  public token(claims: Partial<Claims> = {}): string {
    const iat = Math.floor(this.clock.now() / 1000);
    const usual = { sub: this.name, aud: AUDIENCE, iat, exp: iat + 600 };
    return signToken(this.privateKey, keyIdOf(this.publicKey), { ...usual, ...claims });
  }

  public enrol(controlPlane: ControlPlane, joinToken: string): this {
    controlPlane.enrol(controlPlane.identify(joinToken), { name: this.name, publicKey: this.publicKey });
    return this;
  }

  public renew(controlPlane: ControlPlane, registration: Registration): this {
    controlPlane.renew(controlPlane.identify(this.token()), this.name, registration);
    return this;
  }
}

export const registrationIn = (fleet: string): Registration => ({
  fleet,
  site: "us-east-1",
  provider: "aws",
  release: "r1",
  health: "healthy",
});

/** Why a request was refused; undefined: it was not. */
export function refusal(request: () => unknown): Reason | undefined {
  try {
    request();
    return undefined;
  } catch (error) {
    if (error instanceof RefusedRequest) return error.reason;
    throw error;
  }
}
