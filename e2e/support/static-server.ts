import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serveFiles } from "../../scripts/static-server.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A strict content security policy: only files of the site, no inline script, no eval. Sockets may connect to any host. */
const POLICY = "default-src 'self'; connect-src *";

export interface StaticServer {
  /** The URL of the site, with a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the files of a folder. URLs that start with `/dist/` serve the built files in `dist/`.
 *
 * @param folder default: `e2e/pages`
 * @param policy the Content-Security-Policy of each response
 * @param headers additional response headers
 */
export async function serveStatic(
  folder = join(ROOT, "e2e/pages"),
  policy = POLICY,
  headers: Record<string, string> = {},
): Promise<StaticServer> {
  const { url, close } = await serveFiles({
    locate: (path) => (path.startsWith("/dist/") ? join(ROOT, path) : join(folder, path)),
    headers: { "content-security-policy": policy, ...headers },
  });
  return { url: `${url}/`, close };
}
