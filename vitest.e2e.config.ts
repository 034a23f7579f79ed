import { defineConfig } from 'vitest/config';

/** The built page in Chromium; `npm run build` makes it. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.e2e.ts'],
    reporters: ['default', ['json', { outputFile: 'build/results/e2e.json' }]],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
