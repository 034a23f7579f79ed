/** Virtual time for people: 12.3 s, 4 min 05 s, 2 h 03 min. */
export function secondsText(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 99.95) return `${s.toFixed(1)} s`;
  const whole = Math.round(s);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** Virtual time as a counter: h:mm:ss.t. */
export function clockText(seconds: number): string {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  const s = Math.floor(tenths / 10);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}.${tenths % 10}`;
}

/** A byte count with groups of three digits. */
export function bytesText(bytes: number): string {
  return `${String(Math.round(bytes)).replace(/\B(?=(\d{3})+$)/g, '\u202f')} B`;
}

/** A part of a whole in percent. */
export function percentText(part: number, whole: number): string {
  return whole > 0 ? `${Math.floor((part / whole) * 100)} %` : '–';
}

/** Bytes per second in thousands. */
export function rateText(bytesPerSecond: number): string {
  return `${(bytesPerSecond / 1000).toFixed(1)} kB/s`;
}

/** How fast virtual time passes: 0.42×, 5.1×, 1200×. */
export function speedText(speed: number): string {
  return `${speed >= 20 ? Math.round(speed) : speed >= 2 ? speed.toFixed(1) : speed.toFixed(2)}×`;
}
