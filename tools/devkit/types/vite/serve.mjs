// Serves the page in the current folder on a port of loopback, by a link without special characters: Vite takes a `#` or
// `?` in a file's path for the end of it, and globs for what they look like. Called as `serve.mjs PORT`, by a Node.js that
// does not follow links itself.
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = mkdtempSync(join(tmpdir(), "devkit-page-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const root = join(folder, "page");
symlinkSync(process.cwd(), root);

const { createServer } = await import(pathToFileURL(join(root, "node_modules", "vite", "dist", "node", "index.js")));
const server = await createServer({
  root,
  clearScreen: false,
  resolve: { preserveSymlinks: true },
  server: { host: "127.0.0.1", port: Number(process.argv[2]), strictPort: true },
});
await server.listen();
server.printUrls();
