import { readFileSync } from 'node:fs';
import { loadUpm, MBX_40MHZ } from '../support/upm.js';

/** Exports of core.wasm that these tests use. */
interface CoreExports {
  memory: WebAssembly.Memory;
  configure(ram: number, flash: number, dataFlash: number): number;
  dataFlashBase(): number;
  bankDescribe(bank: number, kind: number, base: number, size: number): void;
  powerOn(coreHz: number, oscmHz: number, extclkHz: number): void;
  run(until: number): number;
  now(): number;
  getReg(id: number): number;
  setReg(id: number, value: number): void;
  hostImmrRead(offset: number, size: number): number;
  hostImmrWrite(offset: number, size: number, value: number): void;
  setDataFlashSelect(mask: number): void;
  socConfigure(hrcw: number, modck: number, rev: number, dpram8k: number, consolePort: number, seed: number): void;
  ethRxStart(cycle: number): void;
  ethRxDribble(bits: number): void;
  ethCollision(): void;
  ethCarrier(busy: number): void;
  spiEeprom(bytes: number, page: number, select: number): void;
  i2cEeprom(bytes: number, page: number, address: number): void;
  ethLink(up: number): void;
  fecConfigure(present: number, phyAddress: number, phyId: number): void;
  fecPartner(technologies: number): void;
  fecPartnerFullDuplex(): number;
  fecRxStart(cycle: number): void;
  fecRxDribble(bits: number): void;
  fecCollision(): void;
  fecCarrier(busy: number): void;
  fecTxStartCycle(): number;
  fecTxEndCycle(): number;
  txStartCycle(): number;
  txEndCycle(): number;
  consoleInputArrived(): void;
  consoleBreak(): void;
  irqInput(n: number, low: number): void;
  portInput(port: number, low: number): void;
}

const file = process.env['QUICC_CORE'] ?? new URL('../../dist/core.wasm', import.meta.url);
const compiled = new WebAssembly.Module(readFileSync(file));

const RAM_BYTES = 1 << 20;
const FLASH_BYTES = 2 << 20;
const CORE_HZ = 40_000_000;
const IMMR = 0xff00_0000;
/** `b .` at this address keeps the CPU busy while the devices are watched. */
const IDLE_AT = 0x1000;

// Ethernet addresses of the tests: the board's, everybody's, another station's, a group's.
export const STATION = [0x08, 0x00, 0x3e, 0x26, 0x00, 0x10];
export const BROADCAST = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
export const OTHER = [0x08, 0x00, 0x3e, 0x11, 0x22, 0x33];
export const GROUP = [0x01, 0x00, 0x5e, 0x00, 0x00, 0x01];

/** STOP_* reasons of the run loop that matter here (assembly/layout.ts). */
export const STOP = { until: 1, txStart: 2, txEnd: 3, console: 4, fecTxStart: 9, fecTxEnd: 10 } as const;

/** What came out of the wire while the bench ran. */
export interface SentFrame {
  start: number;
  end: number;
  bytes: Uint8Array;
}

/**
 * A part on a bench: 1 MB of RAM at 0, internal map at FF000000, 40 MHz core, 4 MHz crystal; the CPU spins with
 * interrupts off, registers are written as the CPU would write them.
 */
export class SocBench {
  readonly core: CoreExports;
  readonly sent: SentFrame[] = [];
  readonly starts: number[] = [];
  /** The same of the FEC. */
  readonly fecSent: SentFrame[] = [];
  readonly fecStarts: number[] = [];
  readonly #globals: Record<string, unknown>;

  constructor(
    options: {
      consolePort?: number;
      seed?: number;
      modck?: number;
      dpram8k?: boolean;
      sypcr?: number;
      /** Core clock, Hz [40 MHz]. */
      coreHz?: number;
      /** The part has an FEC, and the board a PHY. */
      fec?: { phyAddress: number; phyId: number };
    } = {},
  ) {
    const instance = new WebAssembly.Instance(compiled, {
      env: {
        abort: () => {
          throw new Error('core aborted');
        },
      },
    });
    this.core = instance.exports as unknown as CoreExports;
    this.#globals = instance.exports as Record<string, unknown>;
    if (this.core.configure(RAM_BYTES, 0, FLASH_BYTES) !== 0) throw new Error('configure');
    this.core.setDataFlashSelect(0x8000);
    this.core.socConfigure(
      0,
      options.modck ?? 0,
      4,
      options.dpram8k ? 1 : 0,
      options.consolePort ?? 0,
      options.seed ?? 1,
    );
    if (options.fec !== undefined) this.core.fecConfigure(1, options.fec.phyAddress, options.fec.phyId);
    this.core.bankDescribe(1, 1, this.constant('RAM_BASE'), RAM_BYTES);
    this.core.powerOn(options.coreHz ?? CORE_HZ, 4_000_000, 4_000_000);
    this.core.setReg(0x1000 + 638, IMMR);
    this.w32(0x004, options.sypcr ?? 0xffff_ff88);
    loadUpm(this.core, 0, MBX_40MHZ);
    this.w32(0x10c, 0xfff0_0000);
    this.w32(0x108, 0x0000_0081);
    // CS0 answers everywhere after reset.
    this.w32(0x100, 0);
    // PIT at OSCM/4 = 1 MHz, timebase at GCLK2/16.
    this.w32(0x280, 0x0200_0000);
    this.ramW32(IDLE_AT, 0x4800_0000);
    this.core.setReg(this.constant('REG_MSR'), 0x1002);
    this.core.setReg(this.constant('REG_PC'), IDLE_AT);
  }

  /** Value of a constant of the core's layout. */
  constant(name: string): number {
    const value = this.#globals[name];
    return value instanceof WebAssembly.Global ? Number(value.value) >>> 0 : 0;
  }

  r8(offset: number): number {
    return this.core.hostImmrRead(offset, 1) >>> 0;
  }
  r16(offset: number): number {
    return this.core.hostImmrRead(offset, 2) >>> 0;
  }
  r32(offset: number): number {
    return this.core.hostImmrRead(offset, 4) >>> 0;
  }
  w8(offset: number, value: number): void {
    this.core.hostImmrWrite(offset, 1, value);
  }
  w16(offset: number, value: number): void {
    this.core.hostImmrWrite(offset, 2, value);
  }
  w32(offset: number, value: number): void {
    this.core.hostImmrWrite(offset, 4, value);
  }

  /** Guest RAM from `address` on. */
  ram(address: number, length: number): Uint8Array {
    return new Uint8Array(this.core.memory.buffer, this.constant('RAM_BASE') + address, length);
  }
  ramW32(address: number, value: number): void {
    new DataView(this.core.memory.buffer).setUint32(this.constant('RAM_BASE') + address, value);
  }
  /** Content of the data flash. */
  dataFlash(): Uint8Array {
    return new Uint8Array(this.core.memory.buffer, this.core.dataFlashBase(), FLASH_BYTES);
  }

  get now(): number {
    return this.core.now();
  }

  /** Runs for `cycles`; frames that SCC1 sends on the way are collected. */
  run(cycles: number): void {
    const until = this.now + cycles;
    while (this.now < until) this.step(until);
  }

  /** Runs for microseconds. */
  runUs(us: number): void {
    this.run(Math.round((us * CORE_HZ) / 1e6));
  }

  /** Runs until cycle `until` or until the core stops for a reason, which is returned. */
  step(until: number): number {
    const reason = this.core.run(until);
    if (reason === STOP.txStart) this.starts.push(this.core.txStartCycle());
    if (reason === STOP.fecTxStart) this.fecStarts.push(this.core.fecTxStartCycle());
    if (reason === STOP.txEnd) {
      this.sent.push({ start: this.core.txStartCycle(), end: this.core.txEndCycle(), bytes: this.#mailbox('ETH_TX') });
    }
    if (reason === STOP.fecTxEnd) {
      const [start, end] = [this.core.fecTxStartCycle(), this.core.fecTxEndCycle()];
      this.fecSent.push({ start, end, bytes: this.#mailbox('FEC_TX') });
    }
    return reason;
  }

  #mailbox(name: string): Uint8Array {
    const at = this.constant(name);
    const length = new DataView(this.core.memory.buffer).getUint32(at, true);
    return new Uint8Array(this.core.memory.buffer, at + 4, length).slice();
  }

  #fill(name: string, frame: Uint8Array): void {
    const at = this.constant(name);
    new DataView(this.core.memory.buffer).setUint32(at, frame.length, true);
    new Uint8Array(this.core.memory.buffer, at + 4, frame.length).set(frame);
  }

  /** Puts a frame (with its FCS) on SCC1's wire now. */
  receive(frame: Uint8Array): void {
    this.#fill('ETH_RX', frame);
    this.core.ethRxStart(this.now);
  }

  /** Puts a frame (with its FCS) on the FEC's wire now. */
  fecReceive(frame: Uint8Array): void {
    this.#fill('FEC_RX', frame);
    this.core.fecRxStart(this.now);
  }

  /** Everything the console has printed. */
  consoleOutput(): string {
    const at = this.constant('CONSOLE_OUT');
    const count = new DataView(this.core.memory.buffer).getUint32(at, true);
    return new TextDecoder().decode(new Uint8Array(this.core.memory.buffer, at + 4, count));
  }

  /** Types at the console. */
  type(text: string): void {
    const at = this.constant('CONSOLE_IN');
    const view = new DataView(this.core.memory.buffer);
    let written = view.getUint32(at, true);
    for (const byte of new TextEncoder().encode(text)) view.setUint8(at + 8 + (written++ & 16383), byte);
    view.setUint32(at, written, true);
    this.core.consoleInputArrived();
  }

  /** Writes a buffer descriptor: status last. */
  bd(offset: number, status: number, length: number, address: number): void {
    this.w32(offset + 4, address);
    this.w16(offset + 2, length);
    this.w16(offset, status);
  }
}

/** CRC-32 of IEEE 802.3, the plain bitwise way. */
export function fcs(data: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of data) {
    for (let bit = 0; bit < 8; bit++) {
      const feedback = (crc ^ (byte >> bit)) & 1;
      crc = (crc >>> 1) ^ (feedback ? 0xedb8_8320 : 0);
    }
  }
  return ~crc >>> 0;
}

/** `data` with its frame check sequence, as it goes over the wire. */
export function withFcs(data: Uint8Array): Uint8Array {
  const frame = new Uint8Array(data.length + 4);
  frame.set(data);
  new DataView(frame.buffer).setUint32(data.length, fcs(data), true);
  return frame;
}
