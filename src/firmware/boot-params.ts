import { UsageError } from '../errors.js';

/**
 * What the boot loader passes to the project's firmware as its command line
 * (r6 points at it). Sizes in bytes, times in seconds unless said otherwise;
 * an absent field leaves the firmware's default (in brackets).
 */
export interface BootParams {
  /** Instruction cache [true]. */
  icache?: boolean;
  /** Data cache, copy-back [true]. */
  dcache?: boolean;
  /** mbuf pool, bytes [65536 = 512 mbufs]. */
  mbufs?: number;
  /** Cluster pool, bytes [131072 = 64 clusters of 2048]. */
  clusters?: number;
  /** Receive buffer descriptors of SCC1 [32]. */
  rxring?: number;
  /** Transmit buffer descriptors of SCC1 [32]. */
  txring?: number;
  /** The board's IPv4 address [192.168.1.10]. */
  ip?: string;
  /** Network mask [255.255.255.0]. */
  netmask?: string;
  /** The board's Ethernet address, six hexadecimal bytes with colons [the board description's]. */
  mac?: string;
  /** Default router [none]. */
  gw?: string;
  /** TCP send space, bytes [16384]. */
  sndspace?: number;
  /** sb_efficiency: mbuf storage a socket buffer may hold, as a multiple of its size [8]. */
  sbeff?: number;
  /** Remedy: dropping a connection frees both its socket buffers [false]. */
  dropfree?: boolean;
  /** TCP keepalive idle time, seconds [7200]. */
  keepidle?: number;
  /** TCP keepalive probe interval, seconds [75]. */
  keepintvl?: number;
  /** TCP keepalive probes before the drop [8]. */
  keepcnt?: number;
  /** Keepalive on every connection, asked for or not [false]. */
  keepalways?: boolean;
  /** Remedy: the application may not take the last N clusters [0]. */
  reserve?: number;
  /** Priority of the FTP tasks, 1 (most urgent) to 254 [40]. */
  ftpprio?: number;
  /** Priority of the network tasks [100]. */
  netprio?: number;
  /** UDP port of the low-priority status responder, 0 = none [0]. */
  responder?: number;
  /** Length of a log record's text, bytes with its line end [300]. */
  reclen?: number;
  /** Size of /data/image.bin, bytes [8 MiB]. */
  imagesize?: number;
  /** Console speed, bit/s [115200]. */
  baud?: number;
  /** Clock tick, microseconds [10000]. */
  tick?: number;
  /** Words for other firmware, passed as they are. */
  extra?: string;
}

/** What kind of value each boot parameter has; `extra` is not one word. */
export const BOOT_PARAM_KINDS: Readonly<Record<Exclude<keyof BootParams, 'extra'>, 'switch' | 'number' | 'text'>> = {
  icache: 'switch',
  dcache: 'switch',
  mbufs: 'number',
  clusters: 'number',
  rxring: 'number',
  txring: 'number',
  ip: 'text',
  netmask: 'text',
  gw: 'text',
  mac: 'text',
  sndspace: 'number',
  sbeff: 'number',
  dropfree: 'switch',
  keepidle: 'number',
  keepintvl: 'number',
  keepcnt: 'number',
  keepalways: 'switch',
  reserve: 'number',
  ftpprio: 'number',
  netprio: 'number',
  responder: 'number',
  reclen: 'number',
  imagesize: 'number',
  baud: 'number',
  tick: 'number',
};

/** Settings that a policy stands for; see docs/story.md for where each comes from. */
export const POLICIES = {
  /** The stack as RTEMS 4.6 had it. */
  'rtems-4.6': {},
  /** Field remedy 1: a dropped connection frees both socket buffers; keepalive 30 s + 8 × 10 s on every connection. */
  'drop-frees': { dropfree: true, keepalways: true, keepidle: 30, keepintvl: 10, keepcnt: 8 },
  /** Field remedy 2: the application may not take the last clusters. */
  reserve: { reserve: 16 },
  /** Both field remedies. */
  both: { dropfree: true, keepalways: true, keepidle: 30, keepintvl: 10, keepcnt: 8, reserve: 16 },
} as const satisfies Record<string, BootParams>;

/** Name of a set of stack settings. */
export type Policy = keyof typeof POLICIES;

/** The policy of that name. @throws UsageError naming the known ones */
export function parsePolicy(name: string): Policy {
  if (Object.hasOwn(POLICIES, name)) return name as Policy;
  throw new UsageError(`unknown policy '${name}'; known: ${Object.keys(POLICIES).join(', ')}`);
}

const MCLBYTES = 2048;
const MSIZE = 128;
const MIN_POOL = 4096;
const MAX_POOL = 4 * 1024 * 1024;
/** Both pools come from the 8 MB of RAM that also hold the image, the stacks and the files. */
const MAX_POOLS = 6 * 1024 * 1024;
const COMMAND_LINE_MAX = 1024;
/** Six bytes, not a group's: bit 0 of the first is clear. */
const MAC = /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i;
const IP = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

/**
 * Checks that the sizes can work on the board at all.
 * @throws UsageError for a pool smaller than the receive ring, unaligned or huge pools, bad addresses
 */
export function checkBootParams(params: BootParams): void {
  for (const key of Object.keys(params)) {
    if (key === 'extra' || Object.hasOwn(BOOT_PARAM_KINDS, key)) continue;
    throw new UsageError(`unknown boot parameter '${key}'; known: ${Object.keys(BOOT_PARAM_KINDS).sort().join(', ')}`);
  }
  const clusters = (params.clusters ?? 64 * MCLBYTES) / MCLBYTES;
  const mbufs = (params.mbufs ?? 512 * MSIZE) / MSIZE;
  const rxring = params.rxring ?? 32;
  const whole = (value: number | undefined, what: string, low: number, high: number): void => {
    if (value !== undefined && (!Number.isInteger(value) || value < low || value > high)) {
      throw new UsageError(`${what} must be a whole number from ${low} to ${high}, not ${value}`);
    }
  };
  whole(params.rxring, 'rxring', 1, 128);
  whole(params.txring, 'txring', 4, 128);
  if (!Number.isInteger(clusters) || clusters < 1) {
    throw new UsageError(`clusters must be a whole multiple of ${MCLBYTES} bytes, not ${params.clusters}`);
  }
  if (!Number.isInteger(mbufs) || mbufs < 1) {
    throw new UsageError(`mbufs must be a whole multiple of ${MSIZE} bytes, not ${params.mbufs}`);
  }
  if (clusters * MCLBYTES > MAX_POOL || mbufs * MSIZE > MAX_POOL) {
    throw new UsageError(`a pool may have ${MAX_POOL} bytes at most (${MAX_POOL / MCLBYTES} clusters)`);
  }
  if (clusters * MCLBYTES + mbufs * MSIZE > MAX_POOLS) {
    throw new UsageError(`both pools together may have ${MAX_POOLS} bytes at most; make clusters or mbufs smaller`);
  }
  if (clusters < rxring) {
    throw new UsageError(
      `${clusters} clusters cannot fill a receive ring of ${rxring}; give at least ${rxring} or a smaller rxring`,
    );
  }
  if (mbufs < rxring + 16)
    throw new UsageError(`${mbufs} mbufs are too few for a receive ring of ${rxring}; give at least ${rxring + 16}`);
  if (clusters * MCLBYTES < MIN_POOL || mbufs * MSIZE < MIN_POOL) {
    throw new UsageError(`a pool must have ${MIN_POOL} bytes at least`);
  }
  whole(params.reserve, 'reserve', 0, clusters - 1);
  whole(params.sndspace, 'sndspace', 1024, 262_144);
  whole(params.sbeff, 'sbeff', 1, 64);
  whole(params.keepidle, 'keepidle', 1, 1_000_000);
  whole(params.keepintvl, 'keepintvl', 1, 1_000_000);
  whole(params.keepcnt, 'keepcnt', 1, 1000);
  whole(params.imagesize, 'imagesize', 1, 0x7fff_ffff);
  whole(params.ftpprio, 'ftpprio', 1, 254);
  whole(params.netprio, 'netprio', 1, 254);
  whole(params.reclen, 'reclen', 32, 2048);
  whole(params.baud, 'baud', 300, 1_000_000);
  whole(params.tick, 'tick', 100, 65_536);
  whole(params.responder, 'responder', 0, 65535);
  for (const key of ['ip', 'netmask', 'gw'] as const) {
    const value = params[key];
    if (value !== undefined && !IP.test(value)) throw new UsageError(`${key}: '${value}' is not an IPv4 address`);
  }
  if (params.mac !== undefined && !MAC.test(params.mac)) {
    throw new UsageError(`mac: '${params.mac}' is not a station's Ethernet address such as 08:00:3e:26:00:10`);
  }
}

/**
 * The command line that the boot loader hands over, `key=value` words.
 * @throws UsageError as `checkBootParams`, and when it is longer than the loader's 1 KB
 */
export function commandLine(params: BootParams): string {
  checkBootParams(params);
  const words: string[] = [];
  for (const [key, value] of Object.entries(params)) {
    if (value === undefined || key === 'extra') continue;
    if (key === 'icache' || key === 'dcache') words.push(`${key}=${value ? 'on' : 'off'}`);
    else words.push(`${key}=${typeof value === 'boolean' ? Number(value) : value}`);
  }
  if (params.extra !== undefined && params.extra !== '') words.push(params.extra);
  const line = words.join(' ');
  if (/[^\x20-\x7e]/.test(line)) throw new UsageError('boot parameters are printable ASCII only');
  if (line.length >= COMMAND_LINE_MAX)
    throw new UsageError(`boot parameters are longer than ${COMMAND_LINE_MAX} bytes`);
  return line;
}
