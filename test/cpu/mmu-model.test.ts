// The core's translation against the independent model of test/support/mmu-model.ts: random TLB contents, modes and accesses.
import { describe, expect, it } from 'vitest';
import { asm, type BareCore, bareCore } from '../support/core.js';
import { type Access, MmuModel } from '../support/mmu-model.js';
import { Dice } from '../support/wild.js';

const MACHINES = 40;
const ACCESSES = 3000;

const REG_PC = 32;
const REG_MSR = 33;
const DSISR = 18;
const DAR = 19;
const SRR0 = 26;
const SRR1 = 27;
const DC_CST = 568;
const PR = 0x4000;
const IR = 0x20;
const DR = 0x10;
/** MSR bits that SRR1 keeps (core-exceptions.md section 2). */
const SRR1_FROM_MSR = 0x87c0ffff;
const UNTOUCHED = 0x12345678;
const DC_ENABLE = 0x02000000;
const DC_INVALIDATE_ALL = 0x0c000000;

// Instructions under test, in flash, which is fetched untranslated
const FLASH = 0xfff00000;
const LWZ = FLASH;
const STW = FLASH + 4;
const TLBIE = FLASH + 8;
const TLBIA = FLASH + 12;

/** The word of RAM at `pa`: an instruction that tells where it was fetched from, li r4…r7 with address bits 2–17. */
function wordAt(pa: number): number {
  return asm.li(4 + ((pa >>> 18) & 3), pa >>> 2);
}

/** 1 MB of RAM that tells addresses, seen 256 times in the first 256 MB of physical space. */
function machine(dataCache: boolean): { core: BareCore; ram: DataView } {
  const core = bareCore();
  core.fn.hostImmrWrite(0x10c, 4, 0xf0000000);
  const ram = new DataView(core.ram().buffer, core.ram().byteOffset);
  for (let pa = 0; pa < ram.byteLength && pa < 1 << 20; pa += 4) ram.setUint32(pa, wordAt(pa));
  core.load(FLASH, [asm.lwz(4, 0, 3), asm.stw(4, 0, 3), asm.tlbie(3), asm.tlbia()]);
  if (dataCache) core.setSpr(DC_CST, DC_ENABLE);
  return { core, ram };
}

function step(core: BareCore, pc: number, msr: number): void {
  core.fn.setReg(REG_MSR, msr);
  core.fn.setReg(REG_PC, pc);
  // A run may end when the line is there, before its first instruction
  for (let tries = 0; tries < 3 && core.pc === pc; tries++) core.fn.run(core.fn.now() + 1);
}

describe('translation against an independent model (core-mmu.md)', () => {
  it(`agrees on ${MACHINES * ACCESSES} accesses`, () => {
    const outcomes = new Map<string, number>();
    for (let seed = 1; seed <= MACHINES; seed++) {
      const dice = new Dice(seed);
      const dataCache = seed % 4 === 0;
      const { core, ram } = machine(dataCache);
      const model = new MmuModel();
      const write = (spr: number, value: number): void => {
        core.setSpr(spr, value);
        model.write(spr, value);
      };
      // Few pages, so that they meet: four regions of 8 MB, few of the pages in them
      const address = (): number => {
        const region = ((0x00400000 + (dice.below(4) << 23)) | (dice.below(2) << 30)) >>> 0;
        const page = dice.below(4) ? dice.below(6) << 12 : dice.below(2048) << 12;
        return ((region + page) & ~0xfff) >>> 0;
      };
      const modes = (): void => {
        const mode = (): number =>
          (dice.below(4) ? 0 : 0x80000000) |
          (dice.below(3) ? 0 : 0x40000000) |
          (dice.below(2) ? 0x08000000 : 0) |
          (dice.below(4) ? 0 : 0x02000000) |
          (dice.below(32) << 8);
        write(784, mode() >>> 0);
        write(792, (mode() | (dice.below(2) ? 0x04000000 : 0)) >>> 0);
        write(786, dice.below(3) ? 0x55555555 : dice.word());
        write(794, dice.below(3) ? 0x55555555 : dice.word());
        write(793, dice.below(3));
        write(796, dice.word());
      };
      const reload = (): void => {
        const side = dice.below(2) * 8;
        const valid = dice.below(12) ? 1 : 0;
        if (dice.below(8) === 0) write(784 + side, (model.read(784 + side) & ~0x1f00) | (dice.below(32) << 8));
        write(787 + side, address() | (dice.below(10) ? 0x200 : 0) | (dice.below(4) << 10) | dice.below(3));
        const size = dice.pick([0, 0, 0, 0, 1, 3, 2]) << 2;
        const guarded = dice.below(10) ? 0 : 0x10;
        write(789 + side, (dice.below(16) << 5) | guarded | size | (dice.below(4) ? 0 : 2) | valid);
        const flags = dice.below(2) ? 0xf0 : dice.below(16) << 4;
        const protection = dice.below(16) << 8;
        const rest =
          (dice.below(4) ? 0 : 8) | (dice.below(2) << 2) | (dice.below(3) ? 0 : 2) | (dice.below(12) ? 1 : 0);
        write(790 + side, (dice.below(0x10000) << 12) | protection | flags | rest);
      };
      modes();
      for (let n = 0; n < 40; n++) reload();
      for (let n = 0; n < ACCESSES; n++) {
        const what = `seed ${seed}, access ${n}`;
        const action = dice.below(100);
        if (action < 12) reload();
        else if (action < 13) modes();
        else if (action < 15) {
          const ea = address() + (dice.below(4) << 10);
          core.setGpr(3, ea);
          step(core, TLBIE, 0x1002);
          model.invalidate(ea);
        } else if (action === 15 && dice.below(8) === 0) {
          step(core, TLBIA, 0x1002);
          model.invalidateAll();
        }
        const kind: Access = dice.pick(['load', 'store', 'fetch'] as const);
        const user = dice.below(2) === 1;
        const ea = (address() + (dice.below(1024) << 2)) >>> 0;
        const data = kind !== 'fetch';
        const msr = (user ? 0x1002 | PR : 0x1002) | (data ? DR : IR);
        const pc = data ? (kind === 'load' ? LWZ : STW) : ea;
        const marker = (0x80000000 | n) >>> 0;
        if (data) {
          core.setGpr(3, ea);
          core.setGpr(4, marker);
        } else {
          for (const register of [4, 5, 6, 7]) core.setGpr(register, UNTOUCHED);
        }
        step(core, pc, msr);
        const outcome = model.access(kind, ea, user);
        const name = `${kind} ${'vector' in outcome ? `${outcome.vector.toString(16)} ${outcome.status.toString(16)}` : 'ok'}`;
        outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
        if ('vector' in outcome) {
          const saved = (msr & SRR1_FROM_MSR) >>> 0;
          const fetchStatus = outcome.vector === 0x1100 ? 0x08200000 : data ? 0 : outcome.status;
          const got = [core.pc, core.spr(SRR0), core.spr(SRR1)];
          if (got[0] !== outcome.vector || got[1] !== pc || got[2] !== (saved | fetchStatus) >>> 0) {
            expect(got.map(hex), what).toEqual([outcome.vector, pc, (saved | fetchStatus) >>> 0].map(hex));
          }
          if (data) {
            if (core.spr(DAR) !== ea) expect(hex(core.spr(DAR)), what).toBe(hex(ea));
            if (outcome.vector === 0x1400 && core.spr(DSISR) !== outcome.status) {
              expect(hex(core.spr(DSISR)), what).toBe(hex(outcome.status));
            }
          }
        } else {
          if (core.pc !== (pc + 4) >>> 0) expect(hex(core.pc), what).toBe(hex(pc + 4));
          const at = outcome.pa % (1 << 20);
          if (kind === 'load') {
            if (core.gpr(4) !== wordAt(at)) expect(hex(core.gpr(4)), what).toBe(hex(wordAt(at)));
            const pa = core.fn.translateForDebug(ea);
            if (pa !== outcome.pa) expect(hex(pa), what).toBe(hex(outcome.pa));
          } else if (kind === 'fetch') {
            const register = 4 + ((at >>> 18) & 3);
            if ((core.gpr(register) & 0xffff) !== ((at >>> 2) & 0xffff) || core.gpr(register) === UNTOUCHED) {
              expect(`r${register} ${hex(core.gpr(register))}`, what).toBe(hex(wordAt(at)));
            }
          } else {
            // With the data cache on, only copy-back stores stay out of memory
            const reaches = !dataCache || outcome.inhibited || outcome.writeThrough;
            if (ram.getUint32(at) !== (reaches ? marker : wordAt(at))) {
              expect(hex(ram.getUint32(at)), what).toBe(hex(reaches ? marker : wordAt(at)));
            }
            ram.setUint32(at, wordAt(at));
            if (dataCache) core.setSpr(DC_CST, DC_INVALIDATE_ALL);
          }
        }
        if (n % 16 === 0) {
          for (const spr of [784, 787, 789, 790, 792, 793, 795, 796, 797, 798]) {
            const [got, wanted] = [core.spr(spr), model.read(spr)];
            if (got !== wanted) expect(`SPR ${spr} ${hex(got)}`, what).toBe(`SPR ${spr} ${hex(wanted)}`);
          }
        }
      }
    }
    // Every kind of outcome came up often enough to mean something
    for (const kind of ['load', 'store', 'fetch']) {
      const [miss, error] = kind === 'fetch' ? ['1100', '1300'] : ['1200', '1400'];
      const store = kind === 'store' ? 0x02000000 : 0;
      const names = ['ok', `${miss} 0`, `${error} ${(0x40000000 + store).toString(16)}`];
      names.push(`${error} ${(0x08000000 + store).toString(16)}`);
      if (kind === 'fetch') names.push('1300 10000000');
      for (const name of names) expect(outcomes.get(`${kind} ${name}`) ?? 0, `${kind} ${name}`).toBeGreaterThan(300);
    }
  });
});

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
