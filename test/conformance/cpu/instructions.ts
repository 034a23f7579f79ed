/**
 * Every instruction of the MPC860: encoding, operands, and what a generator of programs must know of each. Opcodes and
 * operand rules: MPC860 PowerQUICC User's Manual chapter 6 and appendix D; PowerPC Programming Environments (32-bit),
 * chapter 8 and appendix A.
 */

/** What an instruction does, as far as the generator treats it differently from others. */
export type Kind =
  | 'alu'
  | 'divide'
  | 'compare'
  | 'rotate'
  | 'cr'
  | 'mcrxr'
  | 'load'
  | 'store'
  | 'load-multiple'
  | 'store-multiple'
  | 'load-string'
  | 'store-string'
  | 'reserve'
  | 'conditional-store'
  | 'cache'
  | 'zero-block'
  | 'order'
  | 'spr'
  | 'time'
  | 'trap'
  | 'branch'
  | 'system';

/**
 * Operand fields, named as the manual names them. Suffixes say what the manual says in words: `rA|0` reads as zero when
 * it is r0, `rA!` is read and written (update forms), `rA=` is written, plain `rA`, `rB`, `rS` are read, `rD` is written,
 * `rD+` is the first of several.
 */
export type Operand =
  | 'rD'
  | 'rD+'
  | 'rS'
  | 'rS+'
  | 'rA'
  | 'rA|0'
  | 'rA!'
  | 'rA='
  | 'rB'
  | 'SIMM'
  | 'UIMM'
  | 'd'
  | 'SH'
  | 'NB'
  | 'MB'
  | 'ME'
  | 'crfD'
  | 'crfS'
  | 'crbD'
  | 'crbA'
  | 'crbB'
  | 'CRM'
  | 'TO'
  | 'BO'
  | 'BI'
  | 'BD'
  | 'LI'
  | 'SPR'
  | 'TBR';

interface Field {
  readonly shift: number;
  readonly bits: number;
}

const FIELDS: Readonly<Record<Operand, Field>> = {
  rD: { shift: 21, bits: 5 },
  'rD+': { shift: 21, bits: 5 },
  rS: { shift: 21, bits: 5 },
  'rS+': { shift: 21, bits: 5 },
  rA: { shift: 16, bits: 5 },
  'rA|0': { shift: 16, bits: 5 },
  'rA!': { shift: 16, bits: 5 },
  'rA=': { shift: 16, bits: 5 },
  rB: { shift: 11, bits: 5 },
  SIMM: { shift: 0, bits: 16 },
  UIMM: { shift: 0, bits: 16 },
  d: { shift: 0, bits: 16 },
  SH: { shift: 11, bits: 5 },
  NB: { shift: 11, bits: 5 },
  MB: { shift: 6, bits: 5 },
  ME: { shift: 1, bits: 5 },
  crfD: { shift: 23, bits: 3 },
  crfS: { shift: 18, bits: 3 },
  crbD: { shift: 21, bits: 5 },
  crbA: { shift: 16, bits: 5 },
  crbB: { shift: 11, bits: 5 },
  CRM: { shift: 12, bits: 8 },
  TO: { shift: 21, bits: 5 },
  BO: { shift: 21, bits: 5 },
  BI: { shift: 16, bits: 5 },
  BD: { shift: 2, bits: 14 },
  LI: { shift: 2, bits: 24 },
  SPR: { shift: 11, bits: 10 },
  TBR: { shift: 11, bits: 10 },
};

/** One instruction; `variants` are the optional bits it has: o = OE, . = Rc, l = LK, a = AA. */
export interface Instruction {
  readonly name: string;
  readonly opcode: number;
  /** Extended opcode, in bits 21–30; undefined for a primary opcode alone. */
  readonly extended: number | undefined;
  readonly operands: readonly Operand[];
  readonly variants: string;
  readonly kind: Kind;
  readonly level: 'user' | 'supervisor';
  /** Bytes of one data access, 0 if there is none or the operands say how many. */
  readonly bytes: number;
  /** Bits that an assembler sets beside the opcodes: Rc of stwcx., bit 30 of sc. The decoder does not look at them. */
  readonly fixed: number;
  /** Bits within the field of the extended opcode that the decoder does not look at: OE of mulhw and mulhwu. */
  readonly ignored: number;
}

/** One way to write an instruction: `addo.` is a form of `add`. */
export interface Form {
  readonly mnemonic: string;
  readonly instruction: Instruction;
  /** The encoding with every operand 0. */
  readonly word: number;
}

interface Options {
  readonly variants?: string;
  readonly bytes?: number;
  readonly fixed?: number;
  readonly ignored?: number;
  readonly level?: 'supervisor';
}

function one(
  name: string,
  kind: Kind,
  opcode: number,
  extended: number | undefined,
  operands: string,
  options: Options = {},
): Instruction {
  return {
    name,
    kind,
    opcode,
    extended,
    operands: operands === '' ? [] : (operands.split(' ') as Operand[]),
    variants: options.variants ?? '',
    level: options.level ?? 'user',
    bytes: options.bytes ?? 0,
    fixed: options.fixed ?? 0,
    ignored: options.ignored ?? 0,
  };
}

const OE_RC = { variants: 'o.' };
const RC = { variants: '.' };
const BIT_OE = 0x400;
const BIT_RC = 1;
const BIT_LK = 1;
const BIT_AA = 2;
const MULTIPLY_HIGH = { variants: '.', ignored: BIT_OE };
const SUPERVISOR = { level: 'supervisor' } as const;
const size = (bytes: number): Options => ({ bytes });

/** The instructions of the part, in the order of their opcodes. */
export const INSTRUCTIONS: readonly Instruction[] = [
  one('twi', 'trap', 3, undefined, 'TO rA SIMM'),
  one('mulli', 'alu', 7, undefined, 'rD rA SIMM'),
  one('subfic', 'alu', 8, undefined, 'rD rA SIMM'),
  one('cmpli', 'compare', 10, undefined, 'crfD rA UIMM'),
  one('cmpi', 'compare', 11, undefined, 'crfD rA SIMM'),
  one('addic', 'alu', 12, undefined, 'rD rA SIMM'),
  one('addic.', 'alu', 13, undefined, 'rD rA SIMM'),
  one('addi', 'alu', 14, undefined, 'rD rA|0 SIMM'),
  one('addis', 'alu', 15, undefined, 'rD rA|0 SIMM'),
  one('bc', 'branch', 16, undefined, 'BO BI BD', { variants: 'la' }),
  one('sc', 'system', 17, undefined, '', { fixed: 2 }),
  one('b', 'branch', 18, undefined, 'LI', { variants: 'la' }),
  one('rlwimi', 'rotate', 20, undefined, 'rA! rS SH MB ME', RC),
  one('rlwinm', 'rotate', 21, undefined, 'rA= rS SH MB ME', RC),
  one('rlwnm', 'rotate', 23, undefined, 'rA= rS rB MB ME', RC),
  one('ori', 'alu', 24, undefined, 'rA= rS UIMM'),
  one('oris', 'alu', 25, undefined, 'rA= rS UIMM'),
  one('xori', 'alu', 26, undefined, 'rA= rS UIMM'),
  one('xoris', 'alu', 27, undefined, 'rA= rS UIMM'),
  one('andi.', 'alu', 28, undefined, 'rA= rS UIMM'),
  one('andis.', 'alu', 29, undefined, 'rA= rS UIMM'),
  one('lwz', 'load', 32, undefined, 'rD d rA|0', size(4)),
  one('lwzu', 'load', 33, undefined, 'rD d rA!', size(4)),
  one('lbz', 'load', 34, undefined, 'rD d rA|0', size(1)),
  one('lbzu', 'load', 35, undefined, 'rD d rA!', size(1)),
  one('stw', 'store', 36, undefined, 'rS d rA|0', size(4)),
  one('stwu', 'store', 37, undefined, 'rS d rA!', size(4)),
  one('stb', 'store', 38, undefined, 'rS d rA|0', size(1)),
  one('stbu', 'store', 39, undefined, 'rS d rA!', size(1)),
  one('lhz', 'load', 40, undefined, 'rD d rA|0', size(2)),
  one('lhzu', 'load', 41, undefined, 'rD d rA!', size(2)),
  one('lha', 'load', 42, undefined, 'rD d rA|0', size(2)),
  one('lhau', 'load', 43, undefined, 'rD d rA!', size(2)),
  one('sth', 'store', 44, undefined, 'rS d rA|0', size(2)),
  one('sthu', 'store', 45, undefined, 'rS d rA!', size(2)),
  one('lmw', 'load-multiple', 46, undefined, 'rD+ d rA|0'),
  one('stmw', 'store-multiple', 47, undefined, 'rS+ d rA|0'),

  one('mcrf', 'cr', 19, 0, 'crfD crfS'),
  one('bclr', 'branch', 19, 16, 'BO BI', { variants: 'l' }),
  one('crnor', 'cr', 19, 33, 'crbD crbA crbB'),
  one('rfi', 'system', 19, 50, '', SUPERVISOR),
  one('crandc', 'cr', 19, 129, 'crbD crbA crbB'),
  one('isync', 'order', 19, 150, ''),
  one('crxor', 'cr', 19, 193, 'crbD crbA crbB'),
  one('crnand', 'cr', 19, 225, 'crbD crbA crbB'),
  one('crand', 'cr', 19, 257, 'crbD crbA crbB'),
  one('creqv', 'cr', 19, 289, 'crbD crbA crbB'),
  one('crorc', 'cr', 19, 417, 'crbD crbA crbB'),
  one('cror', 'cr', 19, 449, 'crbD crbA crbB'),
  one('bcctr', 'branch', 19, 528, 'BO BI', { variants: 'l' }),

  one('cmp', 'compare', 31, 0, 'crfD rA rB'),
  one('tw', 'trap', 31, 4, 'TO rA rB'),
  one('subfc', 'alu', 31, 8, 'rD rA rB', OE_RC),
  one('addc', 'alu', 31, 10, 'rD rA rB', OE_RC),
  one('mulhwu', 'alu', 31, 11, 'rD rA rB', MULTIPLY_HIGH),
  one('mfcr', 'alu', 31, 19, 'rD'),
  one('lwarx', 'reserve', 31, 20, 'rD rA|0 rB', size(4)),
  one('lwzx', 'load', 31, 23, 'rD rA|0 rB', size(4)),
  one('slw', 'alu', 31, 24, 'rA= rS rB', RC),
  one('cntlzw', 'alu', 31, 26, 'rA= rS', RC),
  one('and', 'alu', 31, 28, 'rA= rS rB', RC),
  one('cmpl', 'compare', 31, 32, 'crfD rA rB'),
  one('subf', 'alu', 31, 40, 'rD rA rB', OE_RC),
  one('dcbst', 'cache', 31, 54, 'rA|0 rB'),
  one('lwzux', 'load', 31, 55, 'rD rA! rB', size(4)),
  one('andc', 'alu', 31, 60, 'rA= rS rB', RC),
  one('mulhw', 'alu', 31, 75, 'rD rA rB', MULTIPLY_HIGH),
  one('mfmsr', 'system', 31, 83, 'rD', SUPERVISOR),
  one('dcbf', 'cache', 31, 86, 'rA|0 rB'),
  one('lbzx', 'load', 31, 87, 'rD rA|0 rB', size(1)),
  one('neg', 'alu', 31, 104, 'rD rA', OE_RC),
  one('lbzux', 'load', 31, 119, 'rD rA! rB', size(1)),
  one('nor', 'alu', 31, 124, 'rA= rS rB', RC),
  one('subfe', 'alu', 31, 136, 'rD rA rB', OE_RC),
  one('adde', 'alu', 31, 138, 'rD rA rB', OE_RC),
  one('mtcrf', 'cr', 31, 144, 'CRM rS'),
  one('mtmsr', 'system', 31, 146, 'rS', SUPERVISOR),
  one('stwcx.', 'conditional-store', 31, 150, 'rS rA|0 rB', { bytes: 4, fixed: 1 }),
  one('stwx', 'store', 31, 151, 'rS rA|0 rB', size(4)),
  one('stwux', 'store', 31, 183, 'rS rA! rB', size(4)),
  one('subfze', 'alu', 31, 200, 'rD rA', OE_RC),
  one('addze', 'alu', 31, 202, 'rD rA', OE_RC),
  one('stbx', 'store', 31, 215, 'rS rA|0 rB', size(1)),
  one('subfme', 'alu', 31, 232, 'rD rA', OE_RC),
  one('addme', 'alu', 31, 234, 'rD rA', OE_RC),
  one('mullw', 'alu', 31, 235, 'rD rA rB', OE_RC),
  one('dcbtst', 'cache', 31, 246, 'rA|0 rB'),
  one('stbux', 'store', 31, 247, 'rS rA! rB', size(1)),
  one('add', 'alu', 31, 266, 'rD rA rB', OE_RC),
  one('dcbt', 'cache', 31, 278, 'rA|0 rB'),
  one('lhzx', 'load', 31, 279, 'rD rA|0 rB', size(2)),
  one('eqv', 'alu', 31, 284, 'rA= rS rB', RC),
  one('tlbie', 'system', 31, 306, 'rB', SUPERVISOR),
  one('lhzux', 'load', 31, 311, 'rD rA! rB', size(2)),
  one('xor', 'alu', 31, 316, 'rA= rS rB', RC),
  one('mfspr', 'spr', 31, 339, 'rD SPR'),
  one('lhax', 'load', 31, 343, 'rD rA|0 rB', size(2)),
  one('tlbia', 'system', 31, 370, '', SUPERVISOR),
  one('mftb', 'time', 31, 371, 'rD TBR'),
  one('lhaux', 'load', 31, 375, 'rD rA! rB', size(2)),
  one('sthx', 'store', 31, 407, 'rS rA|0 rB', size(2)),
  one('orc', 'alu', 31, 412, 'rA= rS rB', RC),
  one('sthux', 'store', 31, 439, 'rS rA! rB', size(2)),
  one('or', 'alu', 31, 444, 'rA= rS rB', RC),
  one('divwu', 'divide', 31, 459, 'rD rA rB', OE_RC),
  one('mtspr', 'spr', 31, 467, 'SPR rS'),
  one('dcbi', 'system', 31, 470, 'rA|0 rB', SUPERVISOR),
  one('nand', 'alu', 31, 476, 'rA= rS rB', RC),
  one('divw', 'divide', 31, 491, 'rD rA rB', OE_RC),
  one('mcrxr', 'mcrxr', 31, 512, 'crfD'),
  one('lswx', 'load-string', 31, 533, 'rD+ rA|0 rB'),
  one('lwbrx', 'load', 31, 534, 'rD rA|0 rB', size(4)),
  one('srw', 'alu', 31, 536, 'rA= rS rB', RC),
  one('tlbsync', 'system', 31, 566, '', SUPERVISOR),
  one('lswi', 'load-string', 31, 597, 'rD+ rA|0 NB'),
  one('sync', 'order', 31, 598, ''),
  one('stswx', 'store-string', 31, 661, 'rS+ rA|0 rB'),
  one('stwbrx', 'store', 31, 662, 'rS rA|0 rB', size(4)),
  one('stswi', 'store-string', 31, 725, 'rS+ rA|0 NB'),
  one('lhbrx', 'load', 31, 790, 'rD rA|0 rB', size(2)),
  one('sraw', 'alu', 31, 792, 'rA= rS rB', RC),
  one('srawi', 'alu', 31, 824, 'rA= rS SH', RC),
  one('eieio', 'order', 31, 854, ''),
  one('sthbrx', 'store', 31, 918, 'rS rA|0 rB', size(2)),
  one('extsh', 'alu', 31, 922, 'rA= rS', RC),
  one('extsb', 'alu', 31, 954, 'rA= rS', RC),
  one('icbi', 'cache', 31, 982, 'rA|0 rB'),
  one('dcbz', 'zero-block', 31, 1014, 'rA|0 rB'),
];

/** Every form of `instruction`: with and without each of its optional bits. */
export function formsOf(instruction: Instruction): Form[] {
  const base = ((instruction.opcode << 26) | ((instruction.extended ?? 0) << 1) | instruction.fixed) >>> 0;
  let forms: Form[] = [{ mnemonic: instruction.name, instruction, word: base }];
  for (const variant of instruction.variants) {
    const bit = variant === 'o' ? BIT_OE : variant === '.' ? BIT_RC : variant === 'l' ? BIT_LK : BIT_AA;
    forms = forms.flatMap((form) => [
      form,
      { mnemonic: form.mnemonic + variant, instruction, word: (form.word | bit) >>> 0 },
    ]);
  }
  return forms;
}

/** Every form of every instruction. */
export const FORMS: readonly Form[] = INSTRUCTIONS.flatMap(formsOf);

const BY_MNEMONIC: ReadonlyMap<string, Form> = new Map(FORMS.map((form) => [form.mnemonic, form]));

/** The form that is written `mnemonic`; the ones of the link and absolute bits are `bl`, `ba`, `bla`, `bcctrl`, … */
export function form(mnemonic: string): Form {
  const found = BY_MNEMONIC.get(mnemonic);
  if (found === undefined) throw new Error(`no instruction is written ${mnemonic}`);
  return found;
}

/** The mnemonics of one kind, in table order. */
export function formsOfKind(...kinds: Kind[]): Form[] {
  return FORMS.filter((f) => kinds.includes(f.instruction.kind));
}

/** The instruction word of `f` with `values` in the order of its operands; BD and LI are byte displacements. */
export function encode(f: Form, values: readonly number[]): number {
  const operands = f.instruction.operands;
  if (values.length !== operands.length) {
    throw new Error(`${f.mnemonic} has ${operands.length} operands, not ${values.length}`);
  }
  let word = f.word;
  operands.forEach((operand, i) => {
    const { shift, bits } = FIELDS[operand];
    let value = values[i] ?? 0;
    if (operand === 'SPR' || operand === 'TBR') value = ((value & 31) << 5) | (value >> 5);
    if (operand === 'BD' || operand === 'LI') value >>= 2;
    word |= (value & (2 ** bits - 1)) << shift;
  });
  return word >>> 0;
}

/** The instruction word that an assembler makes of `mnemonic` and its operands. */
export function assemble(mnemonic: string, ...values: number[]): number {
  return encode(form(mnemonic), values);
}

/** The form that `word` is, by opcodes and optional bits; undefined for what the part does not implement. */
export function formOf(word: number): Form | undefined {
  return FORMS.find((f) => ((word ^ f.word) & opcodeMask(f)) === 0);
}

/** The bits that tell a form from every other one; reserved fields are not among them. */
export function opcodeMask(f: Form): number {
  const { extended, variants, ignored } = f.instruction;
  let mask = 0xfc000000;
  if (extended !== undefined) mask |= 0x7fe & ~ignored;
  if (variants.includes('.')) mask |= BIT_RC;
  if (variants.includes('l')) mask |= BIT_LK;
  if (variants.includes('a')) mask |= BIT_AA;
  return mask >>> 0;
}

/** The bits that hold an operand. */
export function operandMask(instruction: Instruction): number {
  return (
    instruction.operands.reduce(
      (mask, operand) => mask | ((2 ** FIELDS[operand].bits - 1) << FIELDS[operand].shift),
      0,
    ) >>> 0
  );
}

/** Value of `operand` in `word`, as the encoding holds it. */
export function fieldOf(word: number, operand: Operand): number {
  const { shift, bits } = FIELDS[operand];
  return (word >>> shift) & (2 ** bits - 1);
}
