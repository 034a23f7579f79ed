import { GuestStopped, UsageError } from '../errors.js';
import { type BootParams, commandLine } from '../firmware/boot-params.js';
import type { ElfImage, Segment } from '../firmware/elf.js';
import { parseImage } from '../firmware/image.js';
import { Symbols } from '../firmware/symbols.js';
import { isUImage, parseUImage } from '../firmware/uimage.js';
import { sha256Hex } from '../lan/sha256.js';
import { type Json, loadGraph, saveGraph } from '../lan/state.js';
import { type BoardPort, Wire } from '../lan/wire.js';
import { type Counters, Counting } from '../observe/counters.js';
import { type PoolReading, readPool } from '../observe/pool.js';
import { type Profile, Profiler } from '../observe/profile.js';
import { stopReport } from '../observe/stop-report.js';
import { readTasks, type TaskReading } from '../observe/tasks.js';
import {
  type BoardDescription,
  boardNamed,
  CONSOLE_PORTS,
  checkBoard,
  ETHERNET_PORTS,
  type EthernetPort,
  flashWindows,
} from './boards.js';
import { BoardConsole } from './console.js';
import { type Core, instantiateCore, resources } from './core.js';
import { cfiTable, chipOf } from './flash.js';
import { entryState } from './hand-over.js';
import { BoardMemory } from './memory.js';
import { type PartName, partNamed } from './parts.js';
import { packSections, packZeros, section, unpackSections, unpackZeros } from './snapshot.js';
import { upmWords } from './upm.js';

/** What `Board.create` builds. */
export interface BoardOptions {
  /** A board's name or a description of one's own ['eth_comm']. */
  board?: string | BoardDescription;
  /** The member of the family to solder in instead of the board's own. */
  cpu?: PartName;
  /** The port that the LAN is plugged into, if not the board's own choice; 'fec' takes a `cpu` that has one. */
  ethernet?: EthernetPort;
  /** Content of the parallel flash from its first byte on; the rest is erased (0xFF). */
  flash?: Uint8Array;
  /** Content of the serial EEPROMs of a board that has them; the rest is erased (0xFF). */
  eeprom?: { spi?: Uint8Array; i2c?: Uint8Array };
  /** Content of the serial data flash from its first byte on; the rest is erased (0xFF). */
  dataFlash?: Uint8Array;
  /** Seed of the back-off of wire and SCC1 [1]. */
  seed?: number;
}

/**
 * Why `run` came back:
 * - `time`: the span is over;
 * - `checkstop`: a machine check came with MSR[ME] = 0 (MPC860 UM, Exceptions: Machine Check; PLPRCR[CSR] = 0);
 * - `exception-storm`: exceptions without end and no instruction completed between them;
 */
export type RunOutcome = 'time' | 'checkstop' | 'exception-storm';

/** What a kernel gets beside its image, from loaders that hand it over (`BoardDescription.loader`). */
export interface BootFiles {
  /** A flattened device tree (dtb) instead of the one that is made for the board; the loader fills in memory, clocks, addresses. */
  deviceTree?: Uint8Array;
  /** An initial RAM disk: a cpio archive, plain or compressed, or one packed by mkimage. */
  initrd?: Uint8Array;
}

/** What the loader was given last; it loads it again after a reset. */
interface Booted {
  /** Missing when the board starts from its flash. */
  image: ElfImage | undefined;
  file: Uint8Array;
  line: string;
  /** The user's own words of the command line. */
  extra: string;
  files: BootFiles;
}

/** What a snapshot says of the board besides its state. */
interface SavedInfo {
  board: BoardDescription;
  outcome: RunOutcome;
  started: boolean;
  line: string;
  extra: string;
}

/** A span of virtual time. Give one. */
export interface Span {
  /** Virtual seconds. */
  seconds?: number;
  /** Core cycles; wins over `seconds`. */
  cycles?: number;
}

/** Reasons of the core to stop, by the names used here. */
type StopName = 'until' | 'txStart' | 'txEnd' | 'fecTxStart' | 'fecTxEnd' | 'console' | 'checkstop' | 'storm' | 'reset';

const REG_PC = 'REG_PC';
/** Offsets of the registers that load UPM RAM; the write command's UM selects UPMB. */
const MCR = 0x168;
const MDR = 0x17c;
const MCR_UM = 0x0080_0000;
/** The key registers of timebase, RTC, PIT and clocks, and what opens their registers (hardware reference `siu.md` §2.5). */
const KEYS = [0x300, 0x304, 0x308, 0x30c, 0x320, 0x324, 0x328, 0x32c, 0x340, 0x344, 0x380, 0x384, 0x388];
const KEY_OPEN = 0x55cc_aa33;

/** What the core calls the parts of an Ethernet port. */
interface PortFunctions {
  rxStart: 'ethRxStart' | 'fecRxStart';
  collision: 'ethCollision' | 'fecCollision';
  carrier: 'ethCarrier' | 'fecCarrier';
  txStartCycle: 'txStartCycle' | 'fecTxStartCycle';
  txEndCycle: 'txEndCycle' | 'fecTxEndCycle';
  tx: 'ETH_TX' | 'FEC_TX';
  rx: 'ETH_RX' | 'FEC_RX';
}
const PORTS: Record<EthernetPort, PortFunctions> = {
  scc1: {
    rxStart: 'ethRxStart',
    collision: 'ethCollision',
    carrier: 'ethCarrier',
    txStartCycle: 'txStartCycle',
    txEndCycle: 'txEndCycle',
    tx: 'ETH_TX',
    rx: 'ETH_RX',
  },
  fec: {
    rxStart: 'fecRxStart',
    collision: 'fecCollision',
    carrier: 'fecCarrier',
    txStartCycle: 'fecTxStartCycle',
    txEndCycle: 'fecTxEndCycle',
    tx: 'FEC_TX',
    rx: 'FEC_RX',
  },
};

// The other end of the PHY's cable, as `fecPartner` of the core takes it (IEEE 802.3 28.2.1.2: technologies).
const PARTNER_NEGOTIATES = 0x1_0000;
const TECH_100_FULL = 0x0100;
const TECH_100_HALF = 0x0080;
const TECH_10_FULL = 0x0040;
const TECH_10_HALF = 0x0020;

/** A hub does not negotiate; the port of a switch does, with the one rate of its segment. */
function partnerOf(wire: Wire | undefined): number {
  if (wire === undefined || !wire.boardLink) return 0;
  const [full, half] = wire.bitRate === 10_000_000 ? [TECH_10_FULL, TECH_10_HALF] : [TECH_100_FULL, TECH_100_HALF];
  return wire.boardFullDuplex ? PARTNER_NEGOTIATES | full | half : half;
}

/** A LAN for a port: a hub for SCC1, a full-duplex port of a switch for the FEC. */
function lanFor(port: EthernetPort, seed: number): Wire {
  return port === 'fec' ? new Wire({ seed, bitRate: 100_000_000, boardFullDuplex: true }) : new Wire({ seed });
}

/**
 * An MPC860 board in virtual time, with its console, its LAN and its memory.
 * All time is the guest's; nothing happens unless `run` (or something that
 * calls it, such as `console.expect`) is called.
 *
 * @example
 * const board = await Board.create();
 * await board.boot('ftpd', { clusters: 131072 });
 * board.console.expect('quicc>');
 */
export class Board {
  /** The description it was made from. */
  readonly description: BoardDescription;
  /** Serial console on SMC1. */
  readonly console: BoardConsole;
  /** Physical memory. */
  readonly memory: BoardMemory;
  readonly #core: Core;
  readonly #stop: Record<StopName, number>;
  readonly #runUntil: number;
  readonly #seed: number;
  #lan: Wire;
  readonly #plugged: Partial<Record<EthernetPort, Wire>> = {};
  /** What the core knows of the PHY's partner; -1 = nothing yet. */
  #partner = -1;
  #symbols = new Symbols([]);
  #booted: Booted | undefined;
  #outcome: RunOutcome = 'time';
  #counting: Counting | undefined;
  #profiler: Profiler | undefined;

  private constructor(core: Core, description: BoardDescription, seed: number) {
    this.#core = core;
    this.#seed = seed;
    this.#runUntil = core.constant('RUN_UNTIL');
    this.#lan = lanFor(description.ethernet ?? 'scc1', seed);
    this.description = description;
    this.#stop = {
      until: core.constant('STOP_UNTIL'),
      txStart: core.constant('STOP_TX_START'),
      txEnd: core.constant('STOP_TX_END'),
      fecTxStart: core.constant('STOP_FEC_TX_START'),
      fecTxEnd: core.constant('STOP_FEC_TX_END'),
      console: core.constant('STOP_CONSOLE'),
      checkstop: core.constant('STOP_CHECKSTOP'),
      storm: core.constant('STOP_EXCEPTION_STORM'),
      reset: core.constant('STOP_RESET'),
    };
    this.memory = new BoardMemory(core);
    this.console = new BoardConsole(core, {
      runUntilConsole: (cycle) => this.#runTo(cycle, true),
      now: () => this.now,
      assertRunning: () => this.assertRunning(),
      coreHz: description.coreHz,
    });
    this.plug(description.ethernet ?? 'scc1', this.#lan);
  }

  /**
   * Builds a board and switches it on; it executes nothing before `boot`.
   * @throws UsageError for an unknown board or CPU, a description that cannot be, or too large a flash image
   */
  static async create(options: BoardOptions = {}): Promise<Board> {
    const wanted = options.board ?? 'eth_comm';
    const named = typeof wanted === 'string' ? boardNamed(wanted) : wanted;
    const description: BoardDescription = {
      ...named,
      cpu: options.cpu ?? named.cpu,
      ethernet: options.ethernet ?? named.ethernet ?? 'scc1',
    };
    checkBoard(description);
    const core = await instantiateCore();
    const fn = core.fn;
    if (fn.configure(description.ramBytes, description.flashBytes, description.dataFlashBytes) !== 0) {
      throw new UsageError(`board ${description.name}: its memories do not fit the core`);
    }
    const board = new Board(core, description, options.seed ?? 1);
    board.#powerOn();
    const fill = (name: string, base: number, bytes: number, image: Uint8Array | undefined): void => {
      const content = core.bytes().subarray(base, base + bytes);
      content.fill(0xff);
      if (image === undefined) return;
      if (image.length > bytes) throw new UsageError(`the ${name} holds ${bytes} bytes, the image has ${image.length}`);
      content.set(image);
    };
    fill('flash', fn.flashBase(), description.flashBytes, options.flash);
    const { spiEeprom, i2cEeprom } = description;
    fill('SPI EEPROM', core.constant('EEPROM_SPI'), spiEeprom?.bytes ?? 0, options.eeprom?.spi);
    fill('I2C EEPROM', core.constant('EEPROM_I2C'), i2cEeprom?.bytes ?? 0, options.eeprom?.i2c);
    fill('data flash', fn.dataFlashBase(), description.dataFlashBytes, options.dataFlash);
    return board;
  }

  /**
   * Loads an image as the board's boot loader would and sets the CPU at its entry. A board that has run begins anew:
   * its clock at 0, its flash as it is, its LAN a new one without stations.
   * @param firmware the bytes of an ELF file or a U-Boot image, or the name of a built-in firmware ('ftpd', 'hello', 'mix')
   * @param params boot parameters of the project's firmware; `extra` alone is the command line of other loaders than eth_comm's
   * @param files device tree and initial RAM disk for a kernel
   * @throws UsageError for a file that cannot run here or parameters that cannot work
   */
  async boot(firmware: string | Uint8Array, params: BootParams = {}, files: BootFiles = {}): Promise<void> {
    const line = commandLine(params);
    const name = typeof firmware === 'string' ? firmware : 'the image';
    const bytes = typeof firmware === 'string' ? await resources().firmware(firmware) : firmware;
    const image = await this.#parse(bytes, name);
    const given = await this.#unpacked(files);
    const booted = { image, file: bytes, line, extra: params.extra ?? '', files: given };
    // What does not fit is found out before the old run is gone.
    entryState(this.description, { image, line, commandLine: booted.extra, ...given });
    this.#begin(booted);
    for (const segment of image.segments) this.#programFlash(segment);
    this.#load(booted);
  }

  /**
   * Switches the board on with nothing but its flash (`BoardOptions.flash`): the CPU fetches its first instruction at the
   * reset vector, where CS0 answers, and everything is as the hard reset leaves it.
   */
  startFromFlash(): void {
    this.#begin({ image: undefined, file: new Uint8Array(), line: '', extra: '', files: {} });
  }

  /** @throws UsageError for files that the board's loader has no use for */
  async #unpacked(files: BootFiles): Promise<BootFiles> {
    const loader = this.description.loader ?? 'eth_comm';
    if (files.deviceTree !== undefined && loader !== 'device-tree') {
      throw new UsageError(`the loader of ${this.description.name} (${loader}) hands over no device tree`);
    }
    if (files.initrd === undefined) return files;
    if (loader !== 'device-tree' && loader !== 'u-boot') {
      throw new UsageError(`the loader of ${this.description.name} (${loader}) hands over no initial RAM disk`);
    }
    if (!isUImage(files.initrd)) return files;
    const { content } = await parseUImage(files.initrd, 'the initrd', this.description.ramBytes);
    return { ...files, initrd: content };
  }

  #begin(booted: Booted): void {
    this.#setBooted(booted);
    this.#powerOn();
    if (this.#lan.now > 0) this.#newLan();
    this.#core.bytes().fill(0, this.#core.constant('RAM_BASE'), this.#core.fn.flashBase());
  }

  /**
   * Plugs a port of the board into a segment, or pulls it out. At first `board.lan` is in the port that the board or the
   * options say, and the other is free. A second segment is made by `board.lan.segment()`; a `Switch` may join the two.
   * @throws UsageError for a segment with a time of its own, or a port that the board has not
   */
  plug(port: EthernetPort, wire: Wire | undefined): void {
    if (!ETHERNET_PORTS.includes(port)) throw new UsageError(`no Ethernet port ${port}: ${ETHERNET_PORTS.join(', ')}`);
    if (wire !== undefined && port === 'fec' && partNamed(this.description.cpu).fecs === 0) {
      throw new UsageError(`the ${this.description.cpu} has no FEC; one with it is cpu: 'mpc860t'`);
    }
    if (wire !== undefined && wire.events !== this.#lan.events) {
      throw new UsageError('a board is plugged into board.lan and segments that board.lan.segment() made, no others');
    }
    const old = this.#plugged[port];
    if (old !== undefined) {
      old.detachBoard();
      this.#core.fn[PORTS[port].carrier](0);
    }
    this.#attach(port, wire);
  }

  #attach(port: EthernetPort, wire: Wire | undefined): void {
    if (wire === undefined) delete this.#plugged[port];
    else {
      this.#plugged[port] = wire;
      wire.attachBoard(this.#boardPort(port));
    }
    if (port === 'scc1') this.#core.fn.ethLink(wire === undefined ? 0 : 1);
  }

  /** A copy of what the parallel flash holds. Commands that are not done yet have done nothing. */
  get flash(): Uint8Array {
    const base = this.#core.fn.flashBase();
    return this.#core.bytes().slice(base, base + this.description.flashBytes);
  }

  /** A copy of what a serial EEPROM holds; empty if the board has none there. */
  eeprom(bus: 'spi' | 'i2c'): Uint8Array {
    const { spiEeprom, i2cEeprom } = this.description;
    const base = this.#core.constant(bus === 'spi' ? 'EEPROM_SPI' : 'EEPROM_I2C');
    return this.#core.bytes().slice(base, base + ((bus === 'spi' ? spiEeprom : i2cEeprom)?.bytes ?? 0));
  }

  /** The Ethernet segment that the board is on, by its port of choice; add stations to it. After `restore` it is a new object with the saved stations, after a second `boot` a new one without. */
  get lan(): Wire {
    return this.#lan;
  }

  /** Core cycles since power-on. */
  get now(): number {
    return this.#core.fn.now();
  }

  /** Virtual seconds since power-on. */
  get seconds(): number {
    return this.now / this.description.coreHz;
  }

  /** The booted image's symbols. */
  get symbols(): Symbols {
    return this.#symbols;
  }

  /** How the last run ended; anything but 'time' is final until the next boot. */
  get outcome(): RunOutcome {
    return this.#outcome;
  }

  /** Instructions completed, and cycles skipped because the guest idled, since power-on. */
  get counters(): { cycles: number; instructions: number; idleCycles: number } {
    const view = this.#core.view();
    const read = (name: string): number => Number(view.getBigUint64(this.#core.constant(name), true));
    return { cycles: this.now, instructions: read('INSTRUCTIONS'), idleCycles: read('IDLE_CYCLES') };
  }

  /**
   * Counts from now on where the clocks go, or stops counting. The board goes over to the other build of its core at the
   * cycle where it stands; nothing that the guest could see changes, only the host's time.
   * @throws UsageError in a host that provides no counting core
   */
  async count(on = true): Promise<void> {
    if (on === (this.#counting !== undefined)) return;
    const from = resources();
    if (on && from.counting === undefined) {
      throw new UsageError('no counting core: provideResources() was called without `counting`');
    }
    const module = on && from.counting !== undefined ? await from.counting() : await from.core();
    const { ramBytes, flashBytes, dataFlashBytes } = this.description;
    await this.#core.switchTo(module, (fn) => fn.configure(ramBytes, flashBytes, dataFlashBytes));
    this.#counting = on ? new Counting(this.#core) : undefined;
    this.#profiler = undefined;
  }

  /**
   * From now on every cycle is counted for the function and the task that it is spent in; `profile()` tells. Counts, too, as
   * `count()` does. The running task is found by the symbol `executing` or `_Thread_Executing`.
   * @throws UsageError for an image without symbols, or in a host that provides no counting core
   */
  async startProfile(): Promise<void> {
    if (this.symbols.functions().length === 0)
      throw new UsageError('no profile: the image has no symbols of functions');
    await this.count();
    const word = this.symbols.address('executing') ?? this.symbols.address('_Thread_Executing') ?? 0;
    this.#profiler = new Profiler(this.#core, this.symbols, word, this.register('pc'));
  }

  /** Where the cycles went since `startProfile()`; undefined if that was not called. */
  profile(): Profile | undefined {
    const tasks = new Map(readTasks(this).map((task) => [task.at, task.name]));
    return this.#profiler?.read((task) => tasks.get(task) ?? (task === 0 ? 'start' : `task ${task.toString(16)}`));
  }

  /** What was counted since `count()`, or since the board was switched on; undefined unless the board counts. */
  get counted(): Counters | undefined {
    return this.#counting?.read();
  }

  /**
   * Runs for a span of virtual time (the CPU stops at the first instruction boundary behind it).
   * @throws UsageError for a span that is negative, not finite or not given
   */
  run(span: Span): RunOutcome {
    this.runUntilCycle(this.now + this.#cycles(span));
    return this.#outcome;
  }

  /**
   * Runs until a cycle of the board's clock.
   * @throws UsageError for a cycle that no run can reach
   */
  runUntilCycle(cycle: number): RunOutcome {
    if (!(cycle <= Number.MAX_SAFE_INTEGER)) throw new UsageError(`no run reaches cycle ${cycle}`);
    // The last instruction may have run past what the caller asked for; what else happens until then is still to be done.
    const behind = (): boolean => this.now < cycle || this.#core.view().getBigUint64(this.#runUntil, true) < cycle;
    while (this.#outcome === 'time' && behind()) this.#runTo(cycle, false);
    return this.#outcome;
  }

  /**
   * Runs until the CPU has completed an instruction, and through what the devices and the LAN do meanwhile. A branch that
   * takes no clock of its own goes with the instruction behind it; a CPU that sleeps goes on by one clock. Steps add up to
   * the run that `run` makes.
   */
  step(): RunOutcome {
    const before = this.counters;
    for (let now = before; this.#outcome === 'time' && now.instructions === before.instructions; now = this.counters) {
      if (now.idleCycles !== before.idleCycles) break;
      this.runUntilCycle(this.now + 1);
    }
    return this.#outcome;
  }

  /**
   * Runs until `done()` holds, looking at it every `every` seconds.
   * @returns whether it came to hold within `seconds`
   */
  runUntil(done: () => boolean, options: { seconds?: number; every?: number } = {}): boolean {
    const end = this.now + this.#cycles({ seconds: options.seconds ?? 60 });
    const step = Math.max(1, this.#cycles({ seconds: options.every ?? 0.01 }));
    while (!done()) {
      if (this.now >= end || this.#outcome !== 'time') return false;
      this.runUntilCycle(Math.min(end, this.now + step));
    }
    return true;
  }

  /** The mbuf and cluster pool, every cluster attributed to its owner; undefined when the image has no such pool. */
  pool(): PoolReading | undefined {
    return readPool(this);
  }

  /** The firmware's tasks in the order of their creation, and what each waits for; empty when the image has no such table. */
  tasks(): TaskReading[] {
    return readTasks(this);
  }

  /**
   * A register's value, 32 bits unsigned: 'pc', 'msr', 'cr', 'xer', 'lr', 'ctr', 'r0'…'r31', or an SPR number. No side effects.
   * @throws Error for another name
   */
  register(name: string | number): number {
    return this.#core.fn.getReg(this.#registerId(name)) >>> 0;
  }

  /** Registers and the last instructions, for people. */
  report(): string {
    return stopReport(this, this.#core);
  }

  /** Does nothing while the guest lives. @throws GuestStopped with the report when it stopped for good */
  assertRunning(): void {
    if (this.#outcome === 'time') return;
    const pc = this.register('pc').toString(16).padStart(8, '0');
    throw new GuestStopped(`the guest stopped at ${pc}: ${this.#outcome}`, this.report());
  }

  /**
   * The whole board and its LAN as bytes. Listeners (console output, captures, forwarded sockets) belong to the host and
   * are not in it.
   */
  snapshot(): Uint8Array {
    const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
    return packSections(
      new Map([
        ['INFO', text(this.#saveInfo())],
        ['ELF ', this.#booted?.file ?? new Uint8Array()],
        ['DTB ', this.#booted?.files.deviceTree ?? new Uint8Array()],
        ['INRD', this.#booted?.files.initrd ?? new Uint8Array()],
        ['CORE', packZeros(this.#stateBytes())],
        ['MEMS', packZeros(this.#memoryBytes())],
        ['CONS', text(this.console.save())],
        ['LAN ', text(this.#saveLan())],
      ]),
    );
  }

  /**
   * A fresh board in the state of a snapshot; it continues as the original would have.
   * @throws UsageError for a file that is no snapshot, or a damaged one
   */
  static async restore(snapshot: Uint8Array): Promise<Board> {
    const sections = unpackSections(snapshot);
    // A section with the right checksum may still hold what no board has saved.
    const take = <S, T>(tag: string, use: (saved: S) => T): T => {
      try {
        return use(JSON.parse(new TextDecoder().decode(section(sections, tag))) as S);
      } catch (error) {
        if (error instanceof UsageError) throw error;
        throw new UsageError(`the snapshot is damaged in section ${tag}`);
      }
    };
    const info = take('INFO', (saved: SavedInfo) => {
      if (!Array.isArray(saved.board.banks) || !Array.isArray(saved.board.registers)) throw new Error('no board');
      return saved;
    });
    const board = await Board.create({ board: info.board });
    const state = unpackZeros(section(sections, 'CORE'), board.#stateBytes().length);
    let at = 0;
    for (const range of board.#stateRanges()) {
      range.set(state.subarray(at, at + range.length));
      at += range.length;
    }
    board.#memoryBytes().set(unpackZeros(section(sections, 'MEMS'), board.#memoryBytes().length));
    board.#core.fn.rebuildDerived();
    board.#outcome = info.outcome;
    const file = section(sections, 'ELF ');
    if (file.length > 0) {
      const image = await board.#parse(file, 'the snapshot');
      const [deviceTree, initrd] = [section(sections, 'DTB '), section(sections, 'INRD')];
      const files = { ...(deviceTree.length > 0 && { deviceTree }), ...(initrd.length > 0 && { initrd }) };
      board.#setBooted({ image, file, line: info.line, extra: info.extra, files });
    } else if (info.started) board.#setBooted({ image: undefined, file, line: '', extra: '', files: {} });
    take('CONS', (saved: ReturnType<BoardConsole['save']>) => board.console.load(saved));
    take('LAN ', (saved: Parameters<typeof Wire.load>[0]) => board.#loadLan(saved));
    return board;
  }

  /** SHA-256 (hex) over everything that decides what happens next: the core's state, its memories, the LAN. */
  stateHash(): string {
    const lan = new TextEncoder().encode(JSON.stringify(this.#saveLan()));
    const parts = [this.#stateBytes(), this.#memoryBytes(), lan];
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return sha256Hex(all);
  }

  #saveInfo(): SavedInfo {
    const booted = this.#booted;
    return {
      board: this.description,
      outcome: this.#outcome,
      started: booted !== undefined,
      line: booted?.line ?? '',
      extra: booted?.extra ?? '',
    };
  }

  #cycles(span: Span): number {
    const { cycles, seconds } = span;
    const given = cycles ?? seconds;
    if (typeof given !== 'number' || !(given >= 0) || given === Number.POSITIVE_INFINITY) {
      throw new UsageError(`a span of time is a number of seconds or cycles from 0 on, not ${given}`);
    }
    return Math.round(cycles ?? given * this.description.coreHz);
  }

  #registerId(name: string | number): number {
    if (typeof name === 'number') {
      if (Number.isInteger(name) && name >= 0 && name < 1024) return this.#core.constant('REG_SPR') + name;
    } else {
      const gpr = /^r(\d|[12]\d|3[01])$/.exec(name);
      if (gpr !== null) return Number(gpr[1]);
      if (/^(pc|msr|cr|xer|lr|ctr)$/i.test(name)) return this.#core.constant(`REG_${name.toUpperCase()}`);
    }
    throw new UsageError(
      `no register ${name}; there are r0 to r31, pc, msr, cr, xer, lr, ctr and SPR numbers below 1024`,
    );
  }

  #toNs(cycle: number): number {
    return Math.round((cycle * 1e9) / this.description.coreHz);
  }

  #toCycle(ns: number): number {
    return Math.ceil((ns * this.description.coreHz) / 1e9);
  }

  /** Runs to `target` at most; with `watch` comes back at the first console output. Returns the cycle reached. */
  #runTo(target: number, watch: boolean): number {
    if (this.#booted === undefined) throw new UsageError('the board has no firmware: call boot() before it runs');
    const flags = watch ? this.#core.constant('HOST_WATCH_CONSOLE') : 0;
    this.#core.view().setUint32(this.#core.constant('HOST_FLAGS'), flags, true);
    for (;;) {
      if (this.#outcome !== 'time') break;
      this.console.feed();
      const lanNs = this.lan.nextEventNs();
      const lanCycle = lanNs === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : this.#toCycle(lanNs);
      const until = Math.min(target, lanCycle);
      this.#tellPartner();
      // Fetched each time: what the LAN does may have gone over to the counting core.
      const reason = this.#core.fn.run(until);
      if (reason === this.#stop.txStart) this.#txStart('scc1');
      else if (reason === this.#stop.txEnd) this.#txEnd('scc1');
      else if (reason === this.#stop.fecTxStart) this.#txStart('fec');
      else if (reason === this.#stop.fecTxEnd) this.#txEnd('fec');
      else if (reason === this.#stop.console) {
        this.console.drain();
        if (watch) break;
      } else if (reason === this.#stop.until) {
        if (until === lanCycle) this.lan.runEvents(lanNs);
        if (until >= target) break;
      } else if (reason === this.#stop.checkstop) {
        this.#outcome = 'checkstop';
      } else if (reason === this.#stop.storm) {
        this.#outcome = 'exception-storm';
      } else if (reason === this.#stop.reset) {
        this.#load(this.#booted);
      } else {
        throw new Error(`core.run returned the unknown reason ${reason}`);
      }
    }
    this.console.drain();
    // What the caller now starts on the LAN starts at this time, not at the LAN's last event.
    this.#lan.runEvents(Math.floor((Math.min(this.now, target) * 1e9) / this.description.coreHz));
    return this.now;
  }

  #txStart(port: EthernetPort): void {
    this.#plugged[port]?.boardTxStart(this.#toNs(this.#core.fn[PORTS[port].txStartCycle]()));
  }

  #txEnd(port: EthernetPort): void {
    const at = this.#core.constant(PORTS[port].tx);
    const length = Math.min(this.#core.view().getUint32(at, true), this.#core.constant('ETH_FRAME_MAX'));
    const frame = this.#core.bytes().slice(at + 4, at + 4 + length);
    this.#plugged[port]?.boardTxEnd(this.#toNs(this.#core.fn[PORTS[port].txEndCycle]()), frame);
  }

  /** What a segment calls on the core. */
  #boardPort(name: EthernetPort): BoardPort {
    const core = this.#core;
    const port = PORTS[name];
    const at = this.#core.constant(port.rx);
    const most = this.#core.constant('ETH_FRAME_MAX');
    const calls: BoardPort = {
      rxStart: (atNs, frame) => {
        const length = Math.min(frame.length, most);
        this.#core.view().setUint32(at, length, true);
        this.#core.bytes().set(frame.subarray(0, length), at + 4);
        core.fn[port.rxStart](this.#toCycle(atNs));
      },
      collision: () => core.fn[port.collision](),
      carrier: (busy) => core.fn[port.carrier](busy ? 1 : 0),
    };
    return name === 'fec' ? { ...calls, fullDuplex: () => core.fn.fecPartnerFullDuplex() !== 0 } : calls;
  }

  /** Cable pulled or plugged: the PHY notices. */
  #tellPartner(): void {
    const partner = partnerOf(this.#plugged.fec);
    if (partner === this.#partner) return;
    this.#partner = partner;
    this.#core.fn.fecPartner(partner);
  }

  /** A LAN without stations, in the port that the description names. */
  #newLan(): void {
    for (const port of ETHERNET_PORTS) this.plug(port, undefined);
    const port = this.description.ethernet ?? 'scc1';
    this.#lan = lanFor(port, this.#seed);
    this.plug(port, this.#lan);
  }

  #saveLan(): Json {
    return saveGraph({ lan: this.#lan, plugged: this.#plugged });
  }

  #loadLan(json: Json): void {
    const saved = loadGraph(json) as { lan?: unknown; plugged?: Partial<Record<EthernetPort, unknown>> };
    const wire = (value: unknown): Wire => {
      if (value instanceof Wire) return value;
      throw new Error('this is not a saved LAN');
    };
    this.#lan = wire(saved.lan);
    for (const port of ETHERNET_PORTS) {
      const plugged = saved.plugged?.[port];
      this.#attach(port, plugged === undefined ? undefined : wire(plugged));
    }
  }

  #powerOn(): void {
    const { fn } = this.#core;
    const d = this.description;
    this.#outcome = 'time';
    for (let cs = 0; cs < 8; cs++) fn.bankDescribe(cs, 0, 0, 0);
    const ramBase = this.#core.constant('RAM_BASE');
    for (const bank of d.banks) {
      const kind = bank.kind === 'ram' ? 1 : bank.kind === 'flash' ? 2 : 0;
      const base = bank.kind === 'ram' ? ramBase : fn.flashBase();
      const size = bank.kind === 'ram' ? d.ramBytes : d.flashBytes;
      fn.bankDescribe(bank.cs, kind, base, size);
      if (bank.kind === 'flash') this.#describeFlash(bank.cs);
    }
    fn.setDataFlashSelect(d.dataFlashSelect);
    fn.spiEeprom(d.spiEeprom?.bytes ?? 0, d.spiEeprom?.page ?? 1, d.spiEeprom?.select ?? 0);
    fn.i2cEeprom(d.i2cEeprom?.bytes ?? 0, d.i2cEeprom?.page ?? 1, d.i2cEeprom?.address ?? 0);
    const { pvr, partNumber, icache, dcache, microcode, dualPortRam, fecs } = partNamed(d.cpu);
    fn.partConfigure(pvr, partNumber, icache.sets, icache.ways, dcache.sets, dcache.ways);
    // A loader has its own board set up anyway; only a start from flash sees what the hardware gives it.
    const resetWord = this.#booted?.image === undefined ? (d.resetWord ?? 0) : 0;
    fn.socConfigure(
      resetWord,
      0,
      microcode,
      dualPortRam === 8192 ? 1 : 0,
      CONSOLE_PORTS.indexOf(d.console),
      this.#seed,
    );
    // Address 32 is nobody's.
    fn.fecConfigure(fecs > 0 ? 1 : 0, d.phy?.address ?? 32, d.phy?.id ?? 0);
    fn.powerOn(d.coreHz, d.oscmHz, d.extclkHz);
    this.#counting?.reset();
    this.#profiler = undefined;
    this.#partner = -1;
  }

  #describeFlash(bank: number): void {
    const { fn } = this.#core;
    const { flash } = this.description;
    if (flash === undefined) {
      fn.flashDescribe(bank, 0, 0, 0, 0, 0, 0);
      return;
    }
    const chip = chipOf(flash);
    const [manufacturer, device] = chip.ids;
    const commands = chip.commands === 'amd' ? 1 : 2;
    const ids = (manufacturer << 16) | device;
    fn.flashDescribe(bank, commands, flash.chips, chip.bits / 8, ids, chip.programUs, chip.eraseMs);
    for (const [sectors, bytes] of chip.regions) fn.flashRegion(bank, sectors, bytes);
    cfiTable(chip).forEach((byte, i) => {
      fn.flashQuery(bank, 0x10 + i, byte);
    });
  }

  #parse(file: Uint8Array, name: string): Promise<ElfImage> {
    return parseImage(file, name, this.description.ramBytes, flashWindows(this.description));
  }

  /** A segment that lies in flash is there when the board is switched on; what the guest makes of it stays over its resets. */
  #programFlash({ address, bytes }: Segment): void {
    const window = flashWindows(this.description).find((place) => address >= place.address && address < place.end);
    if (window !== undefined) this.#core.bytes().set(bytes, this.#core.fn.flashBase() + address - window.address);
  }

  #setBooted(booted: Booted): void {
    this.#booted = booted;
    this.#symbols = new Symbols(booted.image?.symbols ?? []);
  }

  /**
   * What the boot loader does, at power-on and after each reset: memory
   * controller, clocks, watchdog, then image and what is handed over. A board
   * that starts from flash has it there.
   */
  #load({ image, line, extra, files }: Booted): void {
    if (image === undefined) return;
    const { fn } = this.#core;
    const d = this.description;
    fn.setReg(this.#registerId(638), d.immr);
    for (const key of KEYS) fn.hostImmrWrite(key, 4, KEY_OPEN);
    for (const [upm, table] of [d.upma, d.upmb].entries()) {
      if (table === undefined) continue;
      for (const [address, word] of upmWords(table).entries()) {
        fn.hostImmrWrite(MDR, 4, word);
        fn.hostImmrWrite(MCR, 4, upm * MCR_UM + address);
      }
    }
    for (const [offset, size, value] of d.registers) fn.hostImmrWrite(offset, size, value);
    for (const bank of d.banks) {
      fn.hostImmrWrite(0x104 + 8 * bank.cs, 4, bank.or);
      fn.hostImmrWrite(0x100 + 8 * bank.cs, 4, bank.br);
    }
    const ram = this.#core.bytes().subarray(this.#core.constant('RAM_BASE'));
    for (const { bytes, address, size } of image.segments) {
      if (address >= d.ramBytes) continue;
      ram.set(bytes, address);
      ram.fill(0, address + bytes.length, address + size);
    }
    const entry = entryState(d, { image, line, commandLine: extra, ...files });
    for (const { address, bytes } of entry.blocks) ram.set(bytes, address);
    for (const [register, value] of Object.entries(entry.registers)) fn.setReg(Number(register), value);
    fn.setReg(this.#core.constant('REG_MSR'), 0x1002);
    fn.setReg(this.#core.constant(REG_PC), image.entry);
    fn.rebuildDerived();
  }

  /** The core's state without the derived section, which holds nothing that decides what happens next. */
  #stateRanges(): Uint8Array[] {
    const bytes = this.#core.bytes();
    const at = (name: string): number => this.#core.constant(name);
    return [bytes.subarray(at('STATE_BASE'), at('DERIVED_BASE')), bytes.subarray(at('BUS_BASE'), at('STATE_END'))];
  }

  #stateBytes(): Uint8Array {
    const [low = new Uint8Array(), high = new Uint8Array()] = this.#stateRanges();
    const all = new Uint8Array(low.length + high.length);
    all.set(low);
    all.set(high, low.length);
    return all;
  }

  #memoryBytes(): Uint8Array {
    const { fn } = this.#core;
    const end = fn.dataFlashBase() + this.description.dataFlashBytes;
    return this.#core.bytes().subarray(this.#core.constant('RAM_BASE'), end);
  }
}
