import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/tools/**', 'test/long/**'],
    globalSetup: ['test/support/skipped-tools.ts'],
    reporters: ['default', ['json', { outputFile: 'build/results/unit.json' }]],
    testTimeout: 120_000,
    maxWorkers: 2,
  },
});
