import { z } from "zod";

/** Why a request is refused, for a program: the last part of the problem's `type`. */
export const REASONS = [
  "no-token",
  "unknown-token",
  "malformed-token",
  "not-enrolled",
  "bad-signature",
  "wrong-audience",
  "token-expired",
  "not-allowed",
  "name-taken",
  "key-taken",
  "fleet-full",
  "unknown-environment",
  "invalid-request",
  "not-found",
  "too-large",
  "internal-error",
] as const;
export type Reason = (typeof REASONS)[number];

/** RFC 9457, with what to do about it and, for an invalid request, everything that is wrong with it. */
export const problemSchema = z
  .object({
    type: z.enum(REASONS.map((reason) => `urn:polycast:problem:${reason}` as const)),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    remedy: z.string().optional(),
    problems: z.array(z.object({ where: z.string(), what: z.string() })).optional(),
  })
  .meta({ id: "Problem" });
export type ProblemDocument = z.infer<typeof problemSchema>;

export type RefusalDetails = Pick<ProblemDocument, "detail" | "remedy" | "problems">;
export type RefusedStatus = 400 | 401 | 403 | 404 | 409 | 413;

/** A request that the control plane does not fulfil; nothing has changed. */
export class RefusedRequest extends Error {
  public constructor(
    public readonly status: RefusedStatus,
    public readonly reason: Reason,
    title: string,
    private readonly details: RefusalDetails = {},
  ) {
    super(title);
    this.name = "RefusedRequest";
  }

  /** As the body of a response says it. */
  public get document(): ProblemDocument {
    return {
      type: `urn:polycast:problem:${this.reason}`,
      title: this.message,
      status: this.status,
      ...this.details,
    };
  }
}
