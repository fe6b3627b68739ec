import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv, type Plugin } from "vite";

/** What is used of Node's response. */
interface Reply {
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
}

/** Answers /config.json with every VITE_ variable, as what serves the built page does (docker/web.sh). */
function configuration(): Plugin {
  return {
    name: "configuration",
    configureServer({ config, middlewares }) {
      middlewares.use("/config.json", (_request: unknown, response: Reply) => {
        response.setHeader("Content-Type", "application/json");
        response.setHeader("Cache-Control", "no-cache, no-store");
        response.end(JSON.stringify(loadEnv(config.mode, config.envDir, "VITE_")));
      });
    },
  };
}

// Host and port come from the command line; where the API is comes from VITE_API_URL.
export default defineConfig({
  plugins: [react(), configuration()],
  // No variable is built into the page: it would need a build for each environment.
  envPrefix: [],
  // What the page is called inside a cluster; localhost on any port is always served.
  // config: allow host: names of this page itself, that Vite answers to; it calls nobody there
  server: { allowedHosts: ["web", ".svc.cluster.local"] },
  build: { sourcemap: true },
});
