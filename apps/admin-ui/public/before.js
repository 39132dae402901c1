// Runs before the first paint and before any module. A file of its own: the content security policy forbids inline scripts.

// zod tries `new Function` once to learn whether it may compile schemas. The policy forbids that, and the browser reports the
// attempt even though zod catches it; so zod is told.
globalThis.__zod_globalConfig = { jitless: true };

// Dark mode must never flash white.
(function () {
  var chosen = 'auto';
  try {
    chosen = localStorage.getItem('parley-color-scheme') || 'auto';
  } catch {
    // Storage is closed to us: follow the system.
  }
  var isDark = chosen === 'dark' || (chosen === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light');
})();
