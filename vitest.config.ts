import { defineConfig } from 'vitest/config';

const source = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } };

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: [
            'libs/*/src/**/*.spec.ts',
            'apps/cli/src/**/*.spec.ts',
            'chaos/src/**/*.spec.ts',
            'bench/src/**/*.spec.ts',
            'tools/**/*.spec.ts',
          ],
          disableConsoleIntercept: true,
          testTimeout: 20_000,
        },
      },
      {
        ...source,
        test: {
          name: 'server',
          include: ['apps/server/src/**/*.spec.ts'],
          globalSetup: ['apps/server/src/testing/embedded.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        ...source,
        test: {
          name: 'e2e',
          include: ['e2e/src/**/*.e2e.ts', 'chaos/src/**/*.e2e.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
