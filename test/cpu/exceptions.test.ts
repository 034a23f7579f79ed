import { describe, expect, it } from 'vitest';
import { asm, type BareCore, bareCore } from '../support/core.js';

const DSISR = 18;
const DAR = 19;
const SRR0 = 26;
const SRR1 = 27;

/** Runs `words` at 0x4000 with a branch to itself at every vector; what the exception left behind. */
function take(words: readonly number[], setup?: (core: BareCore) => void, msr = 0x1002) {
  const core = bareCore();
  for (let vector = 0x100; vector < 0x2000; vector += 0x100) core.load(vector, [0x48000000]);
  setup?.(core);
  core.execute(words, { msr });
  return { core, pc: core.pc, srr0: core.spr(SRR0), srr1: core.spr(SRR1), msr: core.msr };
}

describe('exceptions (core-exceptions.md)', () => {
  it('sc: 0xC00, SRR0 behind it, MSR[ME] kept, EE, PR, IR, DR, RI cleared (section 2)', () => {
    const x = take([asm.nop(), asm.sc()], undefined, 0xd002 & ~0x4000);
    expect(x).toMatchObject({ pc: 0xc00, srr0: 0x4008, srr1: 0x9002, msr: 0x1000 });
  });

  it('SRR1 keeps MSR bits 0, 5–9 and 16–31 (section 2)', () => {
    const x = take([asm.sc()], undefined, 0xfff81002);
    expect(x.srr1).toBe(0x87c01002);
  });

  it('trap: 0x700 with SRR1 bit 14 (section 3.4)', () => {
    expect(take([asm.trap()])).toMatchObject({ pc: 0x700, srr0: 0x4000, srr1: 0x00021002 });
  });

  it('privileged instruction and SPR in user state: 0x700 with SRR1 bit 13 (section 3.4)', () => {
    for (const word of [asm.mfmsr(3), asm.rfi(), asm.mfspr(3, 26), asm.mtspr(1023, 3), asm.tlbia(), asm.dcbi(0, 3)]) {
      expect(take([word], undefined, 0x5002)).toMatchObject({ pc: 0x700, srr0: 0x4000, srr1: 0x00045002 });
    }
  });

  it('what the part lacks: 0x1000 in both states, status 0 (section 3.5)', () => {
    const words = [
      0, // primary 0
      asm.d(48, 1, 3, 0), // lfs
      asm.x(595, 3, 0, 0), // mfsr
      asm.x(758, 0, 0, 3), // dcba
      asm.mfspr(3, 1023 & ~16), // no such SPR
      asm.mfspr(3, 268), // TBL only by mftb
      asm.d(2, 1, 3, 0), // tdi
    ];
    for (const word of words) {
      for (const msr of [0x1002, 0x5002]) {
        expect(take([word], undefined, msr)).toMatchObject({ pc: 0x1000, srr0: 0x4000, srr1: msr });
      }
    }
  });

  it('alignment: lmw with DAR and the instruction image in DSISR (section 3.3)', () => {
    const x = take([asm.lmw(29, 6, 3)], (core) => core.setGpr(3, 0x8000));
    expect(x).toMatchObject({ pc: 0x600, srr0: 0x4000, srr1: 0x1002 });
    expect(x.core.spr(DAR)).toBe(0x8006);
    // lmw is opcode 46 = 101110: bit 5 → 17, bits 1–4 → 18–21, rD → 22–26, rA → 27–31
    expect(x.core.spr(DSISR)).toBe((0b0111 << 10) | (29 << 5) | 3);
  });

  it('alignment: stwcx. X-form image (section 3.3)', () => {
    const x = take([asm.stwcx(5, 0, 3)], (core) => core.setGpr(3, 0x8002));
    expect(x.pc).toBe(0x600);
    // XO 150 = 0010010110: bits 21–24 = 0010, 25 = 0, 29–30 = 10
    expect(x.core.spr(DSISR)).toBe((0b10 << 15) | (0b0 << 14) | (0b0010 << 10) | (5 << 5) | 0);
  });

  it('machine check on data: SRR1 bit 1 clear, DAR, ME cleared, TESR[DTMT] (section 3.2)', () => {
    const x = take([asm.lwz(4, 8, 3)], (core) => core.setGpr(3, 0x30000000));
    expect(x).toMatchObject({ pc: 0x200, srr0: 0x4000, srr1: 0x1002, msr: 0 });
    expect(x.core.spr(DAR)).toBe(0x30000008);
    expect(x.core.fn.hostImmrRead(0x20, 4) & 0x10).toBe(0x10);
  });

  it('machine check on fetch: SRR1 bit 1 set (section 3.2)', () => {
    const x = take([asm.mtspr(9, 3), asm.xl(528, 20, 0, 0)], (core) => core.setGpr(3, 0x30000000));
    expect(x).toMatchObject({ pc: 0x200, srr0: 0x30000000, srr1: 0x40001002 });
  });

  it('machine check with ME = 0 is a checkstop; with PLPRCR[CSR] a reset (section 3.2)', () => {
    const core = bareCore();
    core.setGpr(3, 0x30000000);
    core.load(0x4000, [asm.lwz(4, 0, 3)]);
    core.fn.setReg(33, 2);
    core.fn.setReg(32, 0x4000);
    expect(core.fn.run(core.fn.now() + 10000)).toBe(core.constant('STOP_CHECKSTOP'));
    const other = bareCore();
    other.fn.hostImmrWrite(0x284, 4, 0x00900080);
    other.setGpr(3, 0x30000000);
    other.execute([asm.lwz(4, 0, 3)], { msr: 2, cycles: 2500 });
    expect(other.msr & 0x40).toBe(0x40);
    expect(other.pc >>> 20).toBe(0xfff);
  });

  it('a read of the reserved words behind RSR is a machine check (hardware/siu.md section 3.3: how Linux restarts)', () => {
    for (const offset of [0x28c, 0x2fc]) {
      const x = take([asm.lwz(4, 0, 3)], (core) => core.setGpr(3, 0xff000000 + offset));
      expect(x).toMatchObject({ pc: 0x200, srr0: 0x4000 });
    }
    const core = bareCore();
    core.setGpr(3, 0xff000284);
    core.setGpr(5, 0x00900080);
    core.execute([asm.stw(5, 0, 3), asm.lwz(4, 8, 3)], { msr: 2, cycles: 2500 });
    expect(core.msr & 0x40).toBe(0x40);
    expect(core.fn.hostImmrRead(0x288, 4) & 0x08000000).toBe(0x08000000);
  });

  it('rfi restores bits 0, 5–9, 16–31 and goes to SRR0 & ~3', () => {
    const core = bareCore();
    core.load(0x5000, [0x48000000]);
    core.setSpr(SRR0, 0x5003);
    core.setSpr(SRR1, 0xfffff002 & ~0x4030);
    core.execute([asm.rfi()]);
    expect([core.pc, core.msr]).toEqual([0x5000, (0x87c0f002 & ~0x4030) >>> 0]);
  });

  it('trace: after the instruction, SRR0 at the next; not after rfi (section 3.7)', () => {
    const x = take([asm.addi(3, 3, 1), asm.nop()], undefined, 0x1402);
    expect(x).toMatchObject({ pc: 0xd00, srr0: 0x4004, srr1: 0x1402 });
    expect(x.core.gpr(3)).toBe(1);
    const y = take([asm.nop(), asm.b(8), asm.nop(), asm.nop()], undefined, 0x1202);
    expect(y).toMatchObject({ pc: 0xd00, srr0: 0x400c });
  });

  it('decrementer and external interrupt wait for EE; IP moves the vectors', () => {
    const core = bareCore();
    core.fn.hostImmrWrite(0x280, 4, 0x02000000);
    core.fn.hostImmrWrite(0x200, 2, 1);
    core.load(0x900, [0x48000000]);
    core.setGpr(3, 2);
    core.setGpr(4, 0x9002);
    core.execute([asm.mtspr(22, 3), ...Array.from({ length: 60 }, asm.nop), asm.mtmsr(4)], { cycles: 3000 });
    expect([core.pc, core.spr(SRR0), core.spr(SRR1)]).toEqual([0x900, 0x4000 + 4 * 62, 0x9002]);
    const high = bareCore();
    high.execute([asm.sc()], { msr: 0x1042 });
    expect(high.pc >>> 20).toBe(0xfff);
  });

  /** Every vector reached with MSR[IP] = 1, in flash at FFF00000, by what raises it. */
  const HIGH: readonly [vector: string, words: readonly number[], msr: number, setup?: (core: BareCore) => void][] = [
    ['0x200', [asm.lwz(4, 0, 3)], 0x1042, (core) => core.setGpr(3, 0x30000000)],
    ['0x600', [asm.lmw(29, 6, 3)], 0x1042],
    ['0x700', [asm.trap()], 0x1042],
    ['0xc00', [asm.sc()], 0x1042],
    ['0xd00', [asm.nop(), asm.nop()], 0x1442],
    ['0x1000', [0], 0x1042],
    ['0x1100', [asm.nop()], 0x1062],
    ['0x1200', [asm.lwz(4, 0, 3)], 0x1052],
  ];
  it.each(HIGH)('MSR[IP] = 1 puts vector %s at FFF00000 and stays (section 1)', (vector, words, msr, setup) => {
    const core = bareCore();
    const flash = new DataView(core.fn.memory.buffer, core.fn.flashBase(), 0x10000);
    for (let at = 0x100; at < 0x2000; at += 0x100) flash.setUint32(at, 0x48000000);
    setup?.(core);
    core.execute(words, { msr });
    expect([core.pc, core.msr & 0x40]).toEqual([0xfff00000 + Number(vector), 0x40]);
  });

  it('IRQ0 is an NMI: 0x100, SRR0 the next instruction, whatever EE and SIMASK say; the pin is an edge (section 3.1)', () => {
    const core = bareCore();
    const irqInput = (core.fn as unknown as { irqInput(n: number, low: number): void }).irqInput;
    core.load(0x100, [asm.addi(5, 5, 1), 0x48000000]);
    core.load(0x4000, [asm.nop(), asm.nop(), 0x48000000]);
    core.fn.setReg(33, 0x1002);
    core.fn.setReg(32, 0x4000);
    core.fn.run(core.fn.now() + 200);
    irqInput(0, 1);
    core.fn.run(core.fn.now() + 200);
    expect([core.pc, core.spr(SRR0), core.spr(SRR1), core.msr, core.gpr(5)]).toEqual([
      0x104, 0x4008, 0x1002, 0x1000, 1,
    ]);
  });

  it('NMI before external interrupt before decrementer (section 4)', () => {
    const core = bareCore();
    const irqInput = (core.fn as unknown as { irqInput(n: number, low: number): void }).irqInput;
    core.fn.hostImmrWrite(0x280, 4, 0x02000000); // SCCR[TBS]
    core.fn.hostImmrWrite(0x200, 2, 1); // TBSCR[TBE]
    core.fn.hostImmrWrite(0x014, 4, 0x20000000); // SIMASK: IRQ1
    core.load(0x100, [asm.mfspr(10, SRR0), asm.rfi()]);
    core.load(0x500, [asm.mfspr(11, SRR0), 0x48000000]);
    core.load(0x900, [0x48000000]);
    core.setGpr(3, 0x9002);
    core.execute([...Array.from({ length: 8 }, asm.nop), asm.mtspr(22, 4), ...Array.from({ length: 60 }, asm.nop)], {
      msr: 0x1002,
      cycles: 3000,
    });
    irqInput(1, 1);
    core.load(0x6000, [asm.mtmsr(3), asm.nop(), 0x48000000]);
    core.fn.setReg(32, 0x6000);
    irqInput(0, 1);
    core.fn.run(core.fn.now() + 200);
    // The NMI comes before mtmsr, with EE = 0; the external interrupt behind it; the decrementer's request is left.
    expect([core.gpr(10), core.gpr(11), core.pc]).toEqual([0x6000, 0x6004, 0x504]);
    irqInput(1, 0);
    core.fn.setReg(33, 0x9002);
    core.fn.run(core.fn.now() + 200);
    expect(core.pc).toBe(0x900);
  });

  it('the bus monitor ends an unclaimed access after BMT × 8 clocks, BME set or not (section 3.2, siu.md 1.4)', () => {
    const clocks = (sypcr: number): number => {
      const core = bareCore();
      core.fn.powerOn(40_000_000, 4_000_000, 4_000_000);
      core.setSpr(638, 0xff000000);
      core.fn.hostImmrWrite(0x10c, 4, 0xfff00000);
      core.fn.hostImmrWrite(0x108, 4, 0x00000001);
      core.fn.hostImmrWrite(0x100, 4, 0);
      core.fn.hostImmrWrite(0x004, 4, sypcr);
      core.load(0x200, [0x48000000]);
      core.load(0x4000, [asm.lwz(4, 0, 3)]);
      core.setGpr(3, 0x30000000);
      core.fn.setReg(33, 0x1002);
      core.fn.setReg(32, 0x4000);
      const start = core.fn.now();
      for (let n = 0; n < 4 && core.pc !== 0x200; n++) core.fn.run(core.fn.now() + 1);
      expect(core.pc).toBe(0x200);
      return core.fn.now() - start;
    };
    const least = clocks(0xffff0188);
    expect(clocks(0xffffff88) - least).toBe(254 * 8);
    expect(clocks(0xffff4088) - least).toBe(63 * 8);
    // Without the monitor the part hangs; here the machine check comes nonetheless.
    expect(clocks(0xffff4008) - least).toBe(63 * 8);
  });

  it('the watchdog with SYPCR[SWRI] = 0 is an NMI, taken with EE = 0 and RI = 0 (section 3.1, siu.md 1.4)', () => {
    const core = bareCore();
    core.fn.powerOn(40_000_000, 4_000_000, 4_000_000);
    core.fn.setReg(0x1000 + 638, 0xff000000);
    core.fn.hostImmrWrite(0x104, 4, 0xfff00930);
    core.fn.hostImmrWrite(0x100, 4, 0xfff00001);
    core.fn.hostImmrWrite(0x10c, 4, 0xfff00000);
    core.fn.hostImmrWrite(0x108, 4, 0x00000001);
    core.fn.hostImmrWrite(0x004, 4, 0x00ffff84 | 0x80); // SWTC = 255, no prescaler: 255 clocks
    core.load(0x100, [0x48000000]);
    core.load(0x4000, [0x48000000]);
    core.fn.setReg(33, 0x1000);
    core.fn.setReg(32, 0x4000);
    const start = core.fn.now();
    core.fn.run(start + 240);
    expect(core.pc).toBe(0x4000);
    core.fn.run(start + 400);
    expect([core.pc, core.spr(SRR0), core.spr(SRR1), core.msr]).toEqual([0x100, 0x4000, 0x1000, 0x1000]);
  });

  it('a fetch that fails with ME = 0 is a checkstop too; the address is kept for the report (section 3.2)', () => {
    const core = bareCore();
    core.setGpr(3, 0x30000000);
    core.load(0x4000, [asm.mtspr(9, 3), asm.xl(528, 20, 0, 0)]);
    core.fn.setReg(33, 2);
    core.fn.setReg(32, 0x4000);
    expect(core.fn.run(core.fn.now() + 10000)).toBe(core.constant('STOP_CHECKSTOP'));
    expect(core.fn.run(core.fn.now() + 10000)).toBe(core.constant('STOP_CHECKSTOP'));
  });

  it('an endless chain of exceptions stops the run', () => {
    const core = bareCore();
    core.fn.setReg(32, 0x4000);
    core.load(0x4000, [0]);
    core.load(0x1000, [0]);
    expect(core.fn.run(core.fn.now() + 1e8)).toBe(core.constant('STOP_EXCEPTION_STORM'));
  });
});
