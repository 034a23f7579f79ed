import { stateClass } from './state.js';

/** A first-in first-out queue of bytes with random access from the front. */
export class ByteQueue {
  private data = new Uint8Array(1024);
  private start = 0;
  private end = 0;

  /** Bytes held. */
  get length(): number {
    return this.end - this.start;
  }

  /** Appends a copy of `bytes`. */
  push(bytes: Uint8Array): void {
    if (this.end + bytes.length > this.data.length) {
      const need = this.length + bytes.length;
      const target = need * 2 > this.data.length ? new Uint8Array(Math.max(need * 2, 1024)) : this.data;
      target.set(this.data.subarray(this.start, this.end));
      this.end -= this.start;
      this.start = 0;
      this.data = target;
    }
    this.data.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** A copy of at most `length` bytes, `offset` bytes from the front. */
  peek(offset: number, length: number): Uint8Array {
    const from = Math.min(this.start + offset, this.end);
    return this.data.slice(from, Math.min(from + length, this.end));
  }

  /** Discards `length` bytes from the front. */
  drop(length: number): void {
    this.start = Math.min(this.start + length, this.end);
    if (this.start === this.end) {
      this.start = 0;
      this.end = 0;
    }
  }

  /** Removes and returns at most `length` bytes. */
  take(length = this.length): Uint8Array {
    const out = this.peek(0, length);
    this.drop(out.length);
    return out;
  }
}

stateClass('ByteQueue', ByteQueue);
