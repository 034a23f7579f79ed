import { UsageError } from '../errors.js';

/** Functions of core.wasm; `assembly/index.ts` documents each. Cycle numbers are doubles, exact below 2^53. */
export interface CoreFunctions {
  memory: WebAssembly.Memory;
  configure(ramBytes: number, flashBytes: number, dataFlashBytes: number): number;
  flashBase(): number;
  dataFlashBase(): number;
  bankDescribe(bank: number, kind: number, base: number, size: number): void;
  partConfigure(pvr: number, partNumber: number, icSets: number, icWays: number, dcSets: number, dcWays: number): void;
  flashDescribe(
    bank: number,
    commands: number,
    chipCount: number,
    chipWidth: number,
    ids: number,
    programUs: number,
    eraseMs: number,
  ): void;
  flashRegion(bank: number, sectors: number, bytes: number): void;
  flashQuery(bank: number, at: number, value: number): void;
  powerOn(coreHz: number, oscmHz: number, extclkHz: number): void;
  run(until: number): number;
  now(): number;
  getReg(id: number): number;
  setReg(id: number, value: number): void;
  hostRead8(pa: number): number;
  hostRead16(pa: number): number;
  hostRead32(pa: number): number;
  hostWrite8(pa: number, value: number): void;
  hostWrite16(pa: number, value: number): void;
  hostWrite32(pa: number, value: number): void;
  translateForDebug(ea: number): number;
  hostImmrRead(offset: number, size: number): number;
  hostImmrWrite(offset: number, size: number, value: number): void;
  txStartCycle(): number;
  txEndCycle(): number;
  ethRxStart(startCycle: number): void;
  ethCollision(): void;
  ethCarrier(busy: number): void;
  spiEeprom(bytes: number, page: number, select: number): void;
  i2cEeprom(bytes: number, page: number, address: number): void;
  ethLink(up: number): void;
  fecConfigure(present: number, phyAddress: number, phyId: number): void;
  fecPartner(technologies: number): void;
  fecPartnerFullDuplex(): number;
  fecTxStartCycle(): number;
  fecTxEndCycle(): number;
  fecRxStart(startCycle: number): void;
  fecCollision(): void;
  fecCarrier(busy: number): void;
  setDataFlashSelect(mask: number): void;
  socConfigure(hrcw: number, modck: number, revNum: number, dpram8k: number, consolePort: number, seed: number): void;
  consoleInputArrived(): void;
  rebuildDerived(): void;
  countReset(): void;
  profileStart(table: number, functions: number, nodes: number, most: number, taskWord: number, pc: number): void;
  profileFlush(): void;
}

/** One instance of the core: its functions, its memory, and the layout's names as numbers. */
export interface Core {
  /** Fetch anew after `switchTo`. */
  readonly fn: CoreFunctions;
  /** Value of a constant that `assembly/layout.ts` (or another exported module) declares. */
  constant(name: string): number;
  /** Bytes of linear memory; fetch anew after anything that may grow it. */
  bytes(): Uint8Array;
  view(): DataView;
  /**
   * Goes on in an instance of another build of the core, which has the same layout: memory and configuration move there, and
   * what is derived is computed anew.
   */
  switchTo(module: WebAssembly.Module, configure: (fn: CoreFunctions) => void): Promise<void>;
}

/** Where core.wasm and the built-in firmware come from; the Node entry and the web worker each provide theirs. */
export interface Resources {
  /** The compiled core.wasm; called for each board, so keep it. */
  core(): Promise<WebAssembly.Module>;
  /** The compiled core-counting.wasm; without it boards cannot count. */
  counting?(): Promise<WebAssembly.Module>;
  /** The ELF file of a built-in firmware. @throws UsageError when there is none of that name */
  firmware(name: string): Promise<Uint8Array>;
}

const WASM_PAGE = 0x1_0000;

let provided: Resources | undefined;

/** Tells the library where its binary parts are. Needed once in a browser; the package's Node entry has done so already. */
export function provideResources(resources: Resources): void {
  provided = resources;
}

/** @throws UsageError when the host has not called `provideResources` */
export function resources(): Resources {
  if (provided === undefined) {
    throw new UsageError('no resources: call provideResources() with core.wasm before Board.create() (see docs)');
  }
  return provided;
}

/** A fresh, unconfigured core. */
export async function instantiateCore(): Promise<Core> {
  const module = await resources().core();
  const abort = (_message: number, _file: number, line: number, column: number): never => {
    throw new Error(`core aborted at ${line}:${column}`);
  };
  let instance = await WebAssembly.instantiate(module, { env: { abort } });
  let fn = instance.exports as unknown as CoreFunctions;
  const core: Core = {
    get fn() {
      return fn;
    },
    constant(name) {
      const value = (instance.exports as Record<string, unknown>)[name];
      if (!(value instanceof WebAssembly.Global)) throw new Error(`core.wasm exports no constant ${name}`);
      return Number(value.value) >>> 0;
    },
    bytes: () => new Uint8Array(fn.memory.buffer),
    view: () => new DataView(fn.memory.buffer),
    async switchTo(other, configure) {
      instance = await WebAssembly.instantiate(other, { env: { abort } });
      const next = instance.exports as unknown as CoreFunctions;
      configure(next);
      const from = core.constant('STATE_BASE');
      const missing = (fn.memory.buffer.byteLength - next.memory.buffer.byteLength) / WASM_PAGE;
      if (missing > 0) next.memory.grow(missing);
      new Uint8Array(next.memory.buffer).set(new Uint8Array(fn.memory.buffer).subarray(from), from);
      fn = next;
      fn.rebuildDerived();
    },
  };
  return core;
}
