import type { Monitor, Position } from "../../constructs/fleet/cloud-life";
import type { Clock, Timer } from "./clock";
import type { MonitorReport } from "./world";

/** How long after an apparent change a monitor with `rapidRecheck` looks again, in seconds. */
const RECHECK_AFTER = 1;

export interface MonitorsOptions {
  readonly clock: Clock;
  /** The monitors that exist now. */
  readonly specs: () => readonly Monitor[];
  /** Whether what is probed answers someone who stands there. */
  readonly probe: (probe: Monitor["probe"], from: Position) => boolean;
  /** Is told what a feed says from now on. */
  readonly onFeed: (id: string, values: { readonly up: boolean }) => void;
}

export interface Monitors {
  reports(): readonly MonitorReport[];
  /** To be called when the specs may have changed: monitors that look as before go on, the others start anew or end. */
  refresh(): void;
  close(): void;
}

/**
 * Runs the monitors that exist. Each place looks every `frequencySeconds`, the places one after the other within that
 * time. A monitor is pending until every place has looked once; then its feeds hear its status, and each change of it.
 */
export function runMonitors({ specs, ...tools }: MonitorsOptions): Monitors {
  const running = new Map<string, RunningMonitor>();

  function refresh(): void {
    const wanted = new Map(specs().map((spec) => [spec.id, spec]));
    for (const [id, monitor] of running) {
      const spec = wanted.get(id);
      if (spec !== undefined && monitor.goesOnAs(spec)) continue;
      monitor.close();
      running.delete(id);
    }
    for (const [id, spec] of wanted) {
      if (!running.has(id)) running.set(id, new RunningMonitor(spec, tools));
    }
  }

  refresh();
  return {
    reports: () => [...running.values()].map((monitor) => monitor.report()),
    refresh,
    close: () => {
      running.forEach((monitor) => {
        monitor.close();
      });
      running.clear();
    },
  };
}

type Tools = Omit<MonitorsOptions, "specs">;
type Origin = Monitor["from"][number];

class RunningMonitor {
  private readonly views = new Map<string, { readonly up: boolean; readonly at: number }>();
  /** How often in a row each place saw another result than the one that counts. */
  private readonly streaks = new Map<string, number>();
  /** The next look of each place. */
  private readonly next = new Map<string, Timer>();
  private up: boolean | undefined;
  private since: number;

  public constructor(
    private spec: Monitor,
    private readonly tools: Tools,
  ) {
    this.since = tools.clock.now();
    const { active, from, frequencySeconds } = spec;
    if (!active) return;
    from.forEach((origin, index) => {
      this.lookAfter((frequencySeconds * index) / from.length, origin);
    });
  }

  /** Takes over a spec that looks as its own does; feeds that are new to it hear its status. */
  public goesOnAs(spec: Monitor): boolean {
    if (looks(spec) !== looks(this.spec)) return false;
    const added = spec.feeds.filter((feed) => !this.spec.feeds.includes(feed));
    this.spec = spec;
    this.tell(added);
    return true;
  }

  public report(): MonitorReport {
    const { id, name } = this.spec;
    const status = this.up === undefined ? "pending" : this.up ? "up" : "down";
    return { id, name, status, from: Object.fromEntries(this.views), since: this.since };
  }

  public close(): void {
    this.next.forEach((timer) => {
      timer.cancel();
    });
  }

  private lookAfter(seconds: number, origin: Origin): void {
    const look = (): void => {
      this.look(origin);
    };
    this.next.set(origin.name, this.tools.clock.after(seconds, look));
  }

  private look(origin: Origin): void {
    const { rapidRecheck, frequencySeconds, looksInARow = 1 } = this.spec;
    const up = this.sees(origin);
    const isSame = up === (this.views.get(origin.name)?.up ?? true);
    const streak = isSame ? 0 : (this.streaks.get(origin.name) ?? 0) + 1;
    this.streaks.set(origin.name, streak);
    if (!rapidRecheck || isSame) {
      if (isSame || streak >= looksInARow) {
        this.streaks.delete(origin.name);
        this.note(origin, up);
      }
      this.lookAfter(frequencySeconds, origin);
      return;
    }
    const again = (): void => {
      this.note(origin, this.sees(origin));
      this.lookAfter(Math.max(frequencySeconds - RECHECK_AFTER, 0), origin);
    };
    this.next.set(origin.name, this.tools.clock.after(RECHECK_AFTER, again));
  }

  private sees({ position }: Origin): boolean {
    return this.tools.probe(this.spec.probe, position);
  }

  private note({ name }: Origin, up: boolean): void {
    const at = this.tools.clock.now();
    this.views.set(name, { up, at });
    if (this.views.size < this.spec.from.length) return;
    const seen = [...this.views.values()].map((view) => view.up);
    const status = statusOf(this.spec.policy, seen, this.up ?? true);
    if (status === this.up) return;
    this.up = status;
    this.since = at;
    this.tell(this.spec.feeds);
  }

  private tell(feeds: readonly string[]): void {
    const { up } = this;
    if (up === undefined) return;
    feeds.forEach((feed) => {
      this.tools.onFeed(feed, { up });
    });
  }
}

/** All of a monitor that makes its looks what they are. */
function looks(spec: Monitor): string {
  return JSON.stringify({ ...spec, name: "", feeds: [] });
}

/**
 * What the places' views amount to. "Status change when majority status", "only when all regions are in agreement", "if
 * any region changes": https://github.com/ns1/ns1-go/blob/v2.9.0/rest/model/monitor/job.go; of `one`, octoDNS says that
 * it is down as long as any region is: https://github.com/octodns/octodns-ns1#health-check-options.
 */
function statusOf(policy: Monitor["policy"], seen: readonly boolean[], before: boolean): boolean {
  const ups = seen.filter((up) => up).length;
  const downs = seen.length - ups;
  switch (policy) {
    case "one":
      return downs === 0;
    case "all":
      return downs === 0 || (ups > 0 && before);
    case "quorum":
      return ups === downs ? before : ups > downs;
    default:
      return 100 * ups > policy.upAbovePercent * seen.length;
  }
}
