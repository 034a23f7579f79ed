import type { TcpApp, TcpConnection } from 'quicc860';

/** Bytes that go each way. */
export const TRANSFER = 10 * 1024 * 1024;

/** The bytes of both transfers by position, as init.c has them. */
export function pattern(from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (7 * (from + i) + 13 * ((from + i) >>> 8)) & 0xff);
}

/** Sends the pattern and closes. */
export class Sender implements TcpApp {
  /** How the connection ended; '' while it lasts. */
  ended = '';
  #at = 0;

  #fill(connection: TcpConnection): void {
    while (this.#at < TRANSFER) {
      const piece = pattern(this.#at, Math.min(16_384, TRANSFER - this.#at));
      const taken = connection.write(piece);
      this.#at += taken;
      if (taken < piece.length) return;
    }
    connection.close();
  }

  onConnected(connection: TcpConnection): void {
    this.#fill(connection);
  }
  onWritable(connection: TcpConnection): void {
    this.#fill(connection);
  }
  onData(connection: TcpConnection): void {
    connection.readAvailable();
  }
  onEnd(): void {}
  onClosed(_connection: TcpConnection, reason: string): void {
    this.ended = reason;
  }
}

/** Receives and compares. */
export class Receiver implements TcpApp {
  /** How the connection ended; '' while it lasts. */
  ended = '';
  /** Bytes that came, and those among them that are not the pattern's. */
  received = 0;
  /** See `received`. */
  wrong = 0;
  /** The peer has sent everything. */
  complete = false;

  onConnected(): void {}
  onWritable(): void {}
  onData(connection: TcpConnection): void {
    const data = connection.readAvailable();
    const wanted = pattern(this.received, data.length);
    this.wrong += data.reduce((sum, byte, i) => sum + (byte === wanted[i] ? 0 : 1), 0);
    this.received += data.length;
  }
  onEnd(connection: TcpConnection): void {
    this.complete = true;
    connection.close();
  }
  onClosed(_connection: TcpConnection, reason: string): void {
    this.ended = reason;
  }
}
