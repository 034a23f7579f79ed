import {
  LOG_CHANNELS,
  LOG_HEADER_BYTES,
  LOG_RECORD_BYTES,
  type LogRecord,
  logImage,
  recordChecksum,
} from './log-image.js';

const UNITS = 'VVAACCPPRR';
const digits = (value: number | bigint, width: number): string => value.toString().padStart(width, '0');
const hex = (value: number): string => value.toString(16).padStart(4, '0');

/** A channel's reading in micro-units: the sensor's cubic, in 64-bit integers that divide toward zero as C's do. */
function linearised(channel: number, count: number): bigint {
  const n = BigInt(channel);
  const x = BigInt(count);
  const a0 = -50_000_000n + n * 1_000_000n;
  const a1 = 400_000_000n - n * 7_000_000n;
  const a2 = -30_000_000n + n * 900_000n;
  const a3 = 5_000_000n + n * 110_000n;
  return a0 + (x * (a1 + (x * (a2 + (x * a3) / 4096n)) / 4096n)) / 4096n;
}

/**
 * The text that the board must send for one record, written independently of
 * the firmware's `logformat.c` from the same specification, so that a whole
 * download can be checked by hash.
 * @param length characters including the line feed
 */
export function recordText(record: LogRecord, checksum: number, length: number): string {
  const seconds = Math.floor(record.timeMs / 1000);
  let text = `${digits(record.sequence, 10)} ${digits(seconds, 7)}.${digits(record.timeMs % 1000, 3)} `;
  for (let n = 0; n < LOG_CHANNELS; n++) {
    const count = record.channels[n] ?? 0;
    const value = linearised(n, count);
    const magnitude = value < 0n ? -value : value;
    const sign = value < 0n ? '-' : '+';
    const whole = digits(magnitude / 1_000_000n, 4);
    const fraction = digits(magnitude % 1_000_000n, 6);
    text += `ch${n}=${digits(count, 4)} ${sign}${whole}.${fraction}${UNITS[n]} `;
  }
  text += `fl=${hex(record.flags)} ck=${hex(checksum)}`;
  return `${text.slice(0, length - 1).padEnd(length - 1, '.')}\n`;
}

/** The whole log as the FTP client must receive it in image type. */
export function logText(records: readonly LogRecord[], length: number): Uint8Array {
  const image = logImage(records, records.length, length);
  const view = new DataView(image.buffer);
  const out = new Uint8Array(records.length * length);
  const encoder = new TextEncoder();
  records.forEach((record, i) => {
    const checksum = recordChecksum(view, LOG_HEADER_BYTES + i * LOG_RECORD_BYTES);
    out.set(encoder.encode(recordText(record, checksum, length)), i * length);
  });
  return out;
}
