import { defineConfig } from 'vitest/config';

// The page in Chromium, against the built page: `npm run test:e2e` builds it first.
export default defineConfig({
  test: { include: ['test/e2e/**/*.e2e.ts'], testTimeout: 120_000, hookTimeout: 60_000, fileParallelism: false },
});
