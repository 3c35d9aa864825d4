// The page file, minified, with all dependencies, compressed as a server sends it (1 kB = 1,000 bytes).
export default [
  {
    name: "browser.js",
    path: "dist/browser.js",
    gzip: true,
    // From issue 10, "One product, one owner of events, one lifecycle".
    limit: "56 kB",
  },
];
