import type { Board } from '../board/board.js';
import { ObserverLayout } from './layout.js';

/** One socket of the guest's stack. */
export interface SocketReading {
  /** Address of `struct socket`. */
  at: number;
  /** 'tcp', 'udp' or the protocol's number. */
  protocol: string;
  /** TCP state as netstat names it; 'dropped' when the protocol has let go of a socket the application still holds. */
  state: string;
  /** Local port, 0 when not bound; absent without a protocol control block. */
  localPort?: number;
  /** The peer as `address:port`; absent when not connected. */
  foreign?: string;
  /** Bytes in the send buffer. */
  sndCc: number;
  /** Bytes in the receive buffer. */
  rcvCc: number;
}

const TCP_STATES = [
  'CLOSED',
  'LISTEN',
  'SYN_SENT',
  'SYN_RCVD',
  'ESTABLISHED',
  'CLOSE_WAIT',
  'FIN_WAIT_1',
  'CLOSING',
  'LAST_ACK',
  'FIN_WAIT_2',
  'TIME_WAIT',
] as const;

const LIST_LIMIT = 512;

/** Reads the stack's sockets through the image's observer table; empty when there is none. Never writes. */
export function readSockets(board: Board): SocketReading[] {
  const layout = ObserverLayout.read(board);
  const head = layout?.get('so.list');
  const next = layout?.get('so.next');
  if (layout === undefined || head === undefined || next === undefined) return [];
  const { memory } = board;
  const ram = board.description.ramBytes;
  const inRam = (address: number): boolean => address > 0 && address < ram - 256;
  const sockets: SocketReading[] = [];
  let so = memory.read32(head);
  for (let n = 0; n < LIST_LIMIT && inRam(so); n++) {
    const field = (name: string): number => {
      const offset = layout.get(name);
      return offset === undefined ? 0 : memory.read32(so + offset);
    };
    const pcb = field('so.pcb');
    const reading: SocketReading = {
      at: so,
      protocol: field('so.type') === 1 ? 'tcp' : 'udp',
      state: pcb === 0 ? 'dropped' : '',
      sndCc: field('so.snd_cc'),
      rcvCc: field('so.rcv_cc'),
    };
    if (inRam(pcb)) describePcb(board, layout, pcb, reading);
    sockets.push(reading);
    so = memory.read32(so + next);
  }
  return sockets;
}

function describePcb(board: Board, layout: ObserverLayout, pcb: number, reading: SocketReading): void {
  const { memory } = board;
  const half = (name: string): number | undefined => {
    const offset = layout.get(name);
    return offset === undefined ? undefined : memory.read16(pcb + offset);
  };
  const lport = half('inp.lport');
  if (lport !== undefined) reading.localPort = lport;
  const faddr = layout.get('inp.faddr');
  const fport = half('inp.fport');
  if (faddr !== undefined && fport !== undefined && fport !== 0) {
    const bytes = memory.read(pcb + faddr, 4);
    reading.foreign = `${[...bytes].join('.')}:${fport}`;
  }
  const ppcb = layout.get('inp.ppcb');
  const state = layout.get('tp.state');
  if (reading.protocol === 'tcp' && ppcb !== undefined && state !== undefined) {
    const tp = memory.read32(pcb + ppcb);
    if (tp !== 0) reading.state = TCP_STATES[memory.read32(tp + state)] ?? '?';
  }
}
