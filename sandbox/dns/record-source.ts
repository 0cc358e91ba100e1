/** Where zones and records come from: the clouds' store has this shape. */
export interface RecordSource {
  list(type: string): readonly { readonly attributes: unknown }[];
}
