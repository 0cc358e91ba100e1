import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { PolycastError } from "../constructs/fleet/problem";
import type { Difference } from "./likeness";

const schema = z.array(
  z.strictObject({
    /** Terraform's resource type. */
    type: z.string().min(1),
    /** Path of the leaf, without list indices: `instance_refresh.preferences`. */
    path: z.string().min(1),
    /** Why the two differ, and why that may stay. */
    reason: z.string().min(20),
  }),
);
export type AcceptedDifference = z.infer<typeof schema>[number];

const FILE = path.join(__dirname, "accepted-differences.json");

/** The differences between the real plugin and the simulation that may be there, each for a reason. */
export class AcceptedDifferences {
  private readonly used = new Set<AcceptedDifference>();

  public constructor(private readonly accepted: readonly AcceptedDifference[]) {}

  public static load(): AcceptedDifferences {
    return new AcceptedDifferences(schema.parse(JSON.parse(readFileSync(FILE, "utf8"))));
  }

  /** Those that nobody has accepted. */
  public unaccepted(found: readonly Difference[]): Difference[] {
    return found.filter((difference) => {
      const accepted = this.accepted.find((each) => covers(each, difference));
      if (accepted !== undefined) this.used.add(accepted);
      return accepted === undefined;
    });
  }

  /** Throws a {@link PolycastError} of entries that no difference has used: what they excuse is gone. */
  public refuseUnused(): void {
    const unused = this.accepted.filter((each) => !this.used.has(each));
    if (unused.length === 0) return;
    throw new PolycastError(
      `${path.basename(FILE)} accepts what does not differ:`,
      unused.map(({ type, path: at }) => ({ where: `${type} ${at}`, what: "no difference; take it out" })),
    );
  }
}

function covers({ type, path: at }: AcceptedDifference, difference: Difference): boolean {
  return type === difference.type && at === difference.path.replaceAll(/\.\d+(?=\.|$)/g, "");
}
