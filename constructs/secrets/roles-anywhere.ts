import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { RolesanywhereProfile } from "@cdktf/provider-aws/lib/rolesanywhere-profile";
import { RolesanywhereTrustAnchor } from "@cdktf/provider-aws/lib/rolesanywhere-trust-anchor";
import { TerraformLocal } from "cdktf";
import { Construct } from "constructs";
import { z } from "zod";
import type { LogAccess, LogGrantProps, NodeLogAccess } from "../fleet/log-access";
import { ENROL_TOKEN_FILE } from "../fleet/node-log-access";
import { checkCertificates, firstEnd } from "../fleet/certificates";
import { joinToken, joinTokenCredential, joinTokenVariable, type JoinToken } from "../fleet/join-token";
import { show, showUrl, type Problem } from "../fleet/problem";
import { awsCredential } from "./aws-credential";
import { checkFleetLogs, FleetLogs, fleetLogsForm, identityName, type FleetLogsOptions } from "./fleet-logs";
import { RETENTION_DAYS } from "./log-retention";
import { policyText, writeLogs } from "./log-policy";

export interface RolesAnywhereOptions extends FleetLogsOptions {
  /** The operator's certificate authority: its certificates (PEM), or the trust anchor that stands for it already. */
  readonly anchor: { readonly certificates: string } | { readonly arn: string };
  /** Where nodes get their certificates. */
  readonly enrol: {
    /** EST server (RFC 7030), up to `/.well-known/est`. */
    readonly url: string;
    /** Certificates (PEM) to trust there. Default: those that a node's system trusts. */
    readonly ca?: string;
  };
}

/** A session lasts so long, and a node renews it well before. AWS's default and, by default, its most. */
const SESSION_SECONDS = 3600;
/** What RFC 7030 calls the well-known path; no operator's label behind it. */
const EST_PATH = /^\/\.well-known\/est(\/[\w-]+)?$/;

/**
 * A node makes a key that never leaves it, gets a certificate from the operator's authority, and exchanges signatures
 * for short sessions of a role (IAM Roles Anywhere). Once, at its boot, it proves that it may have a certificate by a
 * join token in its user data: the weaker secret, with which anybody could enrol as a node of this fleet.
 *
 * The token is taken from the Terraform variable `enrol_token_<fleet>`. The authority must give a fleet's
 * token certificates of that fleet only: organization (O) is the environment, organizational unit (OU) the fleet.
 */
export function rolesAnywhere(options: RolesAnywhereOptions): LogAccess {
  return {
    strategy: "rolesAnywhere",
    options,
    optionsSchema: z.strictObject({
      ...fleetLogsForm,
      anchor: z.union([z.strictObject({ certificates: z.string() }), z.strictObject({ arn: z.string() })]),
      enrol: z.strictObject({ url: z.string(), ca: z.string().optional() }),
    }),
    cost: {
      inState: "the join token",
      inUserData: "the join token",
      onNode: "the node's own key and certificate, and a session of the role",
      lifetime: "the token as long as the authority takes it; a certificate as it says; a session an hour",
    },
    regionOf: () => options.region,
    retentionDays: options.retentionDays ?? RETENTION_DAYS,
    secretsInState: true,
    secretEnds: false,
    rotation: "none",
    credentials: (fleet) => [awsCredential, joinTokenCredential(enrolToken(fleet, options))],
    check: (fleet, where) => check(options, fleet, where),
    longest: (fleet) =>
      given(options, fleet, {
        trustAnchorArn: longestArn("trust-anchor"),
        profileArn: longestArn("profile"),
        roleArn: `arn:aws:iam::123456789012:role/${identityName(fleet)}`,
        token: "t".repeat(256),
      }),
    grant: (scope, id, props) => new RolesAnywhere(scope, id, { ...props, options }).access,
  };
}

/** The weaker secret: with it anybody could enrol as a node of the fleet. */
function enrolToken(fleet: string, { enrol: { url, ca } }: RolesAnywhereOptions): JoinToken {
  return {
    variable: joinTokenVariable("enrol", fleet),
    service: "the certificate authority",
    fleet,
    url: `${url}/cacerts`,
    ...(ca !== undefined && { ca }),
  };
}

interface RolesAnywhereProps extends LogGrantProps {
  readonly options: RolesAnywhereOptions;
}

class RolesAnywhere extends Construct {
  public readonly access: NodeLogAccess;

  public constructor(scope: Construct, id: string, props: RolesAnywhereProps) {
    super(scope, id);
    const { environment, fleet, options } = props;
    const { provider, group } = new FleetLogs(this, "logs", { ...props, ...options });
    const name = identityName(props);
    const allowed = writeLogs(group.arn);
    const trustAnchorArn =
      "arn" in options.anchor
        ? options.anchor.arn
        : new RolesanywhereTrustAnchor(this, "anchor", {
            provider,
            name,
            enabled: true,
            source: {
              sourceType: "CERTIFICATE_BUNDLE",
              sourceData: { x509CertificateData: options.anchor.certificates },
            },
            lifecycle: { precondition: [this.lasts("anchor", options.anchor.certificates)] },
          }).arn;
    // https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
    const role = new IamRole(this, "role", {
      provider,
      name,
      assumeRolePolicy: policyText({
        Effect: "Allow",
        Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        Principal: { Service: "rolesanywhere.amazonaws.com" },
        Condition: {
          StringEquals: {
            "aws:PrincipalTag/x509Subject/O": environment,
            "aws:PrincipalTag/x509Subject/OU": fleet,
          },
          ArnEquals: { "aws:SourceArn": trustAnchorArn },
        },
      }),
      maxSessionDuration: SESSION_SECONDS,
    });
    new IamRolePolicy(this, "policy", {
      provider,
      name: "write-logs",
      role: role.name,
      policy: policyText(allowed),
    });
    const profile = new RolesanywhereProfile(this, "profile", {
      provider,
      name,
      enabled: true,
      roleArns: [role.arn],
      durationSeconds: SESSION_SECONDS,
      // What a session may do is the smaller of both, should the role ever get more.
      sessionPolicy: policyText(allowed),
      ...(options.enrol.ca !== undefined && {
        lifecycle: { precondition: [this.lasts("enrol", options.enrol.ca)] },
      }),
    });
    this.access = given(options, props, {
      trustAnchorArn,
      profileArn: profile.arn,
      roleArn: role.arn,
      token: joinToken(this, "enrol-token", enrolToken(fleet, options), props.sandbox),
    });
  }

  /** Holds the plan of this stack alone where certificates have ended; a refused synth would hold DNS too. */
  private lasts(what: "anchor" | "enrol", certificates: string): { condition: string; errorMessage: string } {
    const end = firstEnd(certificates).toISOString();
    // Terraform takes no condition that refers to nothing.
    const ends = new TerraformLocal(this, `${what}-certificates-end`, end);
    return {
      condition: `\${timecmp(plantimestamp(), ${ends.fqn}) < 0}`,
      errorMessage: `The certificates of logs.${what} ended on ${end}. Put those that follow them into the environment.`,
    };
  }
}

interface Given {
  readonly trustAnchorArn: string;
  readonly profileArn: string;
  readonly roleArn: string;
  readonly token: string;
}

function given(
  { region, enrol }: RolesAnywhereOptions,
  { environment, fleet }: Pick<LogGrantProps, "environment" | "fleet">,
  { token, ...arns }: Given,
): NodeLogAccess {
  return {
    settings: {
      strategy: "rolesAnywhere",
      region,
      ...arns,
      enrolUrl: enrol.url,
      ...(enrol.ca !== undefined && { enrolCa: enrol.ca }),
      subject: { organization: environment, organizationalUnit: fleet },
    },
    secretFiles: { [ENROL_TOKEN_FILE]: `${token}\n` },
  };
}

function longestArn(kind: string): string {
  return `arn:aws:rolesanywhere:ap-southeast-1:123456789012:${kind}/${"0".repeat(36)}`;
}

function check(
  options: RolesAnywhereOptions,
  fleet: Pick<LogGrantProps, "environment" | "fleet">,
  where: string,
): readonly Problem[] {
  const { anchor, enrol, region } = options;
  return [
    ...checkFleetLogs(options, fleet, where),
    ...("arn" in anchor
      ? checkAnchorArn(anchor.arn, region, `${where}.anchor.arn`)
      : checkCertificates(anchor.certificates, `${where}.anchor.certificates`)),
    ...checkEnrolUrl(enrol.url, `${where}.enrol.url`),
    ...(enrol.ca === undefined ? [] : checkCertificates(enrol.ca, `${where}.enrol.ca`)),
  ];
}

function checkAnchorArn(arn: string, region: string, where: string): readonly Problem[] {
  const [, found] = /^arn:aws[\w-]*:rolesanywhere:([\w-]+):\d{12}:trust-anchor\/[\w-]+$/.exec(arn) ?? [];
  if (found === undefined) return [{ where, what: `${show(arn)} is not the ARN of a trust anchor` }];
  if (found === region) return [];
  return [
    { where, what: `is in ${found}; profile and logs are in ${region}, and both must be in one region` },
  ];
}

function checkEnrolUrl(url: string, where: string): readonly Problem[] {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  // What follows the path may be a token, so it is not shown either.
  if (parsed !== undefined && parsed.username + parsed.password + parsed.search + parsed.hash !== "") {
    const what = "carries credentials or a query; they would be readable in state and user data";
    return [{ where, what, remedy: "Give the address alone, and replace a credential that was in it." }];
  }
  const isEst = parsed?.protocol === "https:" && EST_PATH.test(parsed.pathname);
  if (isEst) return [];
  return [
    {
      where,
      what: `${showUrl(url)} is not an EST server; expected the form "https://ca.example.net/.well-known/est", without credentials`,
    },
  ];
}
