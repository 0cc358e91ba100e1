import { z } from "zod";
import {
  otherSlot,
  SECRET_SLOTS,
  slotId,
  type SecretSlot,
  type SecretSlots,
} from "../constructs/fleet/log-access";

/** Id of the construct of a fleet's stack with the identity by which its nodes write logs. */
export const LOG_ACCESS = "log-access";
/** Output of a fleet's stack: the id, which is no secret, of the secret that its nodes were given. */
export const LOG_SECRET_ID = "log_secret_id";

/** Variable of a fleet's stack that holds, in a plan without the identity, what the last apply left of it. */
export function keptIdentityVariable(fleet: string): string {
  return `kept_identity_${fleet.replaceAll("-", "_")}`;
}

/** A secret as Terraform's state has it, without the secret. */
export interface AppliedSecret {
  readonly id: string;
  readonly isActive: boolean;
  /** When it was made, and when it ends by itself, as the cloud writes it. */
  readonly made?: string;
  readonly ends?: string;
}

/** What the last apply left of a fleet's secrets. */
export interface AppliedSlots {
  readonly slots: SecretSlots;
  readonly given: AppliedSecret;
  readonly other: AppliedSecret | undefined;
}

// What is read here of Terraform's state.
const stateSchema = z.object({
  outputs: z.record(z.string(), z.object({ value: z.unknown() })).default({}),
  resources: z
    .array(
      z.object({
        mode: z.string().default("managed"),
        type: z.string(),
        name: z.string(),
        instances: z
          .array(z.object({ attributes: z.record(z.string(), z.unknown()).default({}) }))
          .default([]),
      }),
    )
    .default([]),
});

const secretSchema = z.object({
  id: z.string(),
  status: z.string().nullish(),
  create_date: z.string().nullish(),
  expiration_date: z.string().nullish(),
});

/**
 * The texts that the resources of a fleet's identity hold, by reference: `aws_iam_access_key.log-access_slot-a_6AC05E33.id`.
 * Secrets are among them. Empty where there is no identity.
 */
export function identityValues(state: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    identityOf(state).flatMap(({ type, name, attributes }) =>
      Object.entries(attributes).flatMap(([key, value]) =>
        typeof value === "string" ? [[`${type}.${name}.${key}`, value] as const] : [],
      ),
    ),
  );
}

/** By the state of a fleet's stack; undefined where it holds no secret in slots that nodes were given. */
export function appliedSlots(state: unknown): AppliedSlots | undefined {
  const secretId = stateSchema.parse(state ?? {}).outputs[LOG_SECRET_ID]?.value;
  const secrets = identityOf(state);
  const secretIn = (slot: SecretSlot): AppliedSecret | undefined => {
    const found = secrets.find(({ name }) => name.startsWith(`${LOG_ACCESS}_${slotId(slot)}_`));
    return found === undefined ? undefined : secretOf(secretSchema.parse(found.attributes));
  };
  for (const slot of SECRET_SLOTS) {
    const given = secretIn(slot);
    if (given === undefined || given.id !== secretId) continue;
    const other = secretIn(otherSlot(slot));
    const rest = other === undefined ? "absent" : other.isActive ? "usable" : "inactive";
    return { slots: { given: slot, other: rest }, given, other };
  }
  return undefined;
}

/** CDKTF names a resource by its construct's path and a hash. */
function identityOf(state: unknown) {
  return stateSchema.parse(state ?? {}).resources.flatMap(({ mode, type, name, instances }) => {
    const attributes = instances[0]?.attributes;
    const isIdentity = mode === "managed" && name.startsWith(`${LOG_ACCESS}_`);
    return isIdentity && attributes !== undefined ? [{ type, name, attributes }] : [];
  });
}

function secretOf({
  id,
  status,
  create_date: made,
  expiration_date: ends,
}: z.infer<typeof secretSchema>): AppliedSecret {
  return {
    id,
    isActive: status !== "Inactive",
    ...(typeof made === "string" && { made }),
    ...(typeof ends === "string" && { ends }),
  };
}
