import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** Rule 3: what only adapters may import. */
const VENDORS = [
  'typeorm',
  'pg',
  'mongoose',
  'bullmq',
  'ioredis',
  '@aws-sdk/*',
  'sharp',
  'passport-jwt',
  'jsonwebtoken',
  '@node-rs/argon2',
];
const DOORS = ['http', 'realtime', 'mqtt', 'ingest', 'jobs'];
const SECRET_COMPARE = 'Compare secrets with timingSafeEqual.';

const envOnlyInConfig = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Only config/ reads process.env (HOUSE rule 4).',
};
const noSecretEquality = {
  selector:
    "BinaryExpression[operator=/^[!=]==?$/]:matches([left.name=/(secret|signature|passwordHash|tokenHash)$/i], [right.name=/(secret|signature|passwordHash|tokenHash)$/i]):not([left.type='Literal']):not([right.type='Literal']):not([right.name='undefined']):not([left.name='undefined'])",
  message: SECRET_COMPARE,
};
const noProfileIf = {
  selector: "IfStatement > BinaryExpression.test:matches([left.name='profile'], [left.property.name='profile'])",
  message: 'A profile is a set of defaults: ask for the technology, in wiring/ (HOUSE rule 4).',
};

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '.cache/**', '.scratch/**', '.parley/**', '**/*.mjs', 'docs/**'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    plugins: { '@nx': nx },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      '@typescript-eslint/no-empty-object-type': 'off',
      'no-restricted-syntax': ['error', envOnlyInConfig, noSecretEquality, noProfileIf],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    // Rule 1: domain <- protocol <- client <- { admin-ui, cli, e2e, bench, chaos }; domain, protocol <- server.
    files: ['libs/domain/src/**/*.ts'],
    ignores: ['libs/domain/src/**/*.spec.ts', 'libs/domain/src/testing/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^[^.]', message: 'The domain imports no package at all.' },
            { regex: '/testing/', message: 'The domain does not know its tests.' },
          ],
        },
      ],
    },
  },
  {
    files: ['libs/protocol/src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(?!\\.|zod$|@parley/domain$|vitest$|fast-check$)', message: 'The protocol knows the domain and zod.' }] },
      ],
    },
  },
  {
    files: ['libs/client/src/**/*.ts'],
    ignores: ['**/*.spec.ts', 'libs/client/src/testing/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!\\.|socket\\.io-client$|@parley/(domain|protocol)$)',
              message: 'The SDK knows the protocol and socket.io-client.',
            },
          ],
        },
      ],
    },
  },
  {
    // Rule 2: apps never import apps.
    files: ['apps/*/src/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^@parley/(server|cli|admin-ui)(/|$)', message: 'Apps never import apps.' }] },
      ],
    },
  },
  {
    // What measures and breaks the server meets it from outside. The one exception: chaos seeds bugs into the built server,
    // through the seam that `wiring/start.ts` leaves for it, in `chaos/src/controls/` alone.
    files: ['bench/src/**/*.ts', 'chaos/src/**/*.ts'],
    ignores: ['chaos/src/controls/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: 'apps/(server|cli|admin-ui)/|^@parley/(server|cli|admin-ui)(/|$)', message: 'Apps are started, not imported.' },
            { regex: '/controls/(main|bugs|server-modules)', message: 'Seeded bugs are run by their own main.' },
          ],
        },
      ],
    },
  },
  ...DOORS.map((door) => ({
    // Rule 3: doors and adapters never meet, nor do doors; wiring alone knows both.
    files: [`apps/server/src/${door}/**/*.ts`],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: VENDORS.filter((name) => !name.includes('*')).map((name) => ({
            name,
            message: 'Vendors are imported under adapters/ only.',
          })),
          patterns: [
            { regex: '/(adapters|wiring)/', message: 'Doors know the domain and the protocol.' },
            { regex: `^\\.\\./(${DOORS.filter((other) => other !== door).join('|')})/`, message: 'Doors never import each other.' },
            { regex: '^@parley/(server|cli|admin-ui|client)(/|$)', message: 'The server knows domain and protocol.' },
          ],
        },
      ],
    },
  })),
  {
    files: ['apps/server/src/adapters/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: `/(${DOORS.join('|')}|wiring)/`, message: 'Adapters never import doors.' },
            { regex: '^@parley/(server|cli|admin-ui|client)(/|$)', message: 'The server knows domain and protocol.' },
          ],
        },
      ],
    },
  },
  {
    files: [
      'apps/server/src/config/**/*.ts',
      'apps/cli/src/config/**/*.ts',
      '**/*.config.ts',
      'e2e/**',
      'bench/**',
      'chaos/**',
      '**/*.spec.ts',
      '**/testing/**',
    ],
    rules: { 'no-restricted-syntax': ['error', noSecretEquality] },
  },
  {
    // Nest reads constructor types at run time: an import type would leave it nothing to inject.
    files: ['apps/server/src/{http,realtime,wiring}/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  { files: ['bench/**', 'chaos/**', 'apps/cli/src/**'], rules: { 'no-console': 'off' } },
);
