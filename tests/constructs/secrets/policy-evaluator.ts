import { z } from "zod";

const list = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const policySchema = z.strictObject({
  Version: z.literal("2012-10-17"),
  Statement: z.array(
    z.strictObject({
      Effect: z.literal("Allow"),
      Action: list,
      Resource: list.optional(),
      Principal: z.strictObject({ Service: z.string() }).optional(),
      Condition: z
        .strictObject({
          StringEquals: z.record(z.string(), z.string()).optional(),
          ArnEquals: z.record(z.string(), z.string()).optional(),
        })
        .optional(),
    }),
  ),
});

/** A request, as IAM sees it. */
export interface IamRequest {
  readonly action: string;
  readonly resource?: string;
  readonly service?: string;
  readonly context?: Readonly<Record<string, string>>;
}

/**
 * Whether a policy allows a request: for the forms of statement that are used here, and no others, by the rules of
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html: nothing is allowed unless a
 * statement says so.
 * @throws for a statement of another form.
 */
export function allows(text: string, { action, resource, service, context = {} }: IamRequest): boolean {
  return policySchema.parse(JSON.parse(text)).Statement.some((statement) => {
    const { Action, Resource, Principal, Condition = {} } = statement;
    const conditions = { ...Condition.StringEquals, ...Condition.ArnEquals };
    return (
      // The case of an action's name does not count.
      Action.some((each) => matches(each.toLowerCase(), action.toLowerCase())) &&
      (Resource === undefined || Resource.some((each) => matches(each, resource ?? ""))) &&
      (Principal === undefined || Principal.Service === service) &&
      Object.entries(conditions).every(([key, value]) =>
        key in (Condition.ArnEquals ?? {}) ? matches(value, context[key] ?? "") : context[key] === value,
      )
    );
  });
}

function matches(pattern: string, text: string): boolean {
  const form = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${form}$`, "s").test(text);
}
