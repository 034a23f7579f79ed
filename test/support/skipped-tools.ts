import { hasTool, TOOLS } from './tool.js';

/** Says loudly which checks `npm test` leaves to `npm run test:tools` and `npm run test:e2e`, and what those would miss. */
export default function report(): void {
  const missing = Object.entries(TOOLS).filter(([name]) => !hasTool(name));
  if (missing.length === 0) return;
  const list = missing.map(([name, debian]) => `${name} (Debian: ${debian})`).join(', ');
  console.warn(`\n*** NOT HERE, so what needs them is skipped: ${list}\n`);
}
