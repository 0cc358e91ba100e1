import type { CloudObjects, Values } from "../../constructs/fleet/simulation";

/** Objects written by hand, by type, as a cloud holds them. */
export function cloudObjects(types: Readonly<Record<string, readonly Values[]>>): CloudObjects {
  return {
    list: (type) =>
      (types[type] ?? []).map((attributes) => ({
        provider: "test/test",
        type,
        id: typeof attributes["id"] === "string" ? attributes["id"] : "",
        attributes,
      })),
  };
}
