/**
 * Host TCP ports forwarded to the board, with the data connections of FTP taken care of.
 *
 * Sockets deliver between two slices of the caller's run loop; what they deliver enters the LAN at the wire's present
 * time and moves when the board is run on.
 */
import net from 'node:net';
import type { Gateway, GatewayLink, GatewayPeer } from '../lan/gateway.js';
import { formatIp, parseIp } from '../lan/packets.js';
import type { TcpCloseReason } from '../lan/tcp.js';

/** One forwarded port. */
export interface ForwardSpec {
  /** Address to listen on. */
  hostAddress: string;
  /** Port to listen on; 0 = any. */
  hostPort: number;
  /** Empty: the board's own address. */
  boardAddress: string;
  /** Port to connect to. */
  boardPort: number;
}

/** Options of a forward. */
export interface HostForwardOptions {
  /** The board's address, "192.168.1.10". */
  boardAddress: string;
  /** Follow FTP's data connections. Default: if the board's port is 21. */
  ftp?: boolean;
  /** Called when a socket has delivered something, so that a sleeping run loop can go on. */
  onActivity?: () => void;
}

/**
 * Reads `tcp:127.0.0.1:2121-:21` (host address, host port, board address, board port; both addresses may be empty).
 * Throws one clear line on anything else.
 */
export function parseForward(text: string): ForwardSpec {
  const found = /^tcp:([^:]*|\[[0-9a-fA-F:]+\]):(\d{1,5})-([^:]*):(\d{1,5})$/.exec(text);
  const fail = (): never => {
    throw new Error(`"${text}" is not a forward like tcp:127.0.0.1:2121-:21`);
  };
  if (found === null) return fail();
  const [, hostAddress = '', hostPort = '', boardAddress = '', boardPort = ''] = found;
  if (Number(hostPort) > 65_535 || Number(boardPort) > 65_535 || Number(boardPort) === 0) return fail();
  if (boardAddress !== '') parseIp(boardAddress);
  return {
    hostAddress: hostAddress === '' ? '127.0.0.1' : hostAddress.replace(/^\[|\]$/g, ''),
    hostPort: Number(hostPort),
    boardAddress,
    boardPort: Number(boardPort),
  };
}

/** A socket is not read from while this much waits for the board. */
const HIGH_WATER = 65_536;
const LOW_WATER = 16_384;
/** How long a data port waits for the client, ms of real time. */
const DATA_PORT_WAIT_MS = 60_000;
/** FTP lines longer than this are passed on as they are. */
const LINE_LIMIT = 4096;

/** A socket and the link that it is one end of. */
class Bridge implements GatewayPeer {
  link: GatewayLink | null = null;
  readonly socket: net.Socket;
  private readonly activity: () => void;

  constructor(socket: net.Socket, activity: () => void) {
    this.socket = socket;
    this.activity = activity;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.fromSocket(bytes);
      if ((this.link?.backlog ?? 0) > HIGH_WATER) socket.pause();
      this.activity();
    });
    socket.on('drain', () => {
      this.link?.setPaused(false);
      this.activity();
    });
    socket.on('end', () => {
      this.socketEnded();
      this.activity();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.link?.abort();
      this.link = null;
      this.activity();
    });
  }

  onData(bytes: Uint8Array): void {
    if (!this.socket.write(bytes)) this.link?.setPaused(true);
  }

  onWritable(): void {
    if ((this.link?.backlog ?? 0) < LOW_WATER && this.socket.isPaused()) this.socket.resume();
  }

  onEnd(): void {
    this.socket.end();
  }

  onClosed(reason: TcpCloseReason): void {
    this.link = null;
    if (reason === 'closed') this.socket.end();
    else this.socket.resetAndDestroy();
  }

  protected fromSocket(bytes: Uint8Array): void {
    this.link?.push(bytes);
  }

  protected socketEnded(): void {
    this.link?.end();
  }
}

/** A control connection of FTP: addresses in it are translated on the way. */
class FtpControlBridge extends Bridge {
  private readonly forward: HostForward;
  private readonly boardIp: number;
  private fromBoard = '';
  private fromClient = '';
  private held = false;
  /** The gateway's port that waits for the board in active mode. */
  private activePort = 0;
  private readonly outbox: string[] = [];
  private boardDone: (() => void) | null = null;
  private readonly dataServers = new Set<net.Server>();

  constructor(socket: net.Socket, forward: HostForward, boardIp: number) {
    super(socket, () => forward.activity());
    this.forward = forward;
    this.boardIp = boardIp;
    socket.on('close', () => {
      for (const server of this.dataServers) server.close();
      forward.gateway.unlisten(this.activePort);
    });
  }

  override onData(bytes: Uint8Array): void {
    this.fromBoard += Buffer.from(bytes).toString('latin1');
    let end = this.fromBoard.indexOf('\n');
    while (end >= 0) {
      this.outbox.push(this.fromBoard.slice(0, end + 1));
      this.fromBoard = this.fromBoard.slice(end + 1);
      end = this.fromBoard.indexOf('\n');
    }
    if (this.fromBoard.length > LINE_LIMIT) {
      this.outbox.push(this.fromBoard);
      this.fromBoard = '';
    }
    this.send();
    if (this.socket.writableLength > HIGH_WATER) this.link?.setPaused(true);
  }

  override onEnd(): void {
    this.whenSent(() => super.onEnd());
  }

  override onClosed(reason: TcpCloseReason): void {
    this.link = null;
    this.whenSent(() => super.onClosed(reason));
  }

  /** Sends lines in order; a passive reply waits until its port is open. */
  private send(): void {
    while (!this.held) {
      const line = this.outbox.shift();
      if (line === undefined) {
        const done = this.boardDone;
        this.boardDone = null;
        done?.();
        return;
      }
      const pasv = /^227[ -].*?(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})/.exec(line);
      const epsv = /^229[ -].*\((.)\1\1(\d{1,5})\1\)/.exec(line);
      if (pasv !== null) this.passive(Number(pasv[5]) * 256 + Number(pasv[6]), false);
      else if (epsv !== null) this.passive(Number(epsv[2]), true);
      else this.socket.write(line, 'latin1');
    }
  }

  private whenSent(done: () => void): void {
    if (this.fromBoard !== '') {
      this.outbox.push(this.fromBoard);
      this.fromBoard = '';
    }
    const before = this.boardDone;
    this.boardDone = () => {
      before?.();
      done();
    };
    this.send();
  }

  private passive(boardPort: number, extended: boolean): void {
    this.held = true;
    let address = (this.socket.localAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
    if (!extended && net.isIPv6(address)) address = '127.0.0.1';
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
    this.dataServers.add(server);
    const timer = setTimeout(() => server.close(), DATA_PORT_WAIT_MS);
    timer.unref();
    server.on('close', () => {
      clearTimeout(timer);
      this.dataServers.delete(server);
    });
    const answer = (line: string): void => {
      this.held = false;
      this.socket.write(line, 'latin1');
      this.send();
      this.forward.activity();
    };
    server.once('error', () => {
      server.close();
      answer('425 The forwarder could not open a data port.\r\n');
    });
    server.once('connection', (socket) => {
      server.close();
      this.forward.bridge(socket, this.boardIp, boardPort);
    });
    server.listen(0, address, () => {
      const port = (server.address() as net.AddressInfo).port;
      if (extended) answer(`229 Entering Extended Passive Mode (|||${port}|)\r\n`);
      else answer(`227 Entering Passive Mode (${address.replaceAll('.', ',')},${port >> 8},${port & 255}).\r\n`);
    });
  }

  protected override fromSocket(bytes: Uint8Array): void {
    this.fromClient += Buffer.from(bytes).toString('latin1');
    let end = this.fromClient.indexOf('\n');
    while (end >= 0) {
      this.command(this.fromClient.slice(0, end + 1));
      this.fromClient = this.fromClient.slice(end + 1);
      end = this.fromClient.indexOf('\n');
    }
    if (this.fromClient.length > LINE_LIMIT) this.flushClient();
  }

  protected override socketEnded(): void {
    this.flushClient();
    super.socketEnded();
  }

  private flushClient(): void {
    this.link?.push(Buffer.from(this.fromClient, 'latin1'));
    this.fromClient = '';
  }

  private command(line: string): void {
    const port = /^PORT\s+\d{1,3},\d{1,3},\d{1,3},\d{1,3},(\d{1,3}),(\d{1,3})\s*$/i.exec(line);
    const eprt = /^EPRT\s+(.)[12]\1[^|]*\1(\d{1,5})\1\s*$/i.exec(line);
    const target = port !== null ? Number(port[1]) * 256 + Number(port[2]) : eprt !== null ? Number(eprt[2]) : 0;
    this.link?.push(Buffer.from(target > 0 && target < 65_536 ? this.active(target) : line, 'latin1'));
  }

  /** Active mode: the board connects to the gateway, the gateway to the client. Only to the client's own address. */
  private active(clientPort: number): string {
    const { gateway } = this.forward;
    const client = this.socket.remoteAddress ?? '127.0.0.1';
    gateway.unlisten(this.activePort);
    const port = gateway.listen({
      onAccept: (link) => {
        gateway.unlisten(port);
        const bridge = new Bridge(net.connect({ port: clientPort, host: client, allowHalfOpen: true }), () =>
          this.forward.activity(),
        );
        bridge.link = link;
        this.forward.track(bridge.socket);
        return bridge;
      },
    });
    this.activePort = port;
    return `PORT ${formatIp(gateway.host.ip).replaceAll('.', ',')},${port >> 8},${port & 255}\r\n`;
  }
}

/** A host port that leads to a port of the board. */
export class HostForward {
  /** @internal */
  readonly gateway: Gateway;
  private readonly spec: ForwardSpec;
  private readonly options: HostForwardOptions;
  private readonly server: net.Server;
  private readonly sockets = new Set<net.Socket>();

  private constructor(gateway: Gateway, spec: ForwardSpec, options: HostForwardOptions, server: net.Server) {
    this.gateway = gateway;
    this.spec = spec;
    this.options = options;
    this.server = server;
    const boardIp = parseIp(spec.boardAddress === '' ? options.boardAddress : spec.boardAddress);
    server.on('connection', (socket) => this.bridge(socket, boardIp, spec.boardPort));
  }

  /**
   * Opens the host port. Rejects with one clear line if that fails (port in use, no such address, no permission).
   *
   * @param spec as text or already parsed
   */
  static open(gateway: Gateway, spec: ForwardSpec | string, options: HostForwardOptions): Promise<HostForward> {
    const parsed = typeof spec === 'string' ? parseForward(spec) : spec;
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
    const forward = new HostForward(gateway, parsed, options, server);
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const why: Record<string, string> = {
          EADDRINUSE: 'the port is in use',
          EADDRNOTAVAIL: 'this host does not have that address',
          EACCES: 'no permission for that port',
          ENOTFOUND: 'there is no such address',
        };
        const reason = why[error.code ?? ''] ?? error.message;
        reject(new Error(`cannot forward ${parsed.hostAddress}:${parsed.hostPort}: ${reason}`));
      });
      server.listen(parsed.hostPort, parsed.hostAddress, () => resolve(forward));
    });
  }

  /** The host port that is open (useful when 0 was asked for). */
  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** Real connections open now, data connections included. */
  get connections(): number {
    return this.sockets.size;
  }

  /** Closes the port and resets all connections. */
  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  /** @internal */
  activity(): void {
    this.options.onActivity?.();
  }

  /** @internal */
  track(socket: net.Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
  }

  /** @internal Joins a real connection to a new virtual one. */
  bridge(socket: net.Socket, boardIp: number, boardPort: number): void {
    this.track(socket);
    const control = boardPort === this.spec.boardPort && (this.options.ftp ?? boardPort === 21);
    const bridge = control ? new FtpControlBridge(socket, this, boardIp) : new Bridge(socket, () => this.activity());
    bridge.link = this.gateway.open(boardIp, boardPort, bridge);
    socket.resume();
    this.activity();
  }
}
