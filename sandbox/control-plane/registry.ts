import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Clock, Timer } from "../world/clock";
import { Journal } from "../journal";
import { keyIdOf } from "./node-token";
import {
  LEASE_SECONDS,
  MAX_NODES_PER_FLEET,
  publicKeySchema,
  registrationSchema,
  type NodeEntry,
  type NodeList,
  type Registration,
} from "./protocol";
import { RefusedRequest } from "./refused-request";
import { UNREADABLE_JOURNAL } from "./unreadable-journal";

/** How many departures are remembered for readers of changes; who asks for older ones gets the complete list. */
const REMEMBERED_DEPARTURES = 1000;

/** What a node says of itself that others hear of. */
const lasting = z.object(registrationSchema.omit({ connections: true }).shape);

const memberSchema = z.strictObject({
  environment: z.string(),
  fleet: z.string(),
  name: z.string(),
  key: publicKeySchema,
  keyId: z.string(),
  /** undefined: it has enrolled and not registered yet. */
  registration: lasting.optional(),
  /** World time of the first registration, in milliseconds. */
  since: z.number().optional(),
  /** When what others see of it changed last. */
  revision: z.number(),
});
/** What a node said last, and when: it is out of date in seconds, so neither a change nor worth keeping. */
interface Renewal {
  readonly said: Registration;
  /** World time, in milliseconds. */
  readonly at: number;
}

/** A node that holds its name. */
export type Member = Readonly<z.infer<typeof memberSchema>>;

const entrySchema = z.union([
  z.strictObject({ epoch: z.string(), revision: z.number() }),
  z.strictObject({ put: memberSchema }),
  z.strictObject({ gone: z.strictObject({ keyId: z.string(), revision: z.number() }) }),
]);
type Entry = z.infer<typeof entrySchema>;

interface Departure {
  readonly environment: string;
  readonly name: string;
  readonly revision: number;
}

/**
 * The nodes that are there: who holds a name, what it last said, until when its lease lasts, and what has changed since
 * a revision. It knows keys and no tokens; who may do what is decided before.
 *
 * What others must find again after a restart is in its journal; leases are not: whoever was there gets a full one, so
 * that a restart empties nothing.
 */
export class Registry {
  /** By key id. */
  private readonly members = new Map<string, Member>();
  private readonly keyIds = new Map<string, string>();
  /** By key id: world time until which a node may be silent, in milliseconds. */
  private readonly leases = new Map<string, number>();
  /** By key id; of those that have renewed since this process started. */
  private readonly renewals = new Map<string, Renewal>();
  private readonly lists = new Map<string, NodeList>();
  private readonly listeners = new Set<() => void>();
  private readonly departures: Departure[] = [];
  /** Tells this journal's revisions from those of one that was lost. */
  private epoch = randomBytes(6).toString("hex");
  private revision = 0;
  /** The revision from which on departures are known. */
  private remembersFrom = 0;
  private readonly journal: Journal<Entry>;
  private readonly expiry: Timer;

  /** @throws PolycastError where the file cannot be read. */
  public constructor(
    file: string,
    private readonly clock: Clock,
  ) {
    this.journal = Journal.open(
      file,
      entrySchema,
      (entries) => {
        for (const entry of entries) this.apply(entry);
        return [
          { epoch: this.epoch, revision: this.revision },
          ...[...this.members.values()].map((put) => ({ put })),
        ];
      },
      UNREADABLE_JOURNAL,
    );
    this.departures.length = 0;
    this.remembersFrom = this.revision;
    for (const keyId of this.members.keys()) this.extend(keyId);
    this.expiry = clock.every(1, () => {
      this.expire();
    });
  }

  /** The node that holds a name with this key; undefined: it has not enrolled, has left or was silent for too long. */
  public member(keyId: string): Member | undefined {
    return this.members.get(keyId);
  }

  /**
   * Gives the name to the key, until it leaves or is silent for longer than a lease.
   *
   * @returns the key's id.
   * @throws RefusedRequest where another key holds the name, the key holds another name, or the fleet is full.
   */
  public enrol(node: Pick<Member, "environment" | "fleet" | "name" | "key">): string {
    const keyId = keyIdOf(node.key);
    const holder = this.members.get(this.keyIds.get(nameKey(node)) ?? "");
    const held = this.members.get(keyId);
    const isSame = held?.environment === node.environment && held.fleet === node.fleet && held === holder;
    if (!isSame) {
      if (holder !== undefined) throw nameTaken(node.name);
      if (held !== undefined) throw keyTaken();
      if (this.count(node) >= MAX_NODES_PER_FLEET) throw fleetFull(node.fleet);
      // Others do not see it before it registers, so the revision stays.
      this.write({ put: { ...node, keyId, revision: this.revision } });
    }
    this.extend(keyId);
    return keyId;
  }

  /** Registers an enrolled node, or renews its lease. */
  public renew(member: Member, registration: Registration): void {
    // In one process an unchanged registration is the same object, and 1000 nodes at 600 times real time come by often.
    if (this.renewals.get(member.keyId)?.said !== registration) this.register(member, registration);
    this.renewals.set(member.keyId, { said: registration, at: this.clock.now() });
    this.extend(member.keyId);
  }

  private register(member: Member, said: Registration): void {
    const registration = lasting.parse(said);
    if (isDeepStrictEqual(member.registration, registration)) return;
    const since = member.since ?? this.clock.now();
    this.write({ put: { ...member, registration, since, revision: this.revision + 1 } });
    this.tell();
  }

  public remove({ keyId, registration }: Member): void {
    this.write({ gone: { keyId, revision: this.revision + (registration === undefined ? 0 : 1) } });
    this.leases.delete(keyId);
    this.tell();
  }

  /**
   * The registered nodes of an environment, by name; or what has changed in it.
   *
   * @param after the revision since which; a complete list where it is left out or not known (any more).
   */
  public list(environment: string, after?: string): NodeList {
    const since = this.numberOf(after);
    return since === undefined ? this.completeList(environment) : this.changes(environment, since);
  }

  /** The same list, with each node's load and how old that is: neither makes a revision of its own. */
  public withRenewals(environment: string, list: NodeList): NodeList {
    const now = this.clock.now();
    return {
      ...list,
      nodes: list.nodes.map((node) => {
        const keyId = this.keyIds.get(nameKey({ environment, name: node.name })) ?? "";
        const { said, at } = this.renewals.get(keyId) ?? {};
        if (said === undefined || at === undefined) return node;
        const { connections } = said;
        return {
          ...node,
          ...(connections === undefined ? {} : { connections }),
          silentSeconds: (now - at) / 1000,
        };
      }),
    };
  }

  public get currentRevision(): string {
    return `${this.epoch}-${this.revision}`;
  }

  /** Calls `listener` after each change, in any environment. @returns what ends that. */
  public onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  public close(): void {
    this.expiry.cancel();
    this.journal.close();
  }

  /** The same object as long as nothing changes. */
  private completeList(environment: string): NodeList {
    const known = this.lists.get(environment);
    if (known !== undefined) return known;
    const nodes = this.entries(environment, () => true);
    const list = { revision: this.currentRevision, complete: true, nodes, gone: [] };
    this.lists.set(environment, list);
    return list;
  }

  private changes(environment: string, since: number): NodeList {
    const nodes = this.entries(environment, ({ revision }) => revision > since);
    const gone = this.departures
      .filter((departure) => departure.environment === environment && departure.revision > since)
      .map(({ name }) => name)
      .filter((name) => !this.isRegistered({ environment, name }));
    return { revision: this.currentRevision, complete: false, nodes, gone: [...new Set(gone)] };
  }

  private entries(environment: string, wanted: (member: Member) => boolean): NodeEntry[] {
    return [...this.members.values()]
      .filter((member) => member.environment === environment && wanted(member))
      .flatMap(({ name, registration, since }) =>
        registration === undefined || since === undefined
          ? []
          : [{ name, ...registration, since: new Date(since).toISOString() }],
      )
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  private isRegistered(of: Pick<Member, "environment" | "name">): boolean {
    return this.members.get(this.keyIds.get(nameKey(of)) ?? "")?.registration !== undefined;
  }

  private count({ environment, fleet }: Pick<Member, "environment" | "fleet">): number {
    let count = 0;
    for (const member of this.members.values()) {
      if (member.environment === environment && member.fleet === fleet) count += 1;
    }
    return count;
  }

  /** undefined: a revision that is not of this journal, or older than what is remembered. */
  private numberOf(revision: string | undefined): number | undefined {
    const [epoch, digits = ""] = revision?.split("-") ?? [];
    const number = /^\d+$/.test(digits) ? Number(digits) : NaN;
    const isKnown = epoch === this.epoch && number >= this.remembersFrom && number <= this.revision;
    return isKnown ? number : undefined;
  }

  private extend(keyId: string): void {
    this.leases.set(keyId, this.clock.now() + LEASE_SECONDS * 1000);
  }

  private expire(): void {
    const now = this.clock.now();
    for (const [keyId, until] of this.leases) {
      const member = this.members.get(keyId);
      if (now > until && member !== undefined) this.remove(member);
    }
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }

  private write(entry: Entry): void {
    this.journal.append(entry);
    this.apply(entry);
  }

  private apply(entry: Entry): void {
    this.lists.clear();
    if ("epoch" in entry) {
      ({ epoch: this.epoch, revision: this.revision } = entry);
    } else if ("put" in entry) {
      this.revision = Math.max(this.revision, entry.put.revision);
      this.members.set(entry.put.keyId, entry.put);
      this.keyIds.set(nameKey(entry.put), entry.put.keyId);
    } else {
      this.applyDeparture(entry.gone);
    }
  }

  private applyDeparture({ keyId, revision }: { keyId: string; revision: number }): void {
    const member = this.members.get(keyId);
    if (member === undefined) return;
    this.members.delete(keyId);
    this.renewals.delete(keyId);
    this.keyIds.delete(nameKey(member));
    if (member.registration === undefined) return; // nobody has seen it
    this.revision = revision;
    this.departures.push({ environment: member.environment, name: member.name, revision });
    if (this.departures.length <= REMEMBERED_DEPARTURES) return;
    this.remembersFrom = this.departures.shift()?.revision ?? revision;
  }
}

function nameKey({ environment, name }: { environment: string; name: string }): string {
  return `${environment} ${name}`;
}

function nameTaken(name: string): RefusedRequest {
  return new RefusedRequest(409, "name-taken", "The name belongs to another key.", {
    detail: `${name} is enrolled with another key, or by another fleet.`,
    remedy: `Wait until that node has left, or has been silent for ${LEASE_SECONDS} s; or choose another name.`,
  });
}

function keyTaken(): RefusedRequest {
  return new RefusedRequest(409, "key-taken", "The key belongs to another name.", {
    remedy: "Make a key pair for each node; never copy one, in an image for instance.",
  });
}

function fleetFull(fleet: string): RefusedRequest {
  return new RefusedRequest(409, "fleet-full", "The fleet has no room for another node.", {
    detail: `${fleet} has ${MAX_NODES_PER_FLEET} nodes, which is the most that a fleet can have here.`,
    remedy: "Let nodes that are not needed leave.",
  });
}
