import { Rng } from '../lan/rng.js';

/** Layout of the log in the serial data flash: a header page, then records (see firmware-fixtures/app/README.md). */
export const LOG_HEADER_BYTES = 512;
/** Raw record size, bytes. */
export const LOG_RECORD_BYTES = 32;
const MAGIC = 0x514c_4f47; // "QLOG"
/** ADC channels per record. */
export const LOG_CHANNELS = 10;

/** One raw record of the log, as the sensor head stored it. */
export interface LogRecord {
  /** Counts from 0. */
  sequence: number;
  /** Milliseconds since the log began. */
  timeMs: number;
  /** ADC counts, 0–4095. */
  channels: number[];
  /** Status bits of the sensor head, 16 of them. */
  flags: number;
}

/**
 * The records of a log: slowly wandering measurements, as a machine's would
 * be, from a seed.
 */
export function* logRecords(count: number, seed: number): Generator<LogRecord> {
  const rng = new Rng(seed ^ 0x4c4f_4721);
  const channels = Array.from({ length: LOG_CHANNELS }, () => 1024 + rng.below(2048));
  for (let sequence = 0; sequence < count; sequence++) {
    for (let n = 0; n < LOG_CHANNELS; n++) {
      const moved = (channels[n] ?? 0) + rng.below(33) - 16;
      channels[n] = Math.min(4095, Math.max(0, moved));
    }
    yield {
      sequence,
      timeMs: sequence * 250 + rng.below(4),
      channels: [...channels],
      flags: rng.below(100) === 0 ? 1 : 0,
    };
  }
}

/**
 * The data flash image that holds these records (layout: `firmware-fixtures/app/README.md`).
 * @param count how many records there are
 * @param textLength text length per record, for the header, bytes
 */
export function logImage(records: Iterable<LogRecord>, count: number, textLength: number): Uint8Array {
  const image = new Uint8Array(LOG_HEADER_BYTES + count * LOG_RECORD_BYTES);
  const view = new DataView(image.buffer);
  [MAGIC, 1, count, LOG_RECORD_BYTES, LOG_HEADER_BYTES, textLength].forEach((word, i) => {
    view.setUint32(4 * i, word);
  });
  let at = LOG_HEADER_BYTES;
  for (const record of records) {
    view.setUint32(at, record.sequence);
    view.setUint32(at + 4, record.timeMs);
    record.channels.forEach((value, n) => {
      view.setUint16(at + 8 + 2 * n, value);
    });
    view.setUint16(at + 28, record.flags);
    view.setUint16(at + 30, recordChecksum(view, at));
    at += LOG_RECORD_BYTES;
  }
  return image;
}

/** Sum of the first 15 half-words of a raw record, modulo 65536. */
export function recordChecksum(view: DataView, at: number): number {
  let sum = 0;
  for (let i = 0; i < 15; i++) sum = (sum + view.getUint16(at + 2 * i)) & 0xffff;
  return sum;
}
