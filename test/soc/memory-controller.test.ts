import { describe, expect, it } from 'vitest';
import { asm, type BareCore, bareCore } from '../support/core.js';
import {
  FADS_DRAM_50MHZ,
  FADS_EDO_50MHZ,
  loadUpm,
  loadUpmWord,
  MBX_40MHZ,
  MBX_50MHZ,
  TQM_SDRAM,
  type UpmBytes,
} from '../support/upm.js';

// Registers by their offsets (hardware/immap.md)
const SYPCR = 0x004;
const BR0 = 0x100;
const OR0 = 0x104;
const MCR = 0x168;
const MAMR = 0x170;
const MBMR = 0x174;
const MPTPR = 0x17a;
const SCCR = 0x280;
const MCR_RUN = 0x8000_0000;
const RAM_CS = 1;
const FLASH_CS = 0;
const RAM_OR = 0xfff0_0000;
const OR_BI = 0x100;
const BR_PS_8 = 0x400;
const BR_PS_16 = 0x800;
const BR_RAM = 0x81;
const IC_CST = 560;
const DC_CST = 568;

/** What the core computed for a chip select, in core clocks. */
interface Clocks {
  answers: number;
  read: number;
  readBusy: number;
  burst: number[];
  burstBusy: number;
  write: number;
  writeBusy: number;
  burstWriteBusy: number;
}

function clocks(core: BareCore, cs: number): Clocks {
  const view = new DataView(core.fn.memory.buffer);
  const at = (name: string): number => core.constant(name) + cs * core.constant('BANK_BYTES');
  const u32 = (name: string): number => view.getUint32(at(name), true);
  const first = u32('BANK_BURST_FIRST');
  return {
    answers: u32('BANK_ANSWERS'),
    read: u32('BANK_READ_FIRST'),
    readBusy: u32('BANK_READ_BUSY'),
    burst: [0, 1, 2, 3].map((word) => first + view.getUint16(at('BANK_BURST_WORDS') + 2 * word, true)),
    burstBusy: u32('BANK_BURST_BUSY'),
    write: u32('BANK_WRITE_FIRST'),
    writeBusy: u32('BANK_WRITE_BUSY'),
    burstWriteBusy: u32('BANK_BURST_WRITE_BUSY'),
  };
}

/** RAM on CS1 behind UPMA with `table`. */
function withTable(table: Partial<UpmBytes>, options: { mamr?: number; or?: number; port?: number } = {}): BareCore {
  const core = bareCore();
  loadUpm(core.fn, 0, table);
  core.fn.hostImmrWrite(MAMR, 4, options.mamr ?? 0);
  core.fn.hostImmrWrite(OR0 + 8 * RAM_CS, 4, RAM_OR | (options.or ?? 0));
  core.fn.hostImmrWrite(BR0 + 8 * RAM_CS, 4, BR_RAM | (options.port ?? 0));
  return core;
}

/** Flash on CS0 behind the GPCM with the low half of OR given. */
function withFlash(or: number, port = 0): BareCore {
  const core = bareCore();
  core.fn.hostImmrWrite(OR0, 4, 0xfff0_0000 + or);
  core.fn.hostImmrWrite(BR0, 4, 0xfff0_0001 + port);
  return core;
}

/** Cycles of `words` run once from the I-cache, the D-cache off, the line being there and the bus free. */
function cyclesOf(core: BareCore, words: readonly number[]): number {
  core.setSpr(IC_CST, 0x0200_0000);
  core.load(0x4000, [...words, 0x4800_0000]);
  const once = (): number => {
    core.fn.setReg(33, 0x1002);
    core.fn.setReg(32, 0x4000);
    const before = core.fn.now() - core.word64('IDLE_CYCLES');
    core.fn.run(core.fn.now() + 5000);
    return core.fn.now() - core.word64('IDLE_CYCLES') - before;
  };
  once();
  return once();
}

describe('UPM patterns of real boards give the clocks published for them (core-timing.md section 4)', () => {
  const rows: [string, UpmBytes, Omit<Clocks, 'answers'>][] = [
    [
      'MBX860, EDO, 40 MHz',
      MBX_40MHZ,
      {
        read: 4,
        readBusy: 5,
        burst: [4, 6, 8, 10],
        burstBusy: 11,
        write: 3,
        writeBusy: 5,
        burstWriteBusy: 11,
      },
    ],
    [
      'MBX860, DRAM, 50 MHz',
      MBX_50MHZ,
      {
        read: 5,
        readBusy: 6,
        burst: [5, 8, 11, 14],
        burstBusy: 15,
        write: 3,
        writeBusy: 6,
        burstWriteBusy: 12,
      },
    ],
    // These end with TODT: the disable timer's one clock (DSA = 00) on top of the published words.
    [
      'FADS860, EDO, 50 MHz',
      FADS_EDO_50MHZ,
      {
        read: 5,
        readBusy: 6 + 1,
        burst: [5, 7, 9, 11],
        burstBusy: 12 + 1,
        write: 3,
        writeBusy: 4 + 1,
        burstWriteBusy: 10 + 1,
      },
    ],
    [
      'TQM860L, SDRAM',
      TQM_SDRAM,
      {
        read: 4,
        readBusy: 5 + 1,
        burst: [4, 5, 6, 7],
        burstBusy: 8 + 1,
        write: 2,
        writeBusy: 5 + 1,
        burstWriteBusy: 8 + 1,
      },
    ],
  ];

  it.each(rows)('%s', (_name, table, expected) => {
    expect(clocks(withTable(table), RAM_CS)).toEqual({ answers: 15, ...expected });
  });

  it('beats at unequal distances stay so: FADS860, DRAM, 50 MHz', () => {
    expect(clocks(withTable(FADS_DRAM_50MHZ), RAM_CS).burst).toEqual([5, 7, 10, 12]);
  });

  it('UPMB is a machine of its own, with MBMR (siu.md 4.4)', () => {
    const core = bareCore();
    loadUpm(core.fn, 1, TQM_SDRAM);
    core.fn.hostImmrWrite(MBMR, 4, 3 << 17);
    expect(clocks(core, RAM_CS).read).toBe(4);
    expect(clocks(core, RAM_CS).write).toBe(3);
    core.fn.hostImmrWrite(BR0 + 8 * RAM_CS, 4, 0xc1);
    expect(clocks(core, RAM_CS).write).toBe(2);
    expect(clocks(core, RAM_CS).readBusy).toBe(5 + 4);
  });

  it.each([0, 1, 2, 3])('DSA = %i: the disable timer keeps the bank for that many clocks and one', (ds) => {
    expect(clocks(withTable(TQM_SDRAM, { mamr: ds << 17 }), RAM_CS).burstBusy).toBe(8 + ds + 1);
    expect(clocks(withTable(MBX_40MHZ, { mamr: ds << 17 }), RAM_CS).burstBusy).toBe(11);
  });

  it('what software loads counts, word by word', () => {
    const core = withTable(MBX_40MHZ);
    // One more clock before TA.
    loadUpmWord(core.fn, 0, 3, 0xffff_fc04);
    loadUpmWord(core.fn, 0, 4, 0xffff_fc00);
    loadUpmWord(core.fn, 0, 5, 0xffff_fc05);
    expect(clocks(core, RAM_CS)).toMatchObject({ read: 5, readBusy: 6 });
    core.fn.hostImmrWrite(MCR, 4, 0x4000_0004);
    expect(core.fn.hostImmrRead(0x17c, 4) >>> 0).toBe(0xffff_fc00);
  });
});

describe('loops and the RUN command (MPC860 UM, Memory Controller: Loop Control; MCR)', () => {
  /** Bus clocks of a RUN command with `loops` in MCLF, starting at RAM address `at`. */
  function run(core: BareCore, at: number, loops: number): number {
    core.fn.hostImmrWrite(MCR, 4, MCR_RUN + (loops << 8) + at);
    return core.word64('BUS_FREE_AT') - core.fn.now();
  }

  it.each([1, 2, 8, 15])('MCLF = %i runs the loop as often', (loops) => {
    // Five words in the loop, one behind it, one clock of the disable timer (TQM860L: refresh, executed by software).
    expect(run(withTable(TQM_SDRAM), 0x30, loops)).toBe(5 * loops + 1 + 1);
  });

  it('MCLF = 0 stands for 16', () => {
    expect(run(withTable(TQM_SDRAM), 0x30, 0)).toBe(5 * 16 + 1 + 1);
  });

  it('LAST in the word that closes a loop counts in the last round (FADS860: refresh)', () => {
    expect(run(withTable(FADS_EDO_50MHZ), 0x30, 4)).toBe(5 * 4);
  });

  it.each([
    ['RLFA', 0x00, 8],
    ['WLFA', 0x18, 4],
  ] as const)('%s repeats the loop of its accesses', (_field, start, shift) => {
    const of = (rounds: number): number => {
      const core = withTable(MBX_40MHZ, { mamr: rounds << shift });
      for (const [i, low] of [0x84, 0x84, 0x00, 0x05].entries()) loadUpmWord(core.fn, 0, start + i, 0xffff_fc00 + low);
      const { read, write } = clocks(core, RAM_CS);
      return start ? write : read;
    };
    expect([1, 2, 5, 0].map(of)).toEqual([3, 5, 11, 33]);
  });

  it('a pattern that never ends is given up', () => {
    const core = withTable(MBX_40MHZ);
    for (let at = 0x3c; at < 0x40; at++) loadUpmWord(core.fn, 0, at, 0xffff_fc04);
    expect(run(core, 0x3c, 1)).toBeLessThan(5000);
  });
});

describe('GPCM (siu.md 4.3; MPC860 UM, GPCM Strobe Signal Behavior)', () => {
  it.each([
    // OR, clocks of a read beat, of a write beat
    ['SCY = 0', 0x100, 2, 2],
    ['SCY = 3: MBX flash at 40 MHz', 0x930, 5, 5],
    ['SCY = 4: MBX flash at 50 MHz', 0x940, 6, 6],
    ['TRLX doubles SCY', 0x134, 8, 8],
    ['TRLX and ACS = 10', 0x534, 9, 9],
    ['TRLX and ACS = 11', 0x734, 9, 9],
    ['TRLX and CSNT', 0x934, 8, 9],
    ['OR0 after reset: 33 clocks', 0xff4, 33, 34],
  ] as const)('%s', (_name, or, read, write) => {
    const found = clocks(withFlash(or), FLASH_CS);
    expect(found).toMatchObject({ read, readBusy: read, write, writeBusy: write });
    // No bursts: a line is four beats.
    expect(found.burst).toEqual([read, 2 * read, 3 * read, 4 * read]);
    expect(found).toMatchObject({ burstBusy: 4 * read, burstWriteBusy: 4 * write });
  });

  it('EHTR leaves an idle clock behind a read', () => {
    expect(clocks(withFlash(0x932), FLASH_CS)).toMatchObject({ read: 5, readBusy: 6, writeBusy: 5, burstBusy: 21 });
  });

  it('BR0[PS] comes from BPS of the configuration word (siu.md 3.4)', () => {
    for (const [hrcw, port] of [
      [0, 32],
      [0x0400_0000, 8],
      [0x0800_0000, 16],
    ] as const) {
      const core = bareCore();
      core.fn.socConfigure(hrcw, 0, 0, 0, 0, 1);
      core.fn.powerOn(40_000_000, 4_000_000, 4_000_000);
      const view = new DataView(core.fn.memory.buffer);
      expect(view.getUint32(core.constant('BANK_PORT'), true)).toBe(port);
      expect(clocks(core, FLASH_CS).burstBusy).toBe((128 / port) * 33);
    }
  });

  it.each([
    [0, 1, 1, 1],
    [BR_PS_16, 2, 1, 1],
    [BR_PS_8, 4, 2, 1],
  ] as const)('port PS = %i: a word, a half-word and a byte take %i, %i and %i cycles', (port, ...beats) => {
    const loads = [asm.lwz(4, 0, 3), asm.lhz(4, 0, 3), asm.lbz(4, 0, 3)];
    const core = withFlash(0x930, port);
    core.setGpr(3, 0xfff0_0000);
    const base = cyclesOf(core, [loads[2] ?? 0]) - 5;
    expect(loads.map((load) => (cyclesOf(core, [load]) - base) / 5)).toEqual(beats);
  });
});

describe('narrow ports and burst inhibit (core-timing.md section 4)', () => {
  const every = { ...MBX_40MHZ, readBurst: [0x04, 0x04, ...new Array<number>(13).fill(0x00), 0x05] };

  it('a burst has 4, 8 or 16 beats; a word is there with its last one', () => {
    expect(clocks(withTable(MBX_40MHZ), RAM_CS).burst).toEqual([4, 6, 8, 10]);
    // 13 beats serve an 8-beat burst from clock 3 on, and are too few for 16.
    expect(clocks(withTable(every, { port: BR_PS_16 }), RAM_CS).burst).toEqual([4, 6, 8, 10]);
    expect(clocks(withTable(every, { port: BR_PS_8 }), RAM_CS).answers & 2).toBe(0);
    const sixteen = { ...MBX_40MHZ, readBurst: [...new Array<number>(16).fill(0x00), 0x05] };
    // The burst read pattern has 16 words; its last may go on into what follows.
    expect(clocks(withTable({ ...sixteen, writeSingle: [0x05] }, { port: BR_PS_8 }), RAM_CS).burst).toEqual([
      4, 8, 12, 16,
    ]);
  });

  it.each([
    [0, [4, 9, 14, 19], 20],
    [BR_PS_16, [9, 19, 29, 39], 40],
    [BR_PS_8, [19, 39, 59, 79], 80],
  ] as const)('OR[BI] makes a line of single reads on port PS = %i', (port, burst, busy) => {
    const found = clocks(withTable({ ...MBX_40MHZ, readBurst: [] }, { or: OR_BI, port }), RAM_CS);
    expect(found.burst).toEqual(burst);
    expect(found.burstBusy).toBe(busy);
    expect(found.answers).toBe(15);
  });
});

describe('accesses that nobody ends (siu.md 1.4: bus monitor)', () => {
  const MACHINE_CHECK = 0x200;

  function load(core: BareCore): void {
    core.setSpr(IC_CST, 0x0200_0000);
    core.load(MACHINE_CHECK, [0x4800_0000]);
    core.setGpr(3, 0xfff0_0000);
  }

  it.each([
    ['a UPM whose RAM was never loaded', []],
    ['a pattern without TA', [0x04, 0x04, 0x05]],
    ['a pattern without LAST', new Array<number>(64).fill(0x04)],
    ['a loop without an end', [0x84, ...new Array<number>(63).fill(0x00)]],
  ] as const)('%s: machine check after SYPCR[BMT] × 8 clocks', (_name, pattern) => {
    const core = bareCore();
    load(core);
    for (let at = 0; at < 64; at++) loadUpmWord(core.fn, 1, at, pattern[at] ?? 0);
    core.fn.hostImmrWrite(BR0, 4, 0xfff0_00c1);
    core.fn.hostImmrWrite(OR0, 4, 0xfff0_0000);
    expect(clocks(core, FLASH_CS).answers).toBe(0);
    const before = core.fn.now();
    core.execute([asm.lwz(4, 0, 3)], { cycles: 5000 });
    expect(core.pc).toBe(MACHINE_CHECK);
    expect(core.spr(19)).toBe(0xfff0_0000);
    // TESR[DTMT]
    expect(core.fn.hostImmrRead(0x020, 4)).toBe(0x10);
    const busy = core.fn.now() - before - core.word64('IDLE_CYCLES');
    expect(busy).toBeGreaterThan(255 * 8);
    expect(busy).toBeLessThan(255 * 8 + 100);
    expect(core.fn.hostImmrRead(SYPCR, 4) & 0xff00).toBe(0xff00);
  });

  it('only the kind of access without a pattern fails: a UPM for single beats only', () => {
    const core = bareCore();
    load(core);
    loadUpm(core.fn, 1, { readSingle: MBX_40MHZ.readSingle });
    core.fn.hostImmrWrite(BR0, 4, 0xfff0_00c1);
    core.fn.hostImmrWrite(OR0, 4, 0xfff0_0000);
    core.execute([asm.lwz(4, 0, 3)], { cycles: 5000 });
    expect(core.pc).toBe(0x4004);
    core.execute([asm.stw(4, 0, 3)], { cycles: 5000 });
    expect(core.pc).toBe(MACHINE_CHECK);
    core.setSpr(DC_CST, 0x0200_0000);
    core.execute([asm.lwz(4, 0, 3)], { cycles: 5000 });
    expect(core.pc).toBe(MACHINE_CHECK);
    core.setSpr(DC_CST, 0x0400_0000);
    core.execute([asm.mtspr(26, 3), asm.rfi()], { cycles: 5000 });
    expect(core.pc).toBe(MACHINE_CHECK);
  });

  it('SETA waits for the TA of a device: a window without one times out, without SETA it reads ones', () => {
    const core = bareCore();
    load(core);
    core.setGpr(3, 0x3000_0000);
    core.fn.hostImmrWrite(OR0 + 16, 4, 0xffff_0108);
    core.fn.hostImmrWrite(BR0 + 16, 4, 0x3000_0001);
    core.execute([asm.lwz(4, 0, 3)], { cycles: 5000 });
    expect(core.pc).toBe(MACHINE_CHECK);
    core.fn.hostImmrWrite(OR0 + 16, 4, 0xffff_0100);
    core.execute([asm.lwz(4, 0, 3)], { cycles: 5000 });
    expect(core.gpr(4)).toBe(0xffff_ffff);
  });
});

describe('clock division (siu.md 3.1: SCCR[EBDF])', () => {
  it('a bus clock is two core clocks', () => {
    const core = bareCore();
    core.fn.hostImmrWrite(SCCR, 4, 0x0002_0000);
    expect(clocks(core, RAM_CS)).toMatchObject({
      read: 8,
      readBusy: 10,
      burst: [8, 12, 16, 20],
      burstBusy: 22,
      write: 6,
    });
    expect(clocks(core, FLASH_CS)).toMatchObject({ read: 10, burstBusy: 40 });
    core.fn.hostImmrWrite(SCCR, 4, 0);
    expect(clocks(core, RAM_CS).read).toBe(4);
  });
});

describe('refresh by the periodic timer (siu.md 4.4: MPTPR, MAMR[PTA, PTE])', () => {
  /** MBX860 at 40 MHz: 0x13 × 32 clocks = 15.2 µs, six words. */
  const PERIOD = 0x13 * 32;
  const PATTERN = 6;
  const MAMR_MBX = 0x1382_1000;

  const LOOP = [asm.lwz(4, 0, 6), asm.stw(4, 4, 6), asm.lbz(5, 9, 6), asm.addi(7, 7, 1), asm.b(-16)];

  function machine(refresh: boolean, words = LOOP): BareCore {
    const core = bareCore();
    if (refresh) core.fn.hostImmrWrite(MAMR, 4, MAMR_MBX);
    core.setGpr(6, 0x8000);
    core.load(0x4000, words);
    core.fn.setReg(33, 0x1002);
    core.fn.setReg(32, 0x4000);
    return core;
  }

  /** Share of the bus that refresh takes from a branch to itself past the cache, which leaves no clock of the bus idle. */
  function share(...registers: [offset: number, size: 1 | 2 | 4, value: number][]): number {
    const rounds = [[], registers].map((set) => {
      const core = machine(false, [0x4800_0000]);
      loadUpm(core.fn, 1, TQM_SDRAM);
      for (const [offset, size, value] of set) core.fn.hostImmrWrite(offset, size, value);
      core.fn.run(2_000_000);
      return core.word64('INSTRUCTIONS');
    });
    return 1 - (rounds[1] ?? 0) / (rounds[0] ?? 0);
  }

  it('takes the bus for its pattern at its rate, which follows MPTPR and PTA', () => {
    expect(share([MAMR, 4, MAMR_MBX])).toBeCloseTo(PATTERN / PERIOD, 4);
    expect(share([MAMR, 4, 0x1302_1000])).toBe(0);
    expect(share([MAMR, 4, 0x2682_1000])).toBeCloseTo(PATTERN / (2 * PERIOD), 4);
    expect(share([MPTPR, 2, 0x0400], [MAMR, 4, MAMR_MBX])).toBeCloseTo((2 * PATTERN) / PERIOD, 4);
    expect(share([MPTPR, 2, 0x2000], [MAMR, 4, MAMR_MBX])).toBeCloseTo((16 * PATTERN) / PERIOD, 3);
  });

  it('both machines refresh, each at its own rate, TLFB rounds of a loop included', () => {
    const tqm = 5 * 4 + 1 + 1;
    expect(share([MBMR, 4, 0x2680_1004])).toBeCloseTo(tqm / (2 * PERIOD), 4);
    expect(share([MAMR, 4, MAMR_MBX], [MBMR, 4, 0x2680_1004])).toBeCloseTo(PATTERN / PERIOD + tqm / (2 * PERIOD), 4);
  });

  it('slows a program past the caches by as much, roughly: some of it falls where the bus is idle', () => {
    const [without = 0, with_ = 0] = [false, true].map((refresh) => {
      const core = machine(refresh);
      core.fn.run(2_000_000);
      return core.gpr(7);
    });
    expect(with_ / without).toBeLessThan(1 - 0.7 * (PATTERN / PERIOD));
    expect(with_ / without).toBeGreaterThan(1 - 1.1 * (PATTERN / PERIOD));
  });

  it('goes on while nobody wants the bus: after a long time an access waits for one refresh at most', () => {
    const core = machine(true, [0x4800_0000]);
    core.setSpr(IC_CST, 0x0200_0000);
    core.fn.run(10_000_000);
    const before = core.word64('IDLE_CYCLES') - core.fn.now();
    core.execute([asm.lwz(4, 0, 6)], { cycles: 1000 });
    expect(core.word64('IDLE_CYCLES') - core.fn.now() - before).toBeGreaterThan(-60);
  });

  it.each([true, false])('slices of any length give the same state (one machine only: %s)', (one) => {
    const make = (): BareCore => {
      const core = machine(true);
      if (!one) {
        loadUpm(core.fn, 1, TQM_SDRAM);
        core.fn.hostImmrWrite(MBMR, 4, 0x0780_1002);
      }
      return core;
    };
    const [whole, sliced] = [make(), make()];
    whole.fn.run(200_000);
    let seed = 11;
    for (let at = 0; at < 200_000; ) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      at = Math.min(200_000, at + 1 + (seed >>> 24));
      sliced.fn.run(at);
      if (seed >>> 22 === 5) sliced.fn.rebuildDerived();
    }
    expect(Buffer.compare(sliced.state(), whole.state())).toBe(0);
  });

  it.each([true, false])('skipping an idle loop past the cache is running it (one machine only: %s)', (one) => {
    const [skipped, stepped] = [true, false].map(() => {
      const core = machine(true, [0x4800_0000]);
      if (!one) {
        loadUpm(core.fn, 1, TQM_SDRAM);
        core.fn.hostImmrWrite(MBMR, 4, 0x0780_1002);
      }
      return core;
    }) as [BareCore, BareCore];
    for (const end of [10_000, 40_001, 40_013, 77_777]) {
      skipped.fn.run(end);
      while (stepped.fn.now() < end) stepped.fn.run(stepped.fn.now() + 1);
      stepped.fn.run(end);
      expect(stepped.fn.now()).toBe(skipped.fn.now());
      expect(stepped.word64('BUS_FREE_AT')).toBe(skipped.word64('BUS_FREE_AT'));
      expect(stepped.word64('INSTRUCTIONS')).toBe(skipped.word64('INSTRUCTIONS'));
    }
  });

  it('keeps its phase across a reload of the same registers', () => {
    const [once, often] = [machine(true), machine(true)];
    once.fn.run(100_000);
    for (let at = 0; at < 100_000; at += 97) {
      often.fn.run(at);
      often.fn.hostImmrWrite(MAMR, 4, MAMR_MBX);
    }
    often.fn.run(100_000);
    expect(often.gpr(7)).toBe(once.gpr(7));
  });
});
