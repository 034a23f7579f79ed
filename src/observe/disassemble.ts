/**
 * A PowerPC disassembler for the instructions the MPC860 implements, for
 * reports. Opcode numbers: PowerPC Programming Environments (32-bit), appendix A.
 */

/** How a primary opcode's operands print. */
type Form = 'arith' | 'logic' | 'mem' | 'cmp' | 'cmpl' | 'trap' | 'rotate' | 'rotateReg';

const PRIMARY: Readonly<Record<number, readonly [string, Form]>> = {
  3: ['twi', 'trap'],
  7: ['mulli', 'arith'],
  8: ['subfic', 'arith'],
  10: ['cmplwi', 'cmpl'],
  11: ['cmpwi', 'cmp'],
  12: ['addic', 'arith'],
  13: ['addic.', 'arith'],
  14: ['addi', 'arith'],
  15: ['addis', 'arith'],
  20: ['rlwimi', 'rotate'],
  21: ['rlwinm', 'rotate'],
  23: ['rlwnm', 'rotateReg'],
  24: ['ori', 'logic'],
  25: ['oris', 'logic'],
  26: ['xori', 'logic'],
  27: ['xoris', 'logic'],
  28: ['andi.', 'logic'],
  29: ['andis.', 'logic'],
  32: ['lwz', 'mem'],
  33: ['lwzu', 'mem'],
  34: ['lbz', 'mem'],
  35: ['lbzu', 'mem'],
  36: ['stw', 'mem'],
  37: ['stwu', 'mem'],
  38: ['stb', 'mem'],
  39: ['stbu', 'mem'],
  40: ['lhz', 'mem'],
  41: ['lhzu', 'mem'],
  42: ['lha', 'mem'],
  43: ['lhau', 'mem'],
  44: ['sth', 'mem'],
  45: ['sthu', 'mem'],
  46: ['lmw', 'mem'],
  47: ['stmw', 'mem'],
};

/** Opcode 31: name and the order of its operands (d = bits 6–10, a = 11–15, b = 16–20, s = shift, c = CR field). */
const X31: Readonly<Record<number, readonly [string, string]>> = {
  0: ['cmpw', 'cab'],
  4: ['tw', 'dab'],
  8: ['subfc', 'dab'],
  10: ['addc', 'dab'],
  11: ['mulhwu', 'dab'],
  19: ['mfcr', 'd'],
  20: ['lwarx', 'dab'],
  23: ['lwzx', 'dab'],
  24: ['slw', 'adb'],
  26: ['cntlzw', 'ad'],
  28: ['and', 'adb'],
  32: ['cmplw', 'cab'],
  40: ['subf', 'dab'],
  54: ['dcbst', 'ab'],
  55: ['lwzux', 'dab'],
  60: ['andc', 'adb'],
  75: ['mulhw', 'dab'],
  83: ['mfmsr', 'd'],
  86: ['dcbf', 'ab'],
  87: ['lbzx', 'dab'],
  104: ['neg', 'da'],
  119: ['lbzux', 'dab'],
  124: ['nor', 'adb'],
  136: ['subfe', 'dab'],
  138: ['adde', 'dab'],
  144: ['mtcrf', 'd'],
  146: ['mtmsr', 'd'],
  150: ['stwcx.', 'dab'],
  151: ['stwx', 'dab'],
  183: ['stwux', 'dab'],
  200: ['subfze', 'da'],
  202: ['addze', 'da'],
  215: ['stbx', 'dab'],
  232: ['subfme', 'da'],
  234: ['addme', 'da'],
  235: ['mullw', 'dab'],
  246: ['dcbtst', 'ab'],
  247: ['stbux', 'dab'],
  266: ['add', 'dab'],
  278: ['dcbt', 'ab'],
  279: ['lhzx', 'dab'],
  284: ['eqv', 'adb'],
  306: ['tlbie', 'b'],
  311: ['lhzux', 'dab'],
  316: ['xor', 'adb'],
  343: ['lhax', 'dab'],
  370: ['tlbia', ''],
  375: ['lhaux', 'dab'],
  407: ['sthx', 'dab'],
  412: ['orc', 'adb'],
  439: ['sthux', 'dab'],
  444: ['or', 'adb'],
  459: ['divwu', 'dab'],
  470: ['dcbi', 'ab'],
  476: ['nand', 'adb'],
  491: ['divw', 'dab'],
  512: ['mcrxr', 'c'],
  533: ['lswx', 'dab'],
  534: ['lwbrx', 'dab'],
  536: ['srw', 'adb'],
  566: ['tlbsync', ''],
  597: ['lswi', 'das'],
  598: ['sync', ''],
  661: ['stswx', 'dab'],
  662: ['stwbrx', 'dab'],
  725: ['stswi', 'das'],
  790: ['lhbrx', 'dab'],
  792: ['sraw', 'adb'],
  824: ['srawi', 'ads'],
  854: ['eieio', ''],
  918: ['sthbrx', 'dab'],
  922: ['extsh', 'ad'],
  954: ['extsb', 'ad'],
  982: ['icbi', 'ab'],
  1014: ['dcbz', 'ab'],
};

/** XO-form arithmetic, whose OE bit is the top bit of the ten. */
const WITH_OVERFLOW = new Set([8, 10, 40, 104, 136, 138, 200, 202, 232, 234, 235, 266, 459, 491]);

const X19: Readonly<Record<number, string>> = {
  0: 'mcrf',
  33: 'crnor',
  50: 'rfi',
  129: 'crandc',
  150: 'isync',
  193: 'crxor',
  225: 'crnand',
  257: 'crand',
  289: 'creqv',
  417: 'crorc',
  449: 'cror',
};

const CONDITIONS_TRUE = ['blt', 'bgt', 'beq', 'bso'] as const;
const CONDITIONS_FALSE = ['bge', 'ble', 'bne', 'bns'] as const;

/** One instruction as text, GNU assembler style; `.long` for what the part does not implement. */
export function disassemble(word: number, address: number): string {
  const op = word >>> 26;
  const d = (word >>> 21) & 31;
  const a = (word >>> 16) & 31;
  const b = (word >>> 11) & 31;
  const simm = (word << 16) >> 16;
  const target = (displacement: number): string =>
    (((word & 2) !== 0 ? displacement : address + displacement) >>> 0).toString(16);
  const link = (word & 1) !== 0 ? 'l' : '';
  const primary = PRIMARY[op];
  if (primary !== undefined) return primaryText(primary, word);
  switch (op) {
    case 16:
      return `${conditional(d, a)}${link} ${field(d, a)}${target(((word & 0xfffc) << 16) >> 16)}`;
    case 17:
      return 'sc';
    case 18:
      return `b${link} ${target(((word & 0x03ff_fffc) << 6) >> 6)}`;
    case 19: {
      const xo = (word >>> 1) & 0x3ff;
      if (xo === 16) return d === 20 ? `blr${link}` : `${conditional(d, a)}lr${link} ${field(d, a)}`.trim();
      if (xo === 528) return d === 20 ? `bctr${link}` : `${conditional(d, a)}ctr${link} ${field(d, a)}`.trim();
      const name = X19[xo];
      if (name === undefined) break;
      if (xo === 50 || xo === 150) return name;
      return xo === 0 ? `mcrf cr${d >> 2},cr${a >> 2}` : `${name} ${d},${a},${b}`;
    }
    case 31:
      return extended(word, d, a, b) ?? long(word);
  }
  return simm === 0 && word === 0 ? '.long 0x0' : long(word);
}

function long(word: number): string {
  return `.long 0x${(word >>> 0).toString(16)}`;
}

function primaryText([name, form]: readonly [string, Form], word: number): string {
  const d = (word >>> 21) & 31;
  const a = (word >>> 16) & 31;
  const b = (word >>> 11) & 31;
  const simm = (word << 16) >> 16;
  const uimm = word & 0xffff;
  const record = (word & 1) !== 0 ? '.' : '';
  const mask = `${(word >>> 6) & 31},${(word >>> 1) & 31}`;
  switch (form) {
    case 'arith':
      if (a === 0 && name === 'addi') return `li r${d},${simm}`;
      if (a === 0 && name === 'addis') return `lis r${d},0x${uimm.toString(16)}`;
      return `${name} r${d},r${a},${simm}`;
    case 'logic':
      return word === 0x6000_0000 ? 'nop' : `${name} r${a},r${d},0x${uimm.toString(16)}`;
    case 'mem':
      return `${name} r${d},${simm}(${a === 0 ? '0' : `r${a}`})`;
    case 'cmp':
      return `${name} cr${d >> 2},r${a},${simm}`;
    case 'cmpl':
      return `${name} cr${d >> 2},r${a},${uimm}`;
    case 'trap':
      return `${name} ${d},r${a},${simm}`;
    case 'rotate':
      return `${name}${record} r${a},r${d},${b},${mask}`;
    case 'rotateReg':
      return `${name}${record} r${a},r${d},r${b},${mask}`;
  }
}

function conditional(bo: number, bi: number): string {
  if ((bo & 0x14) === 0x14) return 'b';
  if ((bo & 0x10) !== 0) return (bo & 2) !== 0 ? 'bdz' : 'bdnz';
  const names = (bo & 8) !== 0 ? CONDITIONS_TRUE : CONDITIONS_FALSE;
  return (bo & 4) !== 0 ? (names[bi & 3] ?? 'bc') : `bc ${bo},${bi},`;
}

function field(bo: number, bi: number): string {
  return (bo & 0x14) === 4 && bi >= 4 ? `cr${bi >> 2},` : '';
}

function extended(word: number, d: number, a: number, b: number): string | undefined {
  const xo = (word >>> 1) & 0x3ff;
  const record = (word & 1) !== 0 ? '.' : '';
  const spr = (((word >>> 11) & 31) << 5) | ((word >>> 16) & 31);
  if (xo === 339) return `mfspr r${d},${spr}`;
  if (xo === 467) return `mtspr ${spr},r${d}`;
  if (xo === 371) return `mftb r${d},${spr}`;
  if (xo === 444 && d === b) return `mr${record} r${a},r${d}`;
  const overflow = xo >= 512 && WITH_OVERFLOW.has(xo & 0x1ff);
  const entry = X31[overflow ? xo & 0x1ff : xo];
  if (entry === undefined) return undefined;
  const [name, order] = entry;
  const operands = [...order].map((letter) => {
    if (letter === 'c') return `cr${d >> 2}`;
    if (letter === 's') return `${b}`;
    return `r${letter === 'd' ? d : letter === 'a' ? a : b}`;
  });
  const suffix = name.endsWith('.') ? '' : `${overflow ? 'o' : ''}${order[0] === 'c' ? '' : record}`;
  return `${name}${suffix} ${operands.join(',')}`.trim();
}
