import { show, suggest, type Problem } from "../fleet/problem";
import type { PolicyContext, PolicyObject, PolicyRule, PolicyWaiver } from "./policy-rule";

/** A rule that an object breaks. */
export interface Violation {
  readonly rule: PolicyRule;
  readonly path: string;
  /** Terraform's type of the object. */
  readonly type: string;
  readonly what: string;
}

/** A violation, and the exception that the environment makes for it. */
export interface WaivedViolation extends Violation {
  readonly waiver: PolicyWaiver;
}

export interface PolicyFindings {
  readonly violations: readonly Violation[];
  readonly waived: readonly WaivedViolation[];
  /** Waivers that excuse nothing: what they were for is gone, or they never matched. */
  readonly unused: readonly PolicyWaiver[];
}

/** Judges objects by rules. An object that a waiver covers is still judged, so that the waiver shows. */
export function checkPolicies(
  objects: readonly PolicyObject[],
  rules: readonly PolicyRule[],
  waivers: readonly PolicyWaiver[],
  context: PolicyContext,
): PolicyFindings {
  const found = objects.flatMap((object) =>
    rules
      .filter(({ types }) => types.includes(object.type))
      .flatMap((rule) =>
        rule
          .violations(object, context)
          .map((what): Violation => ({ rule, path: object.path, type: object.type, what })),
      ),
  );
  const judged = found.map((violation) => ({
    violation,
    waiver: waivers.find((waiver) => covers(waiver, violation)),
  }));
  const used = new Set(judged.map(({ waiver }) => waiver));
  return {
    violations: judged.filter(({ waiver }) => waiver === undefined).map(({ violation }) => violation),
    waived: judged.flatMap(({ violation, waiver }) =>
      waiver === undefined ? [] : [{ ...violation, waiver }],
    ),
    unused: waivers.filter((waiver) => !used.has(waiver)),
  };
}

function covers({ rule, resource }: PolicyWaiver, violation: Violation): boolean {
  if (rule !== violation.rule.id) return false;
  return resource === undefined || violation.path === resource || violation.path.startsWith(`${resource}/`);
}

/** Findings as a person mends them: every violation that is not waived, and every waiver that excuses nothing. */
export function policyProblems(
  { violations, unused }: PolicyFindings,
  rules: readonly PolicyRule[],
): readonly Problem[] {
  const ids = rules.map(({ id }) => id);
  return [
    ...violations.map(({ rule, path, type, what }) => ({
      where: `${path} (${type})`,
      what: `${what} [${rule.id}, ${rule.severity}]`,
      remedy: `${rule.demand}: ${rule.reason} Or waive it in the environment: waivers: [{ rule: "${rule.id}", resource: "${path}", reason: "..." }].`,
    })),
    ...unused.map(({ rule, resource }) => ({
      where: "waivers",
      what: ids.includes(rule)
        ? `${show(rule)} is broken by nothing ${resource === undefined ? "here" : `at ${show(resource)}`}, so the waiver excuses nothing`
        : `there is no rule ${show(rule)}; ${suggest(rule, ids)}`,
      ...(ids.includes(rule)
        ? {
            remedy:
              "Delete it; or mend its resource, which is the path that a violation shows, or the beginning of one.",
          }
        : {}),
    })),
  ];
}
