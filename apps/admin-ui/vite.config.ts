import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

/** Where `npm run dev` finds a server; the built bundle is served by the server itself. */
const SERVER = 'http://127.0.0.1:3000';

export default defineConfig({
  base: '/dashboard/',
  plugins: [react()],
  // Workspace packages are read from their source, so that the dashboard needs no build of them.
  resolve: { conditions: ['source', ...defaultClientConditions] },
  // Nothing is inlined as data: except images: the content security policy allows no data: fonts or scripts.
  build: { outDir: 'dist', target: 'es2022', chunkSizeWarningLimit: 400 },
  server: { proxy: { '/v1': SERVER, '/socket.io': { target: SERVER, ws: true } } },
});
