import { defineConfig } from 'vite';

/** Relative addresses: the page is served below any path prefix, and `<base>` tells where it is. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    target: 'es2023',
    // Its polyfill would be an inline script, and all browsers that run the rest have modulepreload.
    modulePreload: { polyfill: false },
    // The policy of the page allows no inlined files.
    assetsInlineLimit: 0,
    rolldownOptions: {
      // `use client` in a library is for servers that render pages, of which there is none.
      onwarn: (warning, warn) => {
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  logLevel: 'warn',
  server: { proxy: { '^/(?!console|src|@|node_modules)': 'http://localhost:8000' } },
});
