import { VERSION } from "../version.js";

/** The `User-Agent` of HTTP and gRPC calls. Only in Node.js: browsers send their own. */
export const USER_AGENT = `simulator-client-js/${VERSION}`;

/** The `User-Agent` of WebSockets. The Rust crate adds this suffix on managed connections too. */
export const MANAGED_USER_AGENT = `${USER_AGENT} (managed)`;
