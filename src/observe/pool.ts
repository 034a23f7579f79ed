import type { Board } from '../board/board.js';
import { ObserverLayout } from './layout.js';

/** Who holds a cluster. 'other' is in use but in no queue: in a task's hand, or lost. */
export type Owner =
  | 'free'
  | 'rx-ring'
  | 'so-snd'
  | 'so-rcv'
  | 'reassembly'
  | 'ip-input'
  | 'if-queue'
  | 'tx-ring'
  | 'other';

/** Every owner, in the order in which displays list them. */
export const OWNERS: readonly Owner[] = [
  'free',
  'rx-ring',
  'so-snd',
  'so-rcv',
  'ip-input',
  'if-queue',
  'tx-ring',
  'reassembly',
  'other',
];

/** The pool at one moment. */
export interface PoolReading {
  /** nmbclusters. */
  clusters: number;
  /** Clusters on the free list, as walked (not as counted by the guest). */
  free: number;
  /** The owner of each cluster, by its place in the pool. */
  cells: Owner[];
  /** How many clusters each owner holds. */
  owners: Record<Owner, number>;
  /** mbufs in the pool, of them free, and how many by BSD's type (`data`, `header`, …). */
  mbufs: { total: number; free: number; byType: Record<string, number> };
  /** mbstat's counters of refused requests, waits begun and drains. */
  stats: { drops: number; waits: number; drains: number };
}

/** Cluster size, bytes (MCLBYTES of BSD stacks on this board: RTEMS 4.6 `sys/mbuf.h`). */
const MCLBYTES = 2048;
const M_EXT = 1;
const SOCK_STREAM = 1;
/** No list in a board of a few megabytes is longer; a corrupt one ends here. */
const LIST_LIMIT = 20_000;
/** mbuf types by their BSD number. */
const MBUF_TYPES = [
  'free',
  'data',
  'header',
  'socket',
  'pcb',
  'rtable',
  'htable',
  'atable',
  'soname',
  undefined,
  'soopts',
  'ftable',
  'rights',
  'ifaddr',
  'control',
  'oobdata',
] as const;

/** Offsets in `struct mbuf` and `struct mbstat` of RTEMS 4.6 (rtems-legacy-networking.md §1). */
const MBUF = { m_next: 0, m_nextpkt: 4, m_flags: 18, ext_buf: 28 };
const MBSTAT = { m_mbufs: 0, m_clusters: 4, m_drops: 16, m_wait: 20, m_drain: 24, m_mtypes: 28 };

/**
 * Reads the mbuf and cluster pool of a BSD-derived stack through its symbols
 * (`mbutl`, `mclfree`, `mclrefcnt`, `mbstat`). Owners beyond 'free' and 'other'
 * need the image's observer table. Never writes.
 */
export function readPool(board: Board): PoolReading | undefined {
  const { memory, symbols } = board;
  const global = (name: string): number | undefined => {
    const address = symbols.address(name);
    return address === undefined ? undefined : memory.read32(address);
  };
  const base = global('mbutl');
  const refcnt = global('mclrefcnt');
  const clusters = global('nmbclusters');
  const mbstat = symbols.address('mbstat');
  if (base === undefined || refcnt === undefined || clusters === undefined || mbstat === undefined) return undefined;
  const ram = board.description.ramBytes;
  const inRam = (address: number): boolean => address > 0 && address < ram - 4 && (address & 3) === 0;
  if (!inRam(base) || !inRam(refcnt & ~3) || clusters === 0 || clusters > ram / MCLBYTES) return undefined;

  const cells: (Owner | undefined)[] = new Array(clusters).fill(undefined);
  const index = (address: number): number | undefined => {
    const i = (address - base) / MCLBYTES;
    return address >= base && i < clusters ? Math.floor(i) : undefined;
  };
  const claim = (address: number, owner: Owner): void => {
    const i = index(address);
    if (i !== undefined) cells[i] ??= owner;
  };
  let at = global('mclfree') ?? 0;
  for (let n = 0; n < clusters && inRam(at); n++) {
    claim(at, 'free');
    at = memory.read32(at);
  }
  const layout = ObserverLayout.read(board);
  if (layout !== undefined) claimByOwner(board, layout, inRam, claim);
  for (let i = 0; i < clusters; i++) {
    if (cells[i] === undefined) cells[i] = memory.read8(refcnt + i) === 0 ? 'free' : 'other';
  }
  const owners = Object.fromEntries(OWNERS.map((o) => [o, 0])) as Record<Owner, number>;
  const attributed = cells.map((owner) => owner ?? 'other');
  for (const owner of attributed) owners[owner]++;

  const byType: Record<string, number> = {};
  MBUF_TYPES.forEach((name, type) => {
    if (name !== undefined) byType[name] = memory.read16(mbstat + MBSTAT.m_mtypes + 2 * type);
  });
  return {
    clusters,
    free: owners.free,
    cells: attributed,
    owners,
    mbufs: { total: memory.read32(mbstat + MBSTAT.m_mbufs), free: byType['free'] ?? 0, byType },
    stats: {
      drops: memory.read32(mbstat + MBSTAT.m_drops),
      waits: memory.read32(mbstat + MBSTAT.m_wait),
      drains: memory.read32(mbstat + MBSTAT.m_drain),
    },
  };
}

/** Walks the stack's queues; the first owner to claim a cluster keeps it, so a socket's own data wins over references to it. */
function claimByOwner(
  board: Board,
  layout: ObserverLayout,
  inRam: (address: number) => boolean,
  claim: (address: number, owner: Owner) => void,
): void {
  const { memory } = board;
  const claimChain = (first: number, owner: Owner): void => {
    let m = first;
    for (let n = 0; n < LIST_LIMIT && inRam(m); n++) {
      if ((memory.read16(m + MBUF.m_flags) & M_EXT) !== 0) claim(memory.read32(m + MBUF.ext_buf), owner);
      m = memory.read32(m + MBUF.m_next);
    }
  };
  const claimPackets = (first: number, owner: Owner): void => {
    let m = first;
    for (let n = 0; n < LIST_LIMIT && inRam(m); n++) {
      claimChain(m, owner);
      m = memory.read32(m + MBUF.m_nextpkt);
    }
  };
  const pointer = (name: string): number => {
    const address = layout.get(name);
    return address === undefined || !inRam(address) ? 0 : memory.read32(address);
  };
  const ring = (array: string, count: string, owner: Owner): void => {
    // The table gives the address of the array itself.
    const table = layout.get(array) ?? 0;
    const length = Math.min(pointer(count), 1024);
    for (let i = 0; i < length && inRam(table + 4 * i); i++) {
      claimChain(memory.read32(table + 4 * i), owner);
    }
  };
  const list = (head: string, next: string, visit: (at: number) => void): void => {
    const link = layout.get(next);
    if (link === undefined) return;
    let item = pointer(head);
    for (let n = 0; n < LIST_LIMIT && inRam(item); n++) {
      visit(item);
      item = memory.read32(item + link);
    }
  };
  const field = (item: number, name: string): number => {
    const offset = layout.get(name);
    return offset === undefined ? 0 : memory.read32(item + offset);
  };

  ring('scc.rx_mbufs', 'scc.rx_count', 'rx-ring');
  list('so.list', 'so.next', (so) => {
    claimPackets(field(so, 'so.snd_mb'), 'so-snd');
    claimPackets(field(so, 'so.rcv_mb'), 'so-rcv');
    const pcb = field(so, 'so.pcb');
    const tp = field(so, 'so.type') === SOCK_STREAM && inRam(pcb) ? field(pcb, 'inp.ppcb') : 0;
    if (inRam(tp)) claimPackets(field(tp, 'tp.reass'), 'reassembly');
  });
  list('ipq.list', 'ipq.next', (q) => claimPackets(field(q, 'ipq.frags'), 'reassembly'));
  claimPackets(pointer('ipintrq.head'), 'ip-input');
  claimPackets(pointer('arpintrq.head'), 'ip-input');
  list('ifnet.list', 'ifnet.next', (ifp) => claimPackets(field(ifp, 'if_snd.head'), 'if-queue'));
  list('arp.list', 'arp.next', (entry) => claimPackets(field(entry, 'arp.hold'), 'if-queue'));
  ring('scc.tx_mbufs', 'scc.tx_count', 'tx-ring');
}
