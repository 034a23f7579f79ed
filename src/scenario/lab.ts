import { Board, type BootFiles } from '../board/board.js';
import { type BoardDescription, boardNamed, withClock } from '../board/boards.js';
import type { PartName } from '../board/parts.js';
import { UsageError } from '../errors.js';
import { type BootParams, checkBootParams, POLICIES, type Policy, parsePolicy } from '../firmware/boot-params.js';
import { Chatter } from '../lan/chatter.js';
import { FtpClient, type FtpResult } from '../lan/ftp-client.js';
import { Host } from '../lan/host.js';
import { Ping } from '../lan/ping.js';
import { sha256Hex } from '../lan/sha256.js';
import { UdpQuery } from '../lan/udp-query.js';
import { LOG_HEADER_BYTES, LOG_RECORD_BYTES, logImage, logRecords } from './log-image.js';
import { logText } from './log-text.js';

/** Which file the collector fetches, and what else is on the LAN. */
export type Experiment = 'out-of-clusters' | 'starved-responder';

/** Names of the experiments. */
export const EXPERIMENTS: readonly Experiment[] = ['out-of-clusters', 'starved-responder'];

/** What a lab is set up with. */
export interface LabSettings {
  /** Which experiment's stations and boot parameters to use ['out-of-clusters']. */
  experiment: Experiment;
  /** Firmware: a built-in name or an ELF file's bytes ['ftpd']. */
  firmware: string | Uint8Array;
  /** Board name, or a description of one's own ['eth_comm']. */
  board: string | BoardDescription;
  /** CPU to solder in [the board's own, 'mpc860']. */
  cpu: PartName | undefined;
  /** Content of the parallel flash [erased]. */
  flash: Uint8Array | undefined;
  /** Core clock, Hz, a multiple of the crystal's [the board's own, 40 MHz]. */
  clockHz: number | undefined;
  /** Instruction cache [true]. */
  icache: boolean;
  /** Data cache [true]. */
  dcache: boolean;
  /** Clusters in the pool, a count [64]. */
  clusters: number;
  /** Settings of the stack ['rtems-4.6']. */
  policy: Policy;
  /** Broadcast frames per second on the LAN, in the responder experiment broadcast queries to it [0]. */
  chatter: number;
  /** Seed of everything random: the log's content, chatter, back-off [1]. */
  seed: number;
  /** Records in the log [12000]. */
  records: number;
  /** Text length of a record, bytes [300]. */
  reclen: number;
  /** Further boot parameters; they win over the fields above. */
  boot: BootParams;
  /** Device tree and initial RAM disk for a kernel [none]. */
  files: BootFiles;
  /** How often the collector tries [1]. */
  sessions: number;
  /** How long it waits between two tries, seconds [300]. */
  sessionPause: number;
  /** Seconds without a byte after which the collector gives up [900]. */
  collectorPatience: number;
}

/** Settings of a lab that names none. */
export const LAB_DEFAULTS: Readonly<LabSettings> = {
  experiment: 'out-of-clusters',
  firmware: 'ftpd',
  board: 'eth_comm',
  cpu: undefined,
  flash: undefined,
  clockHz: undefined,
  icache: true,
  dcache: true,
  clusters: 64,
  policy: 'rtems-4.6',
  chatter: 0,
  seed: 1,
  records: 12_000,
  reclen: 300,
  boot: {},
  files: {},
  sessions: 1,
  sessionPause: 300,
  collectorPatience: 900,
};

/** How the collector's transfer stands. Times in virtual seconds since power-on. */
export interface Transfer {
  /** `completed`: the server confirmed it and the content is right by its SHA-256. */
  state: 'idle' | 'running' | 'completed' | 'failed';
  /** Bytes of the file received in the session that `state` speaks of. */
  bytes: number;
  /** Bytes that the file has. */
  expectedBytes: number;
  /** When the transfer's step began, the login's while that lasts. */
  startedAt?: number;
  /** When it was over. */
  endedAt?: number;
  /** When the last byte came. */
  lastByteAt?: number;
  /** Why it failed. */
  reason?: string;
  /** SHA-256 of what came, once the session has ended. */
  sha256?: string;
  /** SHA-256 of the file as the board must send it. */
  expectedSha256: string;
}

const MCLBYTES = 2048;
const BOARD_IP = '192.168.1.10';
const RESPONDER_PORT = 7001;
const IMAGE_BYTES = 8 << 20;
const NS = 1e9;
/** An echo request without an answer after this is lost, seconds. */
const PING_WAIT = 1;

/** @throws UsageError for a name that is none, or a number that cannot be meant */
function checkSettings(settings: LabSettings): void {
  if (!EXPERIMENTS.includes(settings.experiment)) {
    throw new UsageError(`unknown experiment '${settings.experiment}'; known: ${EXPERIMENTS.join(', ')}`);
  }
  parsePolicy(settings.policy);
  const ranges = { records: 65_519, seed: 2 ** 32 - 1, sessions: 1000 } as const;
  for (const key of ['records', 'seed', 'sessions'] as const) {
    const low = key === 'sessions' ? 1 : 0;
    const value = settings[key];
    if (!Number.isInteger(value) || value < low || value > ranges[key]) {
      throw new UsageError(`${key} must be a whole number from ${low} to ${ranges[key]}, not ${value}`);
    }
  }
  if (!(settings.chatter >= 0 && settings.chatter <= 10_000)) {
    throw new UsageError(`chatter must be 0 to 10000 frames per second, not ${settings.chatter}`);
  }
}

/** An address in the /24 of another, with its last number moved out of the other's way. */
export function neighbour(ip: string, last: number): string {
  const parts = ip.split('.').map(Number);
  const own = parts[3] ?? 0;
  // The office's PCs take a run of numbers from 100 on.
  const taken = last === own || (last === 100 && own >= 100 && own < 150);
  return [...parts.slice(0, 3), taken ? last + 50 : last].join('.');
}

/** The file the responder experiment transfers, by the formula that firmware-fixtures/app/README.md states. */
function imageFile(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (7 * i + 13 * (i >>> 8)) & 0xff);
}

/**
 * The experiment's set-up: an eth_comm board with a log in its data flash, a
 * collector that fetches it over FTP, an office's broadcast chatter, and a
 * monitor that pings the board. Scenarios, the page and the benchmark all use it.
 *
 * @example
 * const lab = await Lab.create({ icache: false, dcache: false, chatter: 20 });
 * lab.run(3);
 * lab.startTransfer();
 * lab.run(10);
 * console.log(lab.board.pool()?.owners);
 */
export class Lab {
  /** The board under observation. */
  readonly board: Board;
  /** What it was set up with, defaults included. */
  readonly settings: Readonly<LabSettings>;
  /** The board's address on the LAN. */
  readonly boardIp: string;
  readonly #collector: FtpClient;
  readonly #ping: Ping;
  readonly #chatter: Chatter;
  readonly #queries: UdpQuery | undefined;
  readonly #expected: { bytes: number; sha256: string };

  private constructor(
    board: Board,
    settings: LabSettings,
    boardIp: string,
    expected: { bytes: number; sha256: string },
  ) {
    this.board = board;
    this.settings = settings;
    this.boardIp = boardIp;
    this.#expected = expected;
    const lan = board.lan;
    const pc = new Host(lan, { name: 'collector', mac: '00:10:5a:12:34:20', ip: neighbour(boardIp, 20) });
    const monitor = new Host(lan, { name: 'monitor', mac: '00:10:5a:12:34:21', ip: neighbour(boardIp, 21) });
    const path = settings.experiment === 'out-of-clusters' ? '/log/log.txt' : '/data/image.bin';
    this.#collector = new FtpClient({
      host: pc,
      name: 'collector-ftp',
      server: boardIp,
      steps: [{ do: 'retr', path }],
      sessions: settings.sessions,
      pauseNs: settings.sessionPause * NS,
      idleTimeoutNs: settings.collectorPatience * NS,
    });
    this.#ping = new Ping({ host: monitor, target: boardIp, intervalNs: 10 * NS });
    this.#chatter = new Chatter({
      wire: lan,
      rate: settings.chatter,
      seed: settings.seed,
      firstIp: neighbour(boardIp, 100),
      broadcast: neighbour(boardIp, 255),
      gateway: neighbour(boardIp, 1),
    });
    if (settings.experiment === 'starved-responder') {
      // Setting C of the record (rtems-legacy-networking.md §9.2): the broadcasts on this LAN are the queries.
      this.#queries = new UdpQuery({ host: monitor, port: RESPONDER_PORT, rate: settings.chatter });
    } else if (settings.chatter > 0) this.#chatter.start();
  }

  /**
   * Builds the board, boots it, and puts the stations on its LAN. Nothing runs yet.
   * @throws UsageError for settings that cannot work
   */
  static async create(settings: Partial<LabSettings> = {}): Promise<Lab> {
    const all: LabSettings = { ...LAB_DEFAULTS, ...settings };
    checkSettings(all);
    const params: BootParams = {
      icache: all.icache,
      dcache: all.dcache,
      clusters: all.clusters * MCLBYTES,
      reclen: all.reclen,
      ...POLICIES[parsePolicy(all.policy)],
      ...(all.experiment === 'starved-responder' ? { responder: RESPONDER_PORT, imagesize: IMAGE_BYTES } : {}),
      ...all.boot,
    };
    checkBootParams(params);
    const records = [...logRecords(all.records, all.seed)];
    const image = logImage(records, records.length, all.reclen);
    const file =
      all.experiment === 'out-of-clusters' ? logText(records, params.reclen ?? all.reclen) : imageFile(IMAGE_BYTES);
    const named = typeof all.board === 'string' ? boardNamed(all.board) : all.board;
    const description = all.clockHz === undefined ? named : withClock(named, all.clockHz);
    // A board without a data flash runs other firmware than ours; there is no log to put anywhere.
    const logged = description.dataFlashBytes > 0;
    if (logged && image.length > description.dataFlashBytes) {
      const most = Math.floor((description.dataFlashBytes - LOG_HEADER_BYTES) / LOG_RECORD_BYTES);
      throw new UsageError(`a log of ${records.length} records does not fit the data flash, which holds ${most}`);
    }
    const board = await Board.create({
      board: description,
      ...(logged && { dataFlash: image }),
      seed: all.seed,
      ...(all.cpu && { cpu: all.cpu }),
      ...(all.flash && { flash: all.flash }),
    });
    await board.boot(all.firmware, params, all.files);
    const expected = { bytes: file.length, sha256: sha256Hex(file) };
    return new Lab(board, all, params.ip ?? BOARD_IP, expected);
  }

  /** Runs for virtual seconds. */
  run(seconds: number): void {
    this.board.run({ seconds });
  }

  /** Lets the collector log in and fetch the file now. */
  startTransfer(): void {
    if (this.#collector.phase === 'idle' || this.#collector.done) this.#collector.start();
  }

  /** Broadcast frames per second from now on, queries in the responder experiment; 0 = silence. */
  setChatter(rate: number): void {
    if (this.#queries !== undefined) {
      this.#queries.setRate(rate);
      return;
    }
    if (rate > 0) this.#chatter.setRate(rate);
    if (rate > 0 && !this.#chatter.running) this.#chatter.start();
    if (rate === 0) this.#chatter.stop();
  }

  /** Begins to ping the board every 10 seconds. */
  startPing(): void {
    this.#ping.start();
  }

  /** Begins the responder experiment's queries. */
  startQueries(): void {
    this.#queries?.start();
  }

  /** Whether the collector has no session left to do. */
  get collectorDone(): boolean {
    return this.#collector.done;
  }

  /** Every finished session step of the collector. */
  get sessions(): readonly FtpResult[] {
    return this.#collector.results;
  }

  /** The latest transfer. */
  get transfer(): Transfer {
    const transfer: Transfer = {
      state: 'idle',
      bytes: 0,
      expectedBytes: this.#expected.bytes,
      expectedSha256: this.#expected.sha256,
    };
    const running = this.#collector.current;
    const last = running ?? this.#collector.results.at(-1);
    if (last === undefined) return transfer;
    transfer.bytes = last.command === 'login' ? 0 : last.bytes;
    transfer.startedAt = last.startNs / NS;
    if (last.lastByteNs >= 0) transfer.lastByteAt = last.lastByteNs / NS;
    if (running !== null) {
      transfer.state = 'running';
      return transfer;
    }
    transfer.state = last.outcome === 'complete' ? 'completed' : 'failed';
    if (transfer.state === 'completed' && last.sha256 !== this.#expected.sha256) {
      transfer.state = 'failed';
      transfer.reason = 'the content is not the file';
    }
    if (last.reason !== '') transfer.reason = last.reason;
    if (last.endNs >= 0) transfer.endedAt = last.endNs / NS;
    if (last.sha256 !== '') transfer.sha256 = last.sha256;
    return transfer;
  }

  /** Echo requests to the board and their answers; `lost` counts the latest ones in a row without an answer. Times in virtual seconds. */
  get ping(): { sent: number; answered: number; lost: number; lastAnswerAt?: number } {
    const { results, answered, lastAnsweredNs } = this.#ping;
    let lost = 0;
    for (let i = results.length - 1; i >= 0; i--) {
      const result = results[i];
      if (result === undefined || result.rttNs >= 0) break;
      // The latest may still be on its way.
      if (this.board.seconds - result.sentNs / NS > PING_WAIT) lost++;
    }
    return {
      sent: results.length,
      answered,
      lost,
      ...(lastAnsweredNs < 0 ? {} : { lastAnswerAt: lastAnsweredNs / NS }),
    };
  }

  /** Queries to the status responder and their answers, in the responder experiment. */
  get queries(): { sent: number; answered: number } | undefined {
    return this.#queries === undefined ? undefined : { ...this.#queries.stats };
  }
}
