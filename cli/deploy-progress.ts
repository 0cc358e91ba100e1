import { stripVTControlCharacters } from "node:util";

/** How many resources a deploy touched. */
export interface ChangeCount {
  readonly added: number;
  readonly changed: number;
  readonly destroyed: number;
}

const DONE: Readonly<Record<string, string>> = { Creation: "+", Modifications: "~", Destruction: "-" };

/**
 * Reads what cdktf and the Terraforms below it print, line by line, and tells of it what a person wants to see: one
 * line for each resource when it is done, and every error and warning in full.
 *
 * cdktf puts a stack's name before the first line of each piece of output; the lines that belong to it are indented.
 */
export class DeployProgress {
  private readonly perStack = new Map<string, ChangeCount>();
  private stack = "";
  /** Terraform draws a frame around errors and warnings; the one that is being read. */
  private frame: string[] | undefined;
  private readonly framed = new Set<string>();
  private rest = "";

  private readonly prefix: RegExp;

  public constructor(
    stacks: readonly string[],
    private readonly tell: (line: string) => void,
  ) {
    this.prefix = new RegExp(`^(${stacks.join("|")})(?: {2}(.*))?$`);
  }

  /** Takes a piece of output, wherever it was cut. */
  public read(chunk: string): void {
    const lines = (this.rest + chunk).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.readLine(stripVTControlCharacters(line).trimEnd());
  }

  /** What Terraform has reported so far, by stack. */
  public get stacks(): ReadonlyMap<string, ChangeCount> {
    return this.perStack;
  }

  private readLine(line: string): void {
    const [, named, text = line] = this.prefix.exec(line) ?? [];
    this.stack = named ?? this.stack;
    this.readText(text.trim());
  }

  private readText(text: string): void {
    if (this.readFrame(text)) return;
    this.readResource(text);
    this.readTotal(text);
    if (text.startsWith("Error: ")) this.tell(text);
  }

  private readFrame(text: string): boolean {
    if (text === "╷") this.frame = [];
    else if (this.frame === undefined) return false;
    else if (text === "╵") this.endFrame(this.frame);
    else this.frame.push(text.replace(/^│ ?/, ""));
    return true;
  }

  private endFrame(lines: readonly string[]): void {
    this.frame = undefined;
    const text = `${this.stack}: ${lines.join("\n").trim()}`;
    if (this.framed.has(text)) return; // cdktf prints what Terraform says on both of its outputs
    this.framed.add(text);
    this.tell(text.replaceAll("\n", "\n    "));
  }

  private readResource(text: string): void {
    const [, address, what = "", time] = /^(\S+): (\w+) complete after (\S+)/.exec(text) ?? [];
    const sign = DONE[what];
    if (address !== undefined && sign !== undefined)
      this.tell(`${this.stack.padEnd(16)} ${sign} ${address} (${time})`);
    const [, waiting, still] = /^(\S+): (Still \w+)/.exec(text) ?? [];
    if (waiting !== undefined) this.tell(`${this.stack.padEnd(16)} … ${waiting}: ${still?.toLowerCase()}`);
  }

  private readTotal(text: string): void {
    const [, added, changed, destroyed] =
      /^Apply complete! Resources: (?:\d+ imported, )?(\d+) added, (\d+) changed, (\d+) destroyed/.exec(
        text,
      ) ?? [];
    if (added === undefined) return;
    const count = { added: Number(added), changed: Number(changed), destroyed: Number(destroyed) };
    this.perStack.set(this.stack, count);
    this.tell(`${this.stack.padEnd(16)} ${describeChanges(count)}`);
  }
}

/** `3 added, 0 changed, 1 destroyed`, or `no changes`. */
export function describeChanges({ added, changed, destroyed }: ChangeCount): string {
  return added + changed + destroyed === 0
    ? "no changes"
    : `${added} added, ${changed} changed, ${destroyed} destroyed`;
}

export function sumChanges(counts: Iterable<ChangeCount>): ChangeCount {
  return [...counts].reduce(
    (sum, { added, changed, destroyed }) => ({
      added: sum.added + added,
      changed: sum.changed + changed,
      destroyed: sum.destroyed + destroyed,
    }),
    { added: 0, changed: 0, destroyed: 0 },
  );
}
