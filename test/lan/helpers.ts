import { asciiBytes } from '../../src/lan/ftp-client.js';
import {
  type BoardPort,
  Host,
  type HostOptions,
  type TcpAcceptor,
  type TcpApp,
  type TcpConnection,
  type Wire,
} from '../../src/lan/index.js';
import { stateClass } from '../../src/lan/state.js';

export const MS = 1_000_000;
export const SECOND = 1_000_000_000;

export function host(wire: Wire, n: number, more: Partial<HostOptions> = {}): Host {
  return new Host(wire, {
    name: `pc${n}`,
    mac: `02:00:00:00:00:${n.toString(16).padStart(2, '0')}`,
    ip: `192.168.1.${n}`,
    ...more,
  });
}

/** Runs until the condition holds; throws after `limitNs` of virtual time. */
export function runUntil(wire: Wire, limitNs: number, condition: () => boolean): void {
  while (!condition()) {
    const next = wire.nextEventNs();
    if (next > limitNs) throw new Error(`condition not met by ${limitNs} ns`);
    wire.runEvents(next);
  }
}

/** Deterministic content of any length. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 13) & 255);
}

/** Sends `data`, then closes; keeps what it receives. */
export class Talker implements TcpApp, TcpAcceptor {
  received = 0;
  readonly chunks: Uint8Array[] = [];
  events: string[] = [];
  connection: TcpConnection | null = null;
  /** Leave data unread while set. */
  deaf = false;
  private offset = 0;
  readonly data: Uint8Array;
  readonly closeAtEnd: boolean;

  constructor(data: Uint8Array = new Uint8Array(0), closeAtEnd = true) {
    this.data = data;
    this.closeAtEnd = closeAtEnd;
  }

  onAccept(connection: TcpConnection): TcpApp {
    this.connection = connection;
    return this;
  }

  onConnected(connection: TcpConnection): void {
    this.connection = connection;
    this.events.push('connected');
    this.pump(connection);
  }

  onData(connection: TcpConnection): void {
    if (!this.deaf) this.read(connection);
  }

  read(connection: TcpConnection): void {
    const bytes = connection.readAvailable();
    this.received += bytes.length;
    this.chunks.push(bytes);
  }

  onWritable(connection: TcpConnection): void {
    this.pump(connection);
  }

  onEnd(connection: TcpConnection): void {
    this.events.push('end');
    if (this.offset >= this.data.length) connection.close();
  }

  onClosed(_connection: TcpConnection, reason: string): void {
    this.events.push(reason);
  }

  private pump(connection: TcpConnection): void {
    while (this.offset < this.data.length) {
      const n = connection.write(this.data.subarray(this.offset, this.offset + 4096));
      this.offset += n;
      if (n < Math.min(4096, this.data.length - this.offset + n)) return;
    }
    if (this.closeAtEnd) connection.close();
  }
}

/** A tiny FTP server with one file, for the client's tests. */
export class TinyFtpServer implements TcpApp, TcpAcceptor {
  readonly host: Host;
  readonly file: Uint8Array;
  stored: Uint8Array[] = [];
  readonly commands: string[] = [];
  private control: TcpConnection | null = null;
  private data: TcpConnection | null = null;
  private line = '';
  private command = '';
  private offset = 0;
  private portTarget: [number, number] | null = null;
  private restart = 0;

  constructor(host: Host, file: Uint8Array) {
    this.host = host;
    this.file = file;
    host.listen(21, this);
  }

  onAccept(connection: TcpConnection): TcpApp {
    if (connection.localPort === 21) this.control = connection;
    else this.data = connection;
    return this;
  }

  onConnected(connection: TcpConnection): void {
    if (connection === this.control) this.reply('220 ready');
    else this.transfer();
  }

  onData(connection: TcpConnection): void {
    const bytes = connection.readAvailable();
    if (connection === this.data) {
      this.stored.push(bytes);
      return;
    }
    for (const b of bytes) {
      if (b !== 10) {
        if (b !== 13) this.line += String.fromCharCode(b);
        continue;
      }
      const line = this.line;
      this.line = '';
      this.commands.push(line);
      this.execute(line.split(' ')[0] ?? '', line.split(' ')[1] ?? '');
    }
  }

  private execute(verb: string, arg: string): void {
    switch (verb) {
      case 'USER':
        this.reply('331 password');
        break;
      case 'PASS':
      case 'TYPE':
        this.reply('200 fine');
        break;
      case 'PASV':
        this.host.unlisten(5000);
        this.host.listen(5000, this);
        this.reply('227 Entering passive mode (192,168,1,2,19,136).');
        break;
      case 'EPSV':
        this.host.unlisten(5000);
        this.host.listen(5000, this);
        this.reply('229 Entering Extended Passive Mode (|||5000|)');
        break;
      case 'PORT': {
        const n = arg.split(',').map(Number) as [number, number, number, number, number, number];
        this.portTarget = [((n[0] * 256 + n[1]) * 256 + n[2]) * 256 + n[3], n[4] * 256 + n[5]];
        this.reply('200 fine');
        break;
      }
      case 'REST':
        this.restart = Number(arg);
        this.reply('350 restarting');
        break;
      case 'SIZE':
        this.reply(`213 ${this.file.length}`);
        break;
      case 'RETR':
        if (arg !== 'file') {
          this.reply('550 no such file');
          break;
        }
        this.begin(verb);
        break;
      case 'STOR':
      case 'LIST':
        this.begin(verb);
        break;
      case 'QUIT':
        this.reply('221-first line\r\n221 bye');
        this.control?.close();
        break;
      default:
        this.reply('500 what?');
    }
  }

  private begin(verb: string): void {
    this.command = verb;
    this.offset = this.restart;
    this.restart = 0;
    this.reply('150 here it comes');
    if (this.portTarget !== null) {
      this.data = this.host.connect(this.portTarget[0], this.portTarget[1], this, { localPort: 20 });
      this.portTarget = null;
    } else this.transfer();
  }

  private transfer(): void {
    const content = this.command === 'LIST' ? asciiBytes('-rw-r--r-- 1 root root 5 file\r\n') : this.file;
    if (this.data === null || this.data.state === 'syn-sent' || this.command === '' || this.command === 'STOR') return;
    while (this.offset < content.length) {
      const n = this.data.write(content.subarray(this.offset, this.offset + 1024));
      this.offset += n;
      if (n === 0) return;
    }
    this.data.close();
    this.finish();
  }

  private finish(): void {
    if (this.command === '') return;
    this.command = '';
    this.data = null;
    this.reply('226 done');
  }

  onWritable(): void {
    this.transfer();
  }

  onEnd(connection: TcpConnection): void {
    connection.close();
    if (connection === this.data && this.command === 'STOR') this.finish();
  }

  onClosed(): void {}

  private reply(text: string): void {
    this.control?.write(asciiBytes(`${text}\r\n`));
  }
}

/** Records what the wire tells the board. */
export class PortLog implements BoardPort {
  readonly calls: string[] = [];
  readonly frames: Uint8Array[] = [];
  now: () => number;

  constructor(wire: Wire) {
    this.now = () => wire.now;
    wire.attachBoard(this);
  }

  rxStart(atNs: number, frame: Uint8Array): void {
    this.calls.push(`rx ${atNs} ${frame.length}`);
    this.frames.push(frame);
  }

  collision(): void {
    this.calls.push(`collision ${this.now()}`);
  }

  carrier(busy: boolean): void {
    this.calls.push(`carrier ${busy ? 'up' : 'down'} ${this.now()}`);
  }
}

stateClass('test.Talker', Talker);
stateClass('test.TinyFtpServer', TinyFtpServer);
