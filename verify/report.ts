import { AcceptedDifferences } from "./acceptance";
import type { Difference } from "./likeness";

/** How one step went. */
export interface StepReport {
  readonly name: string;
  readonly seconds: number;
  /** What did not come out as it should; none is what everybody hopes for. */
  readonly problems: readonly string[];
  /** How many leaves differ between the real plugin and the simulation, for reasons that are listed. */
  readonly accepted: number;
}

/** Runs the steps of all parts, says what happens, and keeps what went wrong. */
export class Report {
  public readonly steps: StepReport[] = [];
  private readonly started = Date.now();
  private readonly accepted = AcceptedDifferences.load();
  /** Differences that an earlier step has shown. */
  private readonly shown = new Set<string>();

  /** @param say prints one line of progress */
  public constructor(private readonly write: (line: string) => void) {}

  /** One line of progress, with the seconds since the beginning. */
  public say(line: string): void {
    this.write(`${String(Math.round((Date.now() - this.started) / 1000)).padStart(4)} s  ${line}`);
  }

  /** Runs a step; a problem of it does not keep the next one from running, an error that it throws does. */
  public async step(name: string, run: (check: Check) => Promise<void>): Promise<void> {
    const began = Date.now();
    const check = new Check(this.accepted, this.shown);
    this.say(name);
    await run(check);
    const seconds = Math.round((Date.now() - began) / 100) / 10;
    const problems = check.problems();
    this.steps.push({ name, seconds, problems, accepted: check.accepted });
    this.say(`${name}: ${problems.length === 0 ? "as it should be" : "NOT AS IT SHOULD BE"}, ${seconds} s`);
    for (const problem of problems) this.say(`  ${problem}`);
  }

  public get failed(): boolean {
    return this.steps.some(({ problems }) => problems.length > 0);
  }

  /** Refuses accepted differences that are gone; only where every step that could show them has run. */
  public refuseUnused(): void {
    this.accepted.refuseUnused();
  }
}

/** Collects what is wrong in one step. */
export class Check {
  public accepted = 0;
  private readonly wrong: string[] = [];
  private readonly differences: { readonly where: string; readonly difference: Difference }[] = [];

  public constructor(
    private readonly known: AcceptedDifferences,
    private readonly shown: Set<string>,
  ) {}

  /** Two things that are to be the same. */
  public equal(what: string, got: unknown, wanted: unknown): void {
    const [one, other] = [JSON.stringify(got), JSON.stringify(wanted)];
    if (one !== other) this.wrong.push(`${what}: got ${one}, expected ${other}`);
  }

  /** Two worlds that are to be alike. */
  public alike(where: string, found: readonly Difference[]): void {
    const left = this.known.unaccepted(found);
    this.accepted += found.length - left.length;
    this.differences.push(...left.map((difference) => ({ where, difference })));
  }

  /** One line each; a path that differs in several resources of a type, or has in an earlier step, shows once. */
  public problems(): readonly string[] {
    const lines = [...this.wrong];
    for (const { where, difference } of this.differences) {
      const { type, path, real, simulated, address } = difference;
      const at = `${type} ${path.replaceAll(/\.\d+(?=\.|$)/g, "")}`;
      if (this.shown.has(at)) continue;
      this.shown.add(at);
      lines.push(`${where}: ${at}: real ${short(real)}, simulated ${short(simulated)} (${address})`);
    }
    if (this.differences.length > 0) {
      lines.push(
        `${this.differences.length} leaves differ in all, those included that an earlier step has shown`,
      );
    }
    return lines;
  }
}

function short(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}
