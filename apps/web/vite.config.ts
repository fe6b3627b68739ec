import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv } from "vite";
import type { Connect, Plugin } from "vite";

// Node.js's own types are not installed.
interface Response {
  writeHead(code: number, headers: Record<string, string>): void;
  end(body?: string): void;
}

const HEADERS = { "Content-Type": "application/json", "Cache-Control": "no-store" };
const HEALTH: Record<string, object> = {
  "/live": { status: "ok", service: "web", started: new Date().toISOString() },
  "/startup": { status: "ok", checks: [] },
  "/ready": { status: "ok", checks: [] },
};

function isResponse(value: unknown): value is Response {
  return typeof value === "object" && value !== null && "writeHead" in value && "end" in value;
}

function answer(request: object, response: Response): void {
  const path = "url" in request ? String(request.url).replace(/\/?(\?.*)?$/, "") : "";
  const method = "method" in request ? request.method : "";
  const body = HEALTH[path];
  const code = !body ? 404 : method === "GET" || method === "HEAD" ? 200 : 405;
  response.writeHead(code, HEADERS);
  response.end(method === "HEAD" ? "" : JSON.stringify(code === 200 ? body : { detail: code === 404 ? "not found" : "not allowed" }));
}

function serveHealth({ middlewares }: { middlewares: Connect.Server }): void {
  middlewares.use("/health", (request, response) => {
    if (isResponse(response)) {
      answer(request, response);
    }
  });
}

/** Whether Vite answers, for those who ask it as they ask every service. Nothing else below /health is the page, as in
 * docker/web.nginx.conf. */
const health: Plugin = { name: "health", configureServer: serveHealth, configurePreviewServer: serveHealth };

/** Answers /config.json with every VITE_ variable, as what serves the built page does (docker/web.sh). */
function configuration(): Plugin {
  return {
    name: "configuration",
    configureServer({ config, middlewares }) {
      middlewares.use("/config.json", (_request: unknown, response: Response) => {
        response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-cache, no-store" });
        response.end(JSON.stringify(loadEnv(config.mode, config.envDir, "VITE_")));
      });
    },
  };
}

// Host and port come from the command line; where the API is comes from VITE_API_URL.
export default defineConfig({
  plugins: [react(), health, configuration()],
  // No variable is built into the page: it would need a build for each environment.
  envPrefix: [],
  // What the page is called inside a cluster; localhost on any port is always served.
  // config: allow host: names of this page itself, that Vite answers to; it calls nobody there
  server: { allowedHosts: ["web", ".svc.cluster.local"] },
  build: { sourcemap: true },
});
