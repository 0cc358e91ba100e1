import { PolycastError } from "../../constructs/fleet/problem";
import type { AnycastTarget } from "../network/forwarders";
import type { Vantage } from "../network/reach";
import { attachedSandbox } from "../sandbox";
import type { Disturbance, Place } from "../world/world";
import { REFUSED, type ClockReport, type NodeReport, type WorldReport } from "./world-report";

/** In milliseconds. */
const ANSWER_WITHIN = 10_000;

/** The world of a running sandbox, from another process. All of it throws PolycastError where the sandbox refuses. */
export interface WorldClient {
  world(): Promise<WorldReport>;
  disturb(effect: Disturbance, place: Place): Promise<readonly NodeReport[]>;
  /** Lets a fleet have so many connections. */
  load(fleet: string, connections: number): Promise<void>;
  /** Tells its alarms a measurement. */
  report(name: string, value: number): Promise<void>;
  clock(): Promise<ClockReport>;
  setScale(scale: number): Promise<ClockReport>;
  /** The loopback port that is this anycast port for clients at that place. */
  route(to: AnycastTarget, from: Vantage): Promise<number>;
}

/** @throws PolycastError that says what to do where no sandbox runs. */
export function worldClient(env: NodeJS.ProcessEnv): WorldClient {
  const { port, token } = attachedSandbox(env).record.world;
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    }).catch((error: unknown) => {
      attachedSandbox(env); // where its process has gone meanwhile, this says so
      throw unusable(String(error));
    });
    if (response.ok) return response.json();
    const text = await response.text();
    throw response.status === REFUSED
      ? new PolycastError(text)
      : unusable(`status ${response.status}: ${text}`);
  };
  // The process that answers is of this very version: the record says so.
  return {
    world: () => ask("GET", "world") as Promise<WorldReport>,
    disturb: (effect, place) => ask("POST", "disturbances", { effect, place }) as Promise<NodeReport[]>,
    load: async (fleet, connections) => {
      await ask("PUT", "loads", { fleet, connections });
    },
    report: async (name, value) => {
      await ask("POST", "measurements", { name, value });
    },
    clock: () => ask("GET", "clock") as Promise<ClockReport>,
    setScale: (scale) => ask("PUT", "clock", { scale }) as Promise<ClockReport>,
    route: (to, from) => ask("POST", "routes", { to, from }) as Promise<number>,
  };
}

function unusable(what: string): PolycastError {
  return new PolycastError("The sandbox does not answer", [
    {
      where: "sandbox",
      what,
      remedy: "Start it anew; what the clouds hold is kept: npx polycast sandbox up",
    },
  ]);
}
