/**
 * Bad input from a person or a program: a file that is not what it should be,
 * an unknown option, sizes that cannot work. `message` is one line that names
 * the thing and the remedy. The command line prints it and exits with code 2.
 */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** `Console.expect` saw its time-out pass in virtual time without a match; `tail` is what the console said last. */
export class ExpectTimeout extends Error {
  override name = 'ExpectTimeout';
  /** The last characters of console output before the time-out. */
  readonly tail: string;
  constructor(message: string, tail: string) {
    super(message);
    this.tail = tail;
  }
}

/** The guest stopped for good: checkstop or an endless chain of exceptions. `report` is for people. */
export class GuestStopped extends Error {
  override name = 'GuestStopped';
  /** Registers and the last instructions, several lines. */
  readonly report: string;
  constructor(message: string, report: string) {
    super(message);
    this.report = report;
  }
}
