import { stateClass } from './state.js';

/** Whoever receives an event. The kind tells what was due; no closure is ever stored. */
export interface EventTarget {
  /**
   * An event is due.
   * @param kind what the event means to its target
   * @param arg what was given to `schedule`
   * @param now the event's own time, ns
   */
  onEvent(kind: string, arg: unknown, now: number): void;
}

/** One entry of the queue. `target` is null once cancelled. */
export class LanEvent {
  /** When, ns. */
  readonly at: number;
  /** Order of insertion, which decides among equal times. */
  readonly seq: number;
  /** Who gets it. */
  target: EventTarget | null;
  /** What it means to its target. */
  readonly kind: string;
  /** What goes with it. */
  readonly arg: unknown;

  constructor(at: number, seq: number, target: EventTarget | null, kind: string, arg: unknown) {
    this.at = at;
    this.seq = seq;
    this.target = target;
    this.kind = kind;
    this.arg = arg;
  }

  /** The event will not happen. */
  cancel(): void {
    this.target = null;
  }
}

function before(a: LanEvent, b: LanEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.seq < b.seq);
}

/** Events in order of (time, insertion), and how far they have come. A binary heap with lazy deletion. */
export class EventQueue {
  /** Virtual time, ns. */
  now = 0;
  private readonly heap: LanEvent[] = [];
  private seq = 0;

  /** Posts an event at `at` ns and returns it so that it can be cancelled. */
  schedule(at: number, target: EventTarget, kind: string, arg: unknown = null): LanEvent {
    const event = new LanEvent(at, this.seq++, target, kind, arg);
    const heap = this.heap;
    let i = heap.length;
    heap.push(event);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const p = heap[parent] as LanEvent;
      if (!before(event, p)) break;
      heap[i] = p;
      i = parent;
    }
    heap[i] = event;
    return event;
  }

  /** Time of the earliest live event, ns; Infinity if there is none. */
  nextTime(): number {
    for (;;) {
      const top = this.heap[0];
      if (top === undefined) return Number.POSITIVE_INFINITY;
      if (top.target !== null) return top.at;
      this.removeTop();
    }
  }

  /** Takes the earliest live event. */
  pop(): LanEvent | undefined {
    if (this.nextTime() === Number.POSITIVE_INFINITY) return undefined;
    return this.removeTop();
  }

  private removeTop(): LanEvent | undefined {
    const heap = this.heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as LanEvent, heap[child] as LanEvent)) child++;
      if (!before(heap[child] as LanEvent, last)) break;
      heap[i] = heap[child] as LanEvent;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

/**
 * A restartable alarm. Moving the deadline later costs nothing: the queued event fires early and re-posts itself,
 * so a timer that every segment restarts does not fill the queue.
 */
export class Timer implements EventTarget {
  /** When it fires, ns; -1 while stopped. */
  deadline = -1;
  private queued: LanEvent | null = null;

  private readonly events: EventQueue;
  private readonly owner: EventTarget;
  private readonly kind: string;

  constructor(events: EventQueue, owner: EventTarget, kind: string) {
    this.events = events;
    this.owner = owner;
    this.kind = kind;
  }

  /** True while the timer is running. */
  get running(): boolean {
    return this.deadline >= 0;
  }

  /** (Re)starts the timer for the absolute time `at`, ns. */
  start(at: number): void {
    this.deadline = at;
    if (this.queued !== null) {
      if (this.queued.at <= at) return;
      this.queued.cancel();
    }
    this.queued = this.events.schedule(at, this, 'timer');
  }

  /** Stops the timer. */
  stop(): void {
    this.deadline = -1;
  }

  /** Stops the timer and takes its entry out of the queue, for owners that cease to exist. */
  dispose(): void {
    this.deadline = -1;
    this.queued?.cancel();
    this.queued = null;
  }

  /** @internal */
  onEvent(_kind: string, _arg: unknown, now: number): void {
    this.queued = null;
    if (this.deadline < 0) return;
    if (this.deadline > now) {
      this.queued = this.events.schedule(this.deadline, this, 'timer');
      return;
    }
    this.deadline = -1;
    this.owner.onEvent(this.kind, null, now);
  }
}

stateClass('LanEvent', LanEvent);
stateClass('EventQueue', EventQueue);
stateClass('Timer', Timer);
