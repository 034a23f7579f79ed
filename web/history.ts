/**
 * The fewest free clusters in each stretch of virtual time since reset. The stretches double in length when there are
 * too many of them, so that hours and seconds cost the same.
 */
export class History {
  /** Length of a stretch in virtual seconds. */
  width = 0.05;
  #lowest: number[] = [];
  static readonly LIMIT = 8192;

  /** Forgets everything. */
  clear(): void {
    this.width = 0.05;
    this.#lowest = [];
  }

  /** Notes that at least `lowest` clusters were free at every moment since the last note, up to `seconds`. */
  note(seconds: number, lowest: number): void {
    while (seconds / this.width >= History.LIMIT) this.#halve();
    const index = Math.floor(seconds / this.width);
    const count = this.#lowest.length;
    if (index < count) this.#lowest[index] = Math.min(this.#lowest[index] ?? lowest, lowest);
    else for (let i = count; i <= index; i++) this.#lowest[i] = lowest;
  }

  /** The lowest value in each of `count` equal parts of the time from `from` to `to`; undefined where nothing was noted. */
  columns(from: number, to: number, count: number): (number | undefined)[] {
    const columns: (number | undefined)[] = [];
    for (let i = 0; i < count; i++) {
      const start = from + ((to - from) * i) / count;
      const end = from + ((to - from) * (i + 1)) / count;
      let lowest: number | undefined;
      const last = Math.min(this.#lowest.length - 1, Math.ceil(end / this.width) - 1);
      for (let j = Math.max(0, Math.floor(start / this.width)); j <= last; j++) {
        const value = this.#lowest[j];
        if (value !== undefined && (lowest === undefined || value < lowest)) lowest = value;
      }
      columns.push(lowest);
    }
    return columns;
  }

  #halve(): void {
    const merged: number[] = [];
    for (let i = 0; i < this.#lowest.length; i += 2) {
      const first = this.#lowest[i] ?? 0;
      merged.push(Math.min(first, this.#lowest[i + 1] ?? first));
    }
    this.#lowest = merged;
    this.width *= 2;
  }
}
