import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { UsageError } from '../errors.js';
import { cannotWrite } from './capture-file.js';

/**
 * A file that keeps what a board's parallel flash holds from one run to the next. It is replaced as a whole or not at
 * all: whoever reads it, or loses power, sees the old content or the new.
 *
 * @example
 * const file = new FlashFile('board.flash');
 * const board = await Board.create({ flash: file.content });
 * // …
 * file.save(board.flash);
 */
export class FlashFile {
  /** What the file held when it was opened; empty for one that did not exist, whose flash is erased. */
  readonly content: Uint8Array;
  readonly #path: string;

  /** Makes the file if there is none. @throws UsageError when it cannot be read or written */
  constructor(path: string) {
    this.#path = path;
    let content: Uint8Array | undefined;
    try {
      content = new Uint8Array(readFileSync(path));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' || path === '') throw new UsageError(cannotWrite(path, error));
    }
    this.content = content ?? new Uint8Array();
    // A place that cannot be written is told before the run, not behind it.
    this.save(this.content);
  }

  /** Replaces the content. @throws UsageError when the file cannot be written */
  save(content: Uint8Array): void {
    const beside = `${this.#path}.new-${process.pid}`;
    try {
      const file = openSync(beside, 'w');
      try {
        for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(beside, this.#path);
    } catch (error) {
      rmSync(beside, { force: true });
      throw new UsageError(cannotWrite(this.#path, error));
    }
  }
}
