import { ByteQueue } from './byte-queue.js';
import { Host, type HostOptions } from './host.js';
import { stateClass } from './state.js';
import type { TcpAcceptor, TcpApp, TcpCloseReason, TcpConnection } from './tcp.js';
import type { Wire } from './wire.js';

/**
 * The outside end of a virtual connection: a real socket, or a test. It is called while the wire runs and is not part
 * of the saved state.
 */
export interface GatewayPeer {
  /** The virtual connection is established. */
  onConnected?(): void;
  /** Bytes from the board. */
  onData(bytes: Uint8Array): void;
  /** Bytes that were pushed have left; `backlog` shrank. */
  onWritable?(): void;
  /** The board sends no more. */
  onEnd(): void;
  /** The virtual connection is gone. */
  onClosed(reason: TcpCloseReason): void;
}

/** One connection between the board's side and the outside. */
export class GatewayLink implements TcpApp {
  /** The outside end; null after loading a saved LAN: what arrives is thrown away. */
  peer: GatewayPeer | null;
  private connection: TcpConnection | null = null;
  private readonly pending = new ByteQueue();
  private ending = false;
  private paused = false;
  private endSeen = false;

  /** @internal Use `gateway.open` or `gateway.listen`. */
  constructor(peer: GatewayPeer | null) {
    this.peer = peer;
  }

  /** Bytes pushed that TCP has not taken yet. Stop pushing when it grows. */
  get backlog(): number {
    return this.pending.length;
  }

  /** Sends bytes to the board. */
  push(bytes: Uint8Array): void {
    if (this.ending) return;
    this.pending.push(bytes);
    this.flush();
  }

  /** Closes towards the board once everything pushed has been sent. */
  end(): void {
    this.ending = true;
    this.flush();
  }

  /** Resets the connection. */
  abort(): void {
    this.peer = null;
    this.connection?.abort();
  }

  /** While paused, bytes from the board stay in the connection and close its window. */
  setPaused(paused: boolean): void {
    this.paused = paused;
    if (!paused && this.connection !== null) this.drain(this.connection);
  }

  /** @internal */
  attach(connection: TcpConnection): void {
    this.connection = connection;
  }

  /** @internal */
  onConnected(connection: TcpConnection): void {
    this.connection = connection;
    this.peer?.onConnected?.();
    this.flush();
  }

  /** @internal */
  onData(connection: TcpConnection): void {
    this.drain(connection);
  }

  /** @internal */
  onWritable(): void {
    this.flush();
  }

  /** @internal */
  onEnd(connection: TcpConnection): void {
    this.endSeen = true;
    this.drain(connection);
  }

  /** @internal */
  onClosed(_connection: TcpConnection, reason: TcpCloseReason): void {
    this.connection = null;
    this.peer?.onClosed(reason);
  }

  private drain(connection: TcpConnection): void {
    if (this.paused) return;
    const bytes = connection.readAvailable();
    if (bytes.length > 0) this.peer?.onData(bytes);
    if (this.endSeen && connection.available === 0) {
      this.endSeen = false;
      this.peer?.onEnd();
    }
  }

  private flush(): void {
    const connection = this.connection;
    if (connection === null) return;
    let moved = false;
    while (this.pending.length > 0) {
      const n = connection.write(this.pending.peek(0, 16_384));
      if (n === 0) break;
      this.pending.drop(n);
      moved = true;
    }
    if (this.ending && this.pending.length === 0) connection.close();
    if (moved) this.peer?.onWritable?.();
  }
}

/** Decides who gets a connection that the board opened to the gateway. Not saved. */
export interface GatewayListener {
  /** The outside end for the new connection, or null to refuse it. */
  onAccept(link: GatewayLink): GatewayPeer | null;
}

class GatewayPort implements TcpAcceptor {
  /** Null after loading. */
  listener: GatewayListener | null;

  constructor(listener: GatewayListener) {
    this.listener = listener;
  }

  onAccept(connection: TcpConnection): TcpApp | null {
    const link = new GatewayLink(null);
    link.attach(connection);
    link.peer = this.listener?.onAccept(link) ?? null;
    return link.peer === null ? null : link;
  }
}

/** The station through which the outside world reaches the board. */
export class Gateway {
  /** The station. */
  readonly host: Host;

  /** @param options default: `gateway`, 02:00:5e:00:00:02, 192.168.1.2 */
  constructor(wire: Wire, options: Partial<HostOptions> = {}) {
    const defaults = { name: 'gateway', mac: '02:00:5e:00:00:02', ip: '192.168.1.2' };
    this.host = new Host(wire, { ...defaults, ...options });
  }

  /** Opens a virtual connection for an outside end. */
  open(ip: number, port: number, peer: GatewayPeer): GatewayLink {
    const link = new GatewayLink(peer);
    link.attach(this.host.connect(ip, port, link));
    return link;
  }

  /** Accepts connections from the board on an unused port, which is returned. */
  listen(listener: GatewayListener): number {
    const port = this.host.freePort();
    this.host.listen(port, new GatewayPort(listener));
    return port;
  }

  /** Ends `listen`. */
  unlisten(port: number): void {
    this.host.unlisten(port);
  }
}

stateClass('GatewayLink', GatewayLink, { peer: () => null });
stateClass('GatewayPort', GatewayPort, { listener: () => null });
stateClass('Gateway', Gateway);
