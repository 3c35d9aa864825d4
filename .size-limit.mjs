// What a page loads, minified and with all dependencies in, compressed as a server sends it (1 kB = 1,000 bytes).
export default [
  {
    name: "browser.js",
    path: "dist/browser.js",
    gzip: true,
    // From the issue "All that the original does, and what it leaves open", whose aim is 20 kB; what few use is in files of
    // its own, which are loaded when they are asked for.
    limit: "24 kB",
  },
  {
    // Fetched by who uses compression, and by nobody else.
    name: "browser-zstd.js",
    path: "dist/browser-zstd.js",
    gzip: true,
    limit: "8.5 kB",
  },
];
