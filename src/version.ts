/** The package's version, put in when it is built. */
declare const __VERSION__: string;

export const VERSION: string = __VERSION__;
