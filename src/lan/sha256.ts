import { stateClass, toHex } from './state.js';

/** The 64 round constants of FIPS 180-4: fractional parts of the cube roots of the first 64 primes. */
const K = new Uint32Array(64);
/** The initial hash: fractional parts of the square roots of the first 8 primes. */
const H0: number[] = [];
{
  const fraction = (root: number): number => Math.floor((root - Math.floor(root)) * 0x1_0000_0000);
  let found = 0;
  for (let n = 2; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (found < 8) H0.push(fraction(Math.sqrt(n)));
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
      const n = Math.min(64 - this.fill, data.length - at);
      this.block.set(data.subarray(at, at + n), this.fill);
      this.fill += n;
      at += n;
      if (this.fill === 64) {
        compress(this.h, this.block);
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
      compress(h, block);
      block.fill(0);
    }
    const view = new DataView(block.buffer);
    view.setUint32(56, Math.floor(this.total / 0x2000_0000));
    view.setUint32(60, (this.total * 8) >>> 0);
    compress(h, block);
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

function compress(h: number[], block: Uint8Array): void {
  const view = new DataView(block.buffer, block.byteOffset, 64);
  for (let i = 0; i < 16; i++) W[i] = view.getInt32(4 * i);
  for (let i = 16; i < 64; i++) {
    const w15 = W[i - 15] as number;
    const w2 = W[i - 2] as number;
    const s0 = rotr(w15, 7) ^ rotr(w15, 18) ^ (w15 >>> 3);
    const s1 = rotr(w2, 17) ^ rotr(w2, 19) ^ (w2 >>> 10);
    W[i] = ((W[i - 16] as number) + s0 + (W[i - 7] as number) + s1) | 0;
  }
  let [a, b, c, d, e, f, g, k] = h as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    const choose = (e & f) ^ (~e & g);
    const t1 = (k + s1 + choose + (K[i] as number) + (W[i] as number)) | 0;
    const s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    k = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + s0 + majority) | 0;
  }
  [a, b, c, d, e, f, g, k].forEach((v, i) => {
    h[i] = ((h[i] as number) + v) | 0;
  });
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
