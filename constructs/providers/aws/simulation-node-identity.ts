import { randomBytes, randomUUID } from "node:crypto";
import type { ResourceSimulation, Values } from "../../fleet/simulation";
import {
  AwsAccount,
  blocks,
  count,
  now,
  refusal,
  regionOf,
  ROLES_ANYWHERE,
  SSM,
  text,
} from "./simulation-cloud";

// How machines outside AWS come to sessions of a role: by certificates, or by an activation. The wording of what AWS
// refuses here is from its documentation; nobody has seen it.

/** What the service notifies of unless it is told something else. */
const NOTIFICATIONS: Values[] = ["CA_CERTIFICATE_EXPIRY", "END_ENTITY_CERTIFICATE_EXPIRY"].map((event) => ({
  channel: "ALL",
  configured_by: "rolesanywhere.amazonaws.com",
  enabled: true,
  event,
  threshold: 45,
}));

export const trustAnchor: ResourceSimulation = {
  place: regionOf,
  create(planned, cloud) {
    refuseCertificates("creating RolesAnywhere Trust Anchor", "CreateTrustAnchor", planned);
    const id = randomUUID();
    const asked = blocks(planned["notification_settings"]);
    return {
      id,
      arn: new AwsAccount(cloud).arn("rolesanywhere", `trust-anchor/${id}`),
      enabled: planned["enabled"] !== false,
      notification_settings: asked.length > 0 ? asked : NOTIFICATIONS,
    };
  },
  update(planned) {
    const doing = `updating RolesAnywhere Trust Anchor (${text(planned["id"])})`;
    refuseCertificates(doing, "UpdateTrustAnchor", planned);
    return {};
  },
};

function refuseCertificates(doing: string, operation: string, { source }: Values): void {
  const [anchor] = blocks(source);
  if (text(anchor?.["source_type"]) !== "CERTIFICATE_BUNDLE") return;
  const pem = text(blocks(anchor?.["source_data"])[0]?.["x509_certificate_data"]);
  if (pem.includes("-----BEGIN CERTIFICATE-----")) return;
  const error = ["ValidationException", "Incorrect basic constraints for CA certificate"] as const;
  throw refusal(doing, ROLES_ANYWHERE, operation, error);
}

export const profile: ResourceSimulation = {
  place: regionOf,
  create(planned, cloud) {
    const id = randomUUID();
    return {
      id,
      arn: new AwsAccount(cloud).arn("rolesanywhere", `profile/${id}`),
      duration_seconds: planned["duration_seconds"] ?? 3600,
    };
  },
  update: () => ({}),
};

const DAY = 24 * 3600 * 1000;

export const activation: ResourceSimulation = {
  place: regionOf,
  create(planned, cloud) {
    const doing = "creating SSM Activation";
    const role = text(planned["iam_role"]).split("/").at(-1) ?? "";
    const refuse = (message: string): Error =>
      refusal(doing, SSM, "CreateActivation", ["ValidationException", message]);
    if (cloud.get("aws_iam_role", role) === undefined) {
      throw refuse(`Nonexistent role or missing ssm service principal in trust policy: ${role}`);
    }
    const expires = text(planned["expiration_date"]) || new Date(Date.now() + DAY).toISOString();
    const left = Date.parse(expires) - Date.now();
    if (!(left > 0 && left <= 30 * DAY)) {
      throw refuse("The expiration date must be in the future, and not more than 30 days into it.");
    }
    return {
      id: randomUUID(),
      activation_code: randomBytes(15).toString("base64"),
      expiration_date: expires.replace(/\.\d+Z$/, "Z"),
      expired: expires < now(),
      registration_count: 0,
      registration_limit: count(planned["registration_limit"]) || 1,
    };
  },
};
