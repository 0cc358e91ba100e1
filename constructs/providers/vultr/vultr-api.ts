import { z } from "zod";
import { whyUnanswered } from "../../fleet/api-credential";
import { apiEndpoint } from "../../fleet/api-endpoint";
import { PolycastError, show } from "../../fleet/problem";
import { VULTR_ENDPOINT } from "./vultr-credential";

/** In milliseconds. */
const ANSWER_WITHIN = 30_000;
/** Between the tries of a request that may be repeated, in seconds. */
const PAUSES = [1, 4] as const;
/** The most that a page can have. */
const PAGE = 500;

// Forms: https://www.vultr.com/api/, `snapshot` and `instance`. What is not used is left out.
const snapshotSchema = z.object({
  id: z.string(),
  description: z.string(),
  /** `pending`, `complete`, `deleted`. */
  status: z.string(),
  /** In bytes. */
  size: z.number(),
});
const instanceSchema = z.object({ id: z.string(), label: z.string() });
const metaSchema = z.object({ links: z.object({ next: z.string() }) });
const snapshotPage = z
  .object({ snapshots: z.array(snapshotSchema), meta: metaSchema })
  .transform(({ snapshots: items, meta }) => ({ items, next: meta.links.next }));
const instancePage = z
  .object({ instances: z.array(instanceSchema), meta: metaSchema })
  .transform(({ instances: items, meta }) => ({ items, next: meta.links.next }));
const errorSchema = z.object({ error: z.string() });

export type VultrSnapshot = Readonly<z.infer<typeof snapshotSchema>>;
export type VultrInstance = Readonly<z.infer<typeof instanceSchema>>;

/** A machine that an image is made on, where no Packer makes it. */
export interface VultrMachine {
  readonly label: string;
  readonly region: string;
  readonly osId: number;
}

/** What is asked of Vultr about images. All of it rejects with a PolycastError where Vultr cannot be reached or refuses. */
export interface VultrApi {
  snapshots(): Promise<readonly VultrSnapshot[]>;
  /** What is gone already is no error. */
  deleteSnapshot(id: string): Promise<void>;
  instances(): Promise<readonly VultrInstance[]>;
  deleteInstance(id: string): Promise<void>;
  /** Makes a machine; only where the cloud is simulated, since Packer does it elsewhere. */
  startBuilder(machine: VultrMachine): Promise<VultrInstance>;
  /** Begins to take a snapshot. */
  capture(instance: string, description: string): Promise<VultrSnapshot>;
}

export interface VultrApiOptions {
  /** VULTR_API_KEY; VULTR_API_ENDPOINT where it is not the public one. */
  readonly variables: NodeJS.ProcessEnv;
  readonly fetch: typeof globalThis.fetch;
  /** Ends what is going on. */
  readonly signal?: AbortSignal;
  readonly sleep: (seconds: number, signal?: AbortSignal) => Promise<void>;
}

/** @throws PolycastError where the variables cannot be used. */
export function vultrApi({ variables, fetch, signal, sleep }: VultrApiOptions): VultrApi {
  const endpoint = apiEndpoint(VULTR_ENDPOINT, variables["VULTR_API_ENDPOINT"]);
  const key = variables["VULTR_API_KEY"] ?? "";
  if (key === "") {
    throw new PolycastError(VULTR_ENDPOINT.refusal, [
      {
        where: "VULTR_API_KEY",
        what: "is not set",
        remedy: "docs/providers/vultr.md says how to get a key.",
      },
    ]);
  }

  async function once(method: string, path: string, body?: object): Promise<Response> {
    const timeout = AbortSignal.timeout(ANSWER_WITHIN);
    return fetch(`${endpoint}/${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      // The key is for this host only.
      redirect: "error",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  }

  /** What may be repeated is, when Vultr is at fault. */
  async function ask(method: string, path: string, body?: object): Promise<Response> {
    const pauses = method === "POST" ? [] : [...PAUSES];
    for (;;) {
      const pause = pauses.shift();
      try {
        const response = await once(method, path, body);
        if (pause === undefined || (response.status < 500 && response.status !== 429)) return response;
      } catch (error) {
        signal?.throwIfAborted();
        if (pause === undefined) throw refused(method, path, whyUnanswered(error));
      }
      await sleep(pause, signal);
    }
  }

  async function answer<T>(schema: z.ZodType<T>, method: string, path: string, body?: object): Promise<T> {
    const response = await ask(method, path, body);
    const said: unknown = await response.json().catch(() => undefined);
    if (!response.ok) {
      const { data } = errorSchema.safeParse(said);
      throw refused(
        method,
        path,
        `status ${response.status}${data === undefined ? "" : `: ${show(data.error)}`}`,
      );
    }
    const parsed = schema.safeParse(said);
    if (!parsed.success) throw refused(method, path, "what it says is not what Vultr says");
    return parsed.data;
  }

  /** All pages of a list. */
  async function list<T>(what: string, page: z.ZodType<{ items: T[]; next: string }>): Promise<readonly T[]> {
    const all: T[] = [];
    for (let cursor = ""; ;) {
      const query = new URLSearchParams({ per_page: String(PAGE), cursor });
      const { items, next } = await answer(page, "GET", `${what}?${query.toString()}`);
      all.push(...items);
      if (next === "" || next === cursor) return all;
      cursor = next;
    }
  }

  async function remove(path: string): Promise<void> {
    const { ok, status } = await ask("DELETE", path);
    if (!ok && status !== 404) throw refused("DELETE", path, `status ${status}`);
  }

  return {
    snapshots: () => list("snapshots", snapshotPage),
    deleteSnapshot: (id) => remove(`snapshots/${encodeURIComponent(id)}`),
    instances: () => list("instances", instancePage),
    deleteInstance: (id) => remove(`instances/${encodeURIComponent(id)}`),
    async startBuilder({ label, region, osId }) {
      const body = { label, region, os_id: osId, plan: "vc2-1c-1gb" };
      return (await answer(z.object({ instance: instanceSchema }), "POST", "instances", body)).instance;
    },
    async capture(instance, description) {
      const body = { instance_id: instance, description };
      return (await answer(z.object({ snapshot: snapshotSchema }), "POST", "snapshots", body)).snapshot;
    },
  };
}

const REMEDIES: Readonly<Record<string, string>> = {
  "status 401":
    "Check VULTR_API_KEY, and that the key may be used from this address (Vultr's console, Account, API).",
  "status 403": "Check what the key's owner may do.",
};

function refused(method: string, path: string, what: string): PolycastError {
  const remedy = REMEDIES[what.slice(0, "status 000".length)];
  return new PolycastError("Vultr's API refuses", [
    {
      where: `${method} ${path.split("?")[0] ?? ""}`,
      what,
      ...(remedy !== undefined && { remedy }),
    },
  ]);
}
