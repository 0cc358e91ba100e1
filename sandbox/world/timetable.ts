interface Entry {
  /** World time in milliseconds. */
  at: number;
  order: number;
  readonly then: () => void;
  /** In milliseconds; undefined: once. */
  readonly every: number | undefined;
  cancelled: boolean;
}

/** What will happen, in order of time; of making, where that is the same. A binary heap. */
export class Timetable {
  private readonly heap: Entry[] = [];
  private made = 0;

  /** Time of the next entry; Infinity: there is none. */
  public get next(): number {
    while (this.heap[0]?.cancelled === true) this.pop();
    return this.heap[0]?.at ?? Infinity;
  }

  /**
   * @param every after how many milliseconds it happens again; undefined: never.
   * @returns what cancels it.
   */
  public add(at: number, then: () => void, every?: number): () => void {
    const entry = { at, order: this.made++, then, every, cancelled: false };
    this.push(entry);
    return () => {
      entry.cancelled = true;
    };
  }

  /** Takes the next entry off and runs it. One that recurs is on again before it runs, so that it can cancel itself. */
  public runNext(): void {
    if (this.next === Infinity) return;
    const entry = this.pop();
    if (entry.every !== undefined) {
      entry.at += entry.every;
      entry.order = this.made++;
      this.push(entry);
    }
    entry.then();
  }

  private push(entry: Entry): void {
    let i = this.heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(entry, this.at(parent))) break;
      this.heap[i] = this.at(parent);
      i = parent;
    }
    this.heap[i] = entry;
  }

  private pop(): Entry {
    const first = this.at(0);
    const last = this.heap.pop() as Entry;
    if (this.heap.length > 0) this.sink(last);
    return first;
  }

  private sink(entry: Entry): void {
    let i = 0;
    for (;;) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      if (left >= this.heap.length) break;
      const child = right < this.heap.length && isBefore(this.at(right), this.at(left)) ? right : left;
      if (!isBefore(this.at(child), entry)) break;
      this.heap[i] = this.at(child);
      i = child;
    }
    this.heap[i] = entry;
  }

  private at(index: number): Entry {
    return this.heap[index] as Entry;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
