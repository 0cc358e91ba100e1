import { z } from "zod";
import { PolycastError } from "../../constructs/fleet/problem";

/** An object that a state holds. */
export interface HeldObject {
  readonly address: string;
  readonly type: string;
  readonly id: string;
  /** Its ARN where it has one, since some ids are unique only within a region; else its id. */
  readonly identity: string;
}

const stateSchema = z.object({
  resources: z
    .array(
      z.object({
        mode: z.string(),
        type: z.string(),
        name: z.string(),
        instances: z.array(
          z.object({ attributes: z.looseObject({ id: z.string().optional(), arn: z.string().nullish() }) }),
        ),
      }),
    )
    .default([]),
});

/**
 * The objects that a Terraform state holds.
 * @param state the state, parsed; undefined where there is none.
 * @throws PolycastError where it is of a form that is not known.
 */
export function objectsIn(stack: string, state: unknown): readonly HeldObject[] {
  const { data, error } = stateSchema.safeParse(state ?? {});
  if (data === undefined)
    throw new PolycastError(`Terraform's state of ${stack} cannot be read`, [
      { where: stack, what: z.prettifyError(error) },
    ]);
  return data.resources
    .filter(({ mode }) => mode === "managed")
    .flatMap(({ type, name, instances }) =>
      instances.map(({ attributes }) => ({
        address: `${type}.${name}`,
        type,
        id: attributes.id ?? "",
        identity: identityOf(attributes),
      })),
    );
}

/** What tells an object from all others of its type. */
export function identityOf({ arn, id }: { readonly arn?: unknown; readonly id?: unknown }): string {
  return typeof arn === "string" && arn !== "" ? arn : String(id);
}
