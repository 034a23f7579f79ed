import { stateClass, toHex } from './state.js';

/** The 64 round constants of FIPS 180-4: fractional parts of the cube roots of the first 64 primes. */
const K = new Int32Array(64);
/** The initial hash: fractional parts of the square roots of the first 8 primes. */
const H0: number[] = [];
{
  const fraction = (root: number): number => Math.floor((root - Math.floor(root)) * 0x1_0000_0000);
  let found = 0;
  for (let n = 2; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (found < 8) H0.push(fraction(Math.sqrt(n)) | 0);
    K[found++] = fraction(Math.cbrt(n));
  }
}

const W = new Int32Array(64);

function rotr(x: number, n: number): number {
  return (x >>> n) | (x << (32 - n));
}

/** Incremental SHA-256 (FIPS 180-4) whose state can be saved in the middle of a stream. */
export class Sha256 {
  private readonly h: number[] = [...H0];
  private readonly block = new Uint8Array(64);
  private fill = 0;
  private total = 0;

  /** Adds bytes to the stream. */
  update(data: Uint8Array): void {
    this.total += data.length;
    let at = 0;
    while (at < data.length) {
      if (this.fill === 0 && data.length - at >= 64) {
        compress(this.h, data, at);
        at += 64;
        continue;
      }
      const n = Math.min(64 - this.fill, data.length - at);
      this.block.set(data.subarray(at, at + n), this.fill);
      this.fill += n;
      at += n;
      if (this.fill === 64) {
        compress(this.h, this.block, 0);
        this.fill = 0;
      }
    }
  }

  /** The digest of everything so far, 32 bytes. The stream may go on afterwards. */
  digest(): Uint8Array {
    const h = [...this.h];
    const block = this.block.slice();
    block[this.fill] = 0x80;
    block.fill(0, this.fill + 1);
    if (this.fill >= 56) {
      compress(h, block, 0);
      block.fill(0);
    }
    const view = new DataView(block.buffer);
    view.setUint32(56, Math.floor(this.total / 0x2000_0000));
    view.setUint32(60, (this.total * 8) >>> 0);
    compress(h, block, 0);
    const out = new Uint8Array(32);
    const outView = new DataView(out.buffer);
    h.forEach((word, i) => {
      outView.setUint32(4 * i, word);
    });
    return out;
  }

  /** The digest as 64 hexadecimal digits. */
  hex(): string {
    return toHex(this.digest());
  }
}

/** One block of `data` from `at` on. Written without allocation: whole memories are hashed with it. */
function compress(hash: number[], data: Uint8Array, at: number): void {
  for (let i = 0, p = at; i < 16; i++, p += 4) {
    W[i] =
      ((data[p] as number) << 24) |
      ((data[p + 1] as number) << 16) |
      ((data[p + 2] as number) << 8) |
      (data[p + 3] as number);
  }
  for (let i = 16; i < 64; i++) {
    const w15 = W[i - 15] as number;
    const w2 = W[i - 2] as number;
    const s0 = rotr(w15, 7) ^ rotr(w15, 18) ^ (w15 >>> 3);
    const s1 = rotr(w2, 17) ^ rotr(w2, 19) ^ (w2 >>> 10);
    W[i] = ((W[i - 16] as number) + s0 + (W[i - 7] as number) + s1) | 0;
  }
  let a = hash[0] as number;
  let b = hash[1] as number;
  let c = hash[2] as number;
  let d = hash[3] as number;
  let e = hash[4] as number;
  let f = hash[5] as number;
  let g = hash[6] as number;
  let h = hash[7] as number;
  for (let i = 0; i < 64; i++) {
    const s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    const choose = (e & f) ^ (~e & g);
    const t1 = (h + s1 + choose + (K[i] as number) + (W[i] as number)) | 0;
    const s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + s0 + majority) | 0;
  }
  hash[0] = ((hash[0] as number) + a) | 0;
  hash[1] = ((hash[1] as number) + b) | 0;
  hash[2] = ((hash[2] as number) + c) | 0;
  hash[3] = ((hash[3] as number) + d) | 0;
  hash[4] = ((hash[4] as number) + e) | 0;
  hash[5] = ((hash[5] as number) + f) | 0;
  hash[6] = ((hash[6] as number) + g) | 0;
  hash[7] = ((hash[7] as number) + h) | 0;
}

/** SHA-256 of a whole array, 32 bytes. */
export function sha256(data: Uint8Array): Uint8Array {
  const hash = new Sha256();
  hash.update(data);
  return hash.digest();
}

/** SHA-256 of a whole array, as 64 hexadecimal digits. */
export function sha256Hex(data: Uint8Array): string {
  return toHex(sha256(data));
}

stateClass('Sha256', Sha256);
