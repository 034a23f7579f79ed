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

  it('an endless chain of exceptions stops the run', () => {
    const core = bareCore();
    core.fn.setReg(32, 0x4000);
    core.load(0x4000, [0]);
    core.load(0x1000, [0]);
    expect(core.fn.run(core.fn.now() + 1e8)).toBe(core.constant('STOP_EXCEPTION_STORM'));
  });
});
