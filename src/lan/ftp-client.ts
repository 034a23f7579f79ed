import { type EventTarget, Timer } from './events.js';
import type { Host } from './host.js';
import { formatIp, parseIp } from './packets.js';
import { Sha256 } from './sha256.js';
import { stateClass } from './state.js';
import type { TcpAcceptor, TcpApp, TcpCloseReason, TcpConnection, TcpOptions } from './tcp.js';
import type { Wire } from './wire.js';

/** How the data connection is made: the server listens (PASV, RFC 959; EPSV, RFC 2428) or the client does (PORT). */
export type FtpDataMode = 'pasv' | 'epsv' | 'port';

/** One thing for the client to do. */
export type FtpStep =
  | {
      /** Fetch a file. */
      do: 'retr';
      path: string;
      /** Image or ASCII type; default I. */
      type?: 'I' | 'A';
      /** Keep the content in the result. */
      collect?: boolean;
      /** Start at this byte (REST). */
      offset?: number;
    }
  | {
      /** Store bytes as a file. */
      do: 'stor';
      path: string;
      data: Uint8Array;
      type?: 'I' | 'A';
    }
  | {
      /** A directory listing, long or names only; kept in the result. */
      do: 'list' | 'nlst';
      path?: string;
    }
  | {
      /** The size of a file. */
      do: 'size';
      path: string;
    }
  | {
      /** Any command on the control connection that needs no data connection. */
      do: 'command';
      line: string;
    }
  | {
      /** Do nothing for a while. */
      do: 'wait';
      ns: number;
    };

/** Options of an FTP client. */
export interface FtpClientOptions {
  /** Where it runs. */
  host: Host;
  /** Unique name, under which `FtpClient.find` returns it. Default `ftp`. */
  name?: string;
  /** Address of the server. */
  server: string;
  /** Default 21. */
  port?: number;
  /** Default anonymous. */
  user?: string;
  /** Default guest@. */
  password?: string;
  /** Default pasv. */
  mode?: FtpDataMode;
  /** What to do after logging in; QUIT follows. */
  steps: FtpStep[];
  /** Give up after this long without progress; default 0: only TCP gives up. */
  idleTimeoutNs?: number;
  /** How often the whole session is done; default 1. A failed session counts. */
  sessions?: number;
  /** From the end of a session to the next, ns; default 1 s. */
  pauseNs?: number;
  /** TCP options of its connections. */
  tcp?: Partial<TcpOptions>;
}

/** How a step ended. All times in ns since power-on, -1 where it did not come to that. */
export interface FtpResult {
  /** Counts from 0. */
  session: number;
  /** Index into the steps, -1 for the login. */
  step: number;
  /** The verb, `login` for what goes before the first step. */
  command: string;
  /** The step's path, empty without one. */
  path: string;
  /** Whether the server confirmed it and the data connection ended in order. */
  outcome: 'complete' | 'failed';
  /** Empty, or why it failed. */
  reason: string;
  /** Last reply line of the server, code included. */
  reply: string;
  /** Data bytes received or sent. */
  bytes: number;
  /** SHA-256 of the data received or sent; empty without data transfer. */
  sha256: string;
  /** The step began. */
  startNs: number;
  /** The data connection was established. */
  connectNs: number;
  /** First data byte. */
  firstByteNs: number;
  /** Last data byte so far. */
  lastByteNs: number;
  /** The step was over. */
  endNs: number;
  /** What was received, if it was to be kept; its first 64 MiB. */
  content: Uint8Array | null;
}

/** What the client is waiting for. */
export type FtpPhase =
  | 'idle'
  | 'connecting'
  | 'greeting'
  | 'user'
  | 'pass'
  | 'type'
  | 'mode'
  | 'rest'
  | 'data-connect'
  | 'transfer'
  | 'reply'
  | 'waiting'
  | 'quit'
  | 'pause'
  | 'done';

/** A wild server cannot make the client remember more than this: lines of dialogue, bytes of content. */
const DIALOGUE_LIMIT = 10_000;
const CONTENT_LIMIT = 64 * 1024 * 1024;

/** An FTP client (RFC 959, 1123, 2428) that works through a list of steps. Its whole state can be saved. */
export class FtpClient implements TcpApp, TcpAcceptor, EventTarget {
  /** Where it runs. */
  readonly host: Host;
  /** What it was made with. */
  readonly options: FtpClientOptions;
  /** What it is doing. */
  phase: FtpPhase = 'idle';
  /** Finished steps in order. */
  readonly results: FtpResult[] = [];
  /** The control connection's first 10,000 lines, each with its time: `>` sent, `<` received. */
  readonly dialogue: Array<{ atNs: number; line: string }> = [];
  /** The step in progress, with what it has moved so far; null between steps. */
  current: FtpResult | null = null;
  /** Sessions finished, and how many of them failed. */
  sessionsDone = 0;
  /** Sessions that failed. */
  sessionsFailed = 0;

  private control: TcpConnection | null = null;
  private data: TcpConnection | null = null;
  private line = '';
  private stepIndex = 0;
  private type = '';
  private hash = new Sha256();
  private chunks: Uint8Array[] = [];
  private sendOffset = 0;
  private listenPort = 0;
  private dataEnded = false;
  private replyDone = false;
  private preliminary = false;
  private readonly idleTimer: Timer;

  constructor(options: FtpClientOptions) {
    parseIp(options.server);
    const name = options.name ?? 'ftp';
    const roots = options.host.wire.roots;
    if (name in roots) throw new Error(`there is already something named ${name} on the wire`);
    roots[name] = this;
    this.host = options.host;
    this.options = options;
    this.idleTimer = new Timer(options.host.wire.events, this, 'idle');
  }

  /** The client of that name on a wire (needed after `Wire.load`). Throws if there is none. */
  static find(wire: Wire, name = 'ftp'): FtpClient {
    const client = wire.roots[name];
    if (!(client instanceof FtpClient)) throw new Error(`there is no FTP client named ${name}`);
    return client;
  }

  /** True when all sessions are over. */
  get done(): boolean {
    return this.phase === 'done';
  }

  /** Begins now, or `afterNs` from now. */
  start(afterNs = 0): void {
    if (this.phase !== 'idle' && this.phase !== 'done') throw new Error('the FTP client is already running');
    this.phase = 'pause';
    const { wire } = this.host;
    wire.events.schedule(wire.now + afterNs, this, 'start');
  }

  /** Ends the session rudely: resets both connections. */
  abort(): void {
    this.failSession('aborted');
  }

  /** @internal */
  onEvent(kind: string, _arg: unknown, now: number): void {
    if (kind === 'start' && this.phase === 'pause') this.beginSession(now);
    else if (kind === 'step' && this.phase === 'waiting') {
      this.finishStep(now);
    } else if (kind === 'idle') this.failSession('no progress');
  }

  private beginSession(now: number): void {
    this.phase = 'connecting';
    this.stepIndex = 0;
    this.line = '';
    this.type = '';
    this.current = this.newResult('login', '', now);
    const { server, port, tcp } = this.options;
    this.control = this.host.connect(parseIp(server), port ?? 21, this, { ...tcp });
    this.progress(now);
  }

  // ---- TCP callbacks ----

  /** @internal */
  onAccept(connection: TcpConnection): TcpApp | null {
    if (this.data !== null || this.phase === 'done') return null;
    this.host.unlisten(this.listenPort);
    this.data = connection;
    return this;
  }

  /** @internal */
  onConnected(connection: TcpConnection, now: number): void {
    this.progress(now);
    if (connection === this.control) {
      this.phase = 'greeting';
      if (this.current !== null) this.current.connectNs = now;
    } else if (connection === this.data) {
      if (this.current !== null) this.current.connectNs = now;
      if (this.phase === 'data-connect') this.sendTransferCommand(now);
      else this.pump(now);
    }
  }

  /** @internal */
  onData(connection: TcpConnection, now: number): void {
    this.progress(now);
    const bytes = connection.readAvailable();
    if (connection === this.control) this.takeControl(bytes, now);
    else if (connection === this.data && this.current !== null) {
      if (this.current.firstByteNs < 0) this.current.firstByteNs = now;
      this.current.lastByteNs = now;
      this.current.bytes += bytes.length;
      this.hash.update(bytes);
      const step = this.step();
      const collect = step?.do === 'list' || step?.do === 'nlst' || (step?.do === 'retr' && step.collect === true);
      if (collect && this.current.bytes <= CONTENT_LIMIT) this.chunks.push(bytes);
    }
  }

  /** @internal */
  onWritable(connection: TcpConnection, now: number): void {
    this.progress(now);
    if (connection === this.data) this.pump(now);
  }

  /** @internal */
  onEnd(connection: TcpConnection, now: number): void {
    if (connection === this.data) {
      connection.close();
      this.dataEnded = true;
      this.maybeFinishTransfer(now);
    } else if (connection === this.control) {
      connection.close();
      if (this.phase === 'quit') this.endSession(now, false);
      else this.failSession('control connection closed by server');
    }
  }

  /** @internal */
  onClosed(connection: TcpConnection, reason: TcpCloseReason, now: number): void {
    if (connection === this.data) {
      this.data = null;
      if (reason === 'closed' || this.dataEnded) {
        this.dataEnded = true;
        this.maybeFinishTransfer(now);
      } else this.failSession(`data connection: ${reason}`);
    } else if (connection === this.control) {
      this.control = null;
      if (this.phase === 'quit') this.endSession(now, false);
      else this.failSession(`control connection: ${reason}`);
    }
  }

  // ---- Control connection ----

  private send(line: string, now: number): void {
    this.record(`> ${line}`, now);
    this.control?.write(asciiBytes(`${line}\r\n`));
  }

  private record(line: string, now: number): void {
    if (this.dialogue.length < DIALOGUE_LIMIT) this.dialogue.push({ atNs: now, line });
  }

  private takeControl(bytes: Uint8Array, now: number): void {
    for (const b of bytes) {
      if (b === 10) {
        const line = this.line.endsWith('\r') ? this.line.slice(0, -1) : this.line;
        this.line = '';
        this.record(`< ${line}`, now);
        // Multi-line replies end with the code and a blank (RFC 959 4.2).
        if (/^\d{3} /.test(line) || /^\d{3}$/.test(line)) this.onReply(Number(line.slice(0, 3)), line, now);
      } else if (this.line.length < 1024) this.line += String.fromCharCode(b);
    }
  }

  private onReply(code: number, line: string, now: number): void {
    if (this.current !== null) this.current.reply = line;
    const good = code < 400;
    switch (this.phase) {
      case 'greeting':
        if (code >= 200 && good) {
          this.phase = 'user';
          this.send(`USER ${this.options.user ?? 'anonymous'}`, now);
        } else if (!good) this.failSession(line);
        break;
      case 'user':
        if (code >= 300 && good) {
          this.phase = 'pass';
          this.send(`PASS ${this.options.password ?? 'guest@'}`, now);
        } else if (good) this.finishStep(now);
        else this.failSession(line);
        break;
      case 'pass':
        if (good) this.finishStep(now);
        else this.failSession(line);
        break;
      case 'type':
        if (good) this.openData(now);
        else this.failStep(line, now);
        break;
      case 'mode':
        if (good) this.onMode(line, now);
        else this.failStep(line, now);
        break;
      case 'rest':
        if (good) this.sendRetrieve(now);
        else this.failStep(line, now);
        break;
      case 'transfer':
        if (code < 200) {
          this.preliminary = true;
          this.pump(now);
        } else if (good) {
          this.replyDone = true;
          this.maybeFinishTransfer(now);
        } else this.failStep(line, now);
        break;
      case 'reply':
        if (code < 200) break;
        if (good) this.finishStep(now);
        else this.failStep(line, now);
        break;
      case 'quit':
        this.control?.close();
        break;
    }
  }

  // ---- Steps ----

  private step(): FtpStep | null {
    return this.options.steps[this.stepIndex] ?? null;
  }

  private newResult(command: string, path: string, now: number): FtpResult {
    return {
      session: this.sessionsDone,
      step: command === 'login' ? -1 : this.stepIndex,
      command,
      path,
      outcome: 'failed',
      reason: '',
      reply: '',
      bytes: 0,
      sha256: '',
      startNs: now,
      connectNs: -1,
      firstByteNs: -1,
      lastByteNs: -1,
      endNs: -1,
      content: null,
    };
  }

  private beginStep(now: number): void {
    const step = this.step();
    if (step === null) {
      this.current = null;
      this.phase = 'quit';
      this.send('QUIT', now);
      return;
    }
    this.current = this.newResult(step.do, 'path' in step ? (step.path ?? '') : '', now);
    this.hash = new Sha256();
    this.chunks = [];
    this.sendOffset = 0;
    this.dataEnded = false;
    this.replyDone = false;
    this.preliminary = false;
    switch (step.do) {
      case 'wait':
        this.phase = 'waiting';
        this.idleTimer.stop();
        this.host.wire.events.schedule(now + step.ns, this, 'step');
        break;
      case 'size':
        this.phase = 'reply';
        this.send(`SIZE ${step.path}`, now);
        break;
      case 'command':
        this.phase = 'reply';
        this.send(step.line, now);
        break;
      default: {
        const type = step.do === 'retr' || step.do === 'stor' ? (step.type ?? 'I') : 'A';
        if (type === this.type) this.openData(now);
        else {
          this.type = type;
          this.phase = 'type';
          this.send(`TYPE ${type}`, now);
        }
      }
    }
  }

  private openData(now: number): void {
    this.phase = 'mode';
    const mode = this.options.mode ?? 'pasv';
    if (mode === 'port') {
      this.listenPort = this.host.freePort();
      this.host.listen(this.listenPort, this, { ...this.options.tcp });
      const address = formatIp(this.host.ip).replaceAll('.', ',');
      this.send(`PORT ${address},${this.listenPort >> 8},${this.listenPort & 255}`, now);
    } else this.send(mode.toUpperCase(), now);
  }

  private onMode(line: string, now: number): void {
    const mode = this.options.mode ?? 'pasv';
    if (mode === 'port') {
      this.sendTransferCommand(now);
      return;
    }
    let ip = parseIp(this.options.server);
    let port = 0;
    if (mode === 'epsv') {
      const found = /\((.)\1\1(\d{1,5})\1\)/.exec(line);
      port = found === null ? 0 : Number(found[2]);
    } else {
      const found = /(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})/.exec(line);
      const n = (found?.slice(1) ?? []).map(Number);
      if (n.length === 6 && n.every((value) => value < 256)) {
        ip = parseIp(n.slice(0, 4).join('.'));
        port = (n[4] as number) * 256 + (n[5] as number);
      }
    }
    if (port < 1 || port > 65_535) {
      this.failStep(`no usable port in: ${line}`, now);
      return;
    }
    this.phase = 'data-connect';
    this.data = this.host.connect(ip, port, this, { ...this.options.tcp });
  }

  private sendTransferCommand(now: number): void {
    const step = this.step();
    if (step?.do === 'retr' && step.offset !== undefined && step.offset > 0) {
      this.phase = 'rest';
      this.send(`REST ${step.offset}`, now);
    } else this.sendRetrieve(now);
  }

  private sendRetrieve(now: number): void {
    const step = this.step();
    if (step === null) return;
    this.phase = 'transfer';
    const path = 'path' in step ? step.path : undefined;
    this.send(path === undefined ? step.do.toUpperCase() : `${step.do.toUpperCase()} ${path}`, now);
  }

  /** Upload: fills the data connection's send buffer. */
  private pump(now: number): void {
    const step = this.step();
    if (step?.do !== 'stor' || this.data === null || !this.preliminary || this.current === null) return;
    if (this.data.state !== 'established') return;
    while (this.sendOffset < step.data.length) {
      const chunk = step.data.subarray(this.sendOffset, this.sendOffset + 8192);
      const n = this.data.write(chunk);
      if (n > 0) {
        if (this.current.firstByteNs < 0) this.current.firstByteNs = now;
        this.current.lastByteNs = now;
        this.hash.update(chunk.subarray(0, n));
        this.sendOffset += n;
        this.current.bytes = this.sendOffset;
      }
      if (n < chunk.length) return;
    }
    this.dataEnded = true;
    this.data.close();
  }

  private maybeFinishTransfer(now: number): void {
    if (this.phase === 'transfer' && this.replyDone && this.dataEnded) this.finishStep(now);
  }

  private finishStep(now: number): void {
    this.closeResult('complete', '', now);
    // The login is no step of the list.
    if (this.phase !== 'user' && this.phase !== 'pass') this.stepIndex++;
    this.data = null;
    this.progress(now);
    this.beginStep(now);
  }

  private failStep(reason: string, now: number): void {
    this.closeResult('failed', reason, now);
    this.host.unlisten(this.listenPort);
    const data = this.data;
    this.data = null;
    data?.abort();
    this.stepIndex++;
    this.beginStep(now);
  }

  private closeResult(outcome: 'complete' | 'failed', reason: string, now: number): void {
    const result = this.current;
    if (result === null) return;
    result.outcome = outcome;
    result.reason = reason;
    result.endNs = now;
    const step = this.step();
    if (step !== null && result.command !== 'login' && (step.do === 'retr' || step.do === 'stor' || result.bytes > 0))
      result.sha256 = this.hash.hex();
    if (this.chunks.length > 0) result.content = join(this.chunks);
    this.chunks = [];
    this.results.push(result);
    this.current = null;
  }

  // ---- Session ----

  private progress(now: number): void {
    const { idleTimeoutNs } = this.options;
    if (idleTimeoutNs !== undefined && idleTimeoutNs > 0) this.idleTimer.start(now + idleTimeoutNs);
  }

  private failSession(reason: string): void {
    if (this.phase === 'done' || this.phase === 'pause' || this.phase === 'idle') return;
    const { now } = this.host.wire;
    this.closeResult('failed', reason, now);
    this.endSession(now, true);
  }

  private endSession(now: number, failed: boolean): void {
    if (this.phase === 'done' || this.phase === 'pause') return;
    this.sessionsDone++;
    if (failed) this.sessionsFailed++;
    const more = this.sessionsDone < (this.options.sessions ?? 1);
    this.phase = more ? 'pause' : 'done';
    this.idleTimer.stop();
    this.host.unlisten(this.listenPort);
    const { control, data } = this;
    this.control = null;
    this.data = null;
    if (failed) {
      data?.abort();
      control?.abort();
    }
    if (more) this.host.wire.events.schedule(now + (this.options.pauseNs ?? 1_000_000_000), this, 'start');
  }
}

/** Characters to bytes, Latin-1. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0) & 255);
}

/** The concatenation of the pieces. */
export function join(pieces: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

stateClass('FtpClient', FtpClient);
