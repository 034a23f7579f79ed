import { defineConfig } from 'vitest/config';

/** Runs of hours in virtual time, minutes in real time. */
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    reporters: ['default', ['json', { outputFile: 'build/results/long.json' }]],
    testTimeout: 900_000,
  },
});
