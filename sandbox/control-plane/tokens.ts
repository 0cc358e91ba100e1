import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { Journal } from "../journal";
import { UNREADABLE_JOURNAL } from "./unreadable-journal";

/** Whose nodes a join token lets in. */
export interface FleetOf {
  readonly environment: string;
  readonly fleet: string;
}

const entrySchema = z.union([
  z.strictObject({ join: z.strictObject({ environment: z.string(), fleet: z.string(), hash: z.string() }) }),
  z.strictObject({ operator: z.strictObject({ hash: z.string() }) }),
]);
type Entry = z.infer<typeof entrySchema>;

/**
 * The secrets that the control plane has given out: a join token for each fleet, and one token for operators. It keeps
 * their hashes only. They are 256 random bits, so a plain hash cannot be searched for its secret.
 */
export class Tokens {
  private readonly fleets = new Map<string, FleetOf & { readonly hash: string }>();
  private operatorHash: string | undefined;
  private readonly journal: Journal<Entry>;

  /** @throws PolycastError where the file cannot be read. */
  public constructor(file: string) {
    this.journal = Journal.open(
      file,
      entrySchema,
      (entries) => {
        for (const entry of entries) this.apply(entry);
        const operator = this.operatorHash;
        return [
          ...[...this.fleets.values()].map((join) => ({ join })),
          ...(operator === undefined ? [] : [{ operator: { hash: operator } }]),
        ];
      },
      UNREADABLE_JOURNAL,
    );
  }

  /** A new join token; the fleet's former one is good for nothing from now on. Nodes that have joined stay. */
  public issueJoin({ environment, fleet }: FleetOf): string {
    const token = newToken("pcj");
    this.write({ join: { environment, fleet, hash: hashOf(token) } });
    return token;
  }

  /** A new operator token in place of the former one. */
  public issueOperator(): string {
    const token = newToken("pco");
    this.write({ operator: { hash: hashOf(token) } });
    return token;
  }

  /** What a token is for; undefined: it is none of these. */
  public find(token: string): { readonly join: FleetOf } | "operator" | undefined {
    const hash = hashOf(token);
    if (hash === this.operatorHash) return "operator";
    const join = [...this.fleets.values()].find((fleet) => fleet.hash === hash);
    return join && { join: { environment: join.environment, fleet: join.fleet } };
  }

  /** The environments that have a fleet. */
  public environments(): readonly string[] {
    return [...new Set([...this.fleets.values()].map(({ environment }) => environment))];
  }

  public close(): void {
    this.journal.close();
  }

  private write(entry: Entry): void {
    this.journal.append(entry);
    this.apply(entry);
  }

  private apply(entry: Entry): void {
    if ("operator" in entry) this.operatorHash = entry.operator.hash;
    else this.fleets.set(`${entry.join.environment} ${entry.join.fleet}`, entry.join);
  }
}

/** Their beginnings let a person, or a scanner of leaked secrets, tell them apart. */
function newToken(prefix: "pcj" | "pco"): string {
  return `${prefix}_${randomBytes(32).toString("base64url")}`;
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
