/** Put in when the package is built. */
declare const __FOR_PAGES__: boolean;

/** Whether this is in the files for pages without a bundler: what only Node.js' sockets can do is left out of those. */
export const FOR_PAGES: boolean = __FOR_PAGES__;
