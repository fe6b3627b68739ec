import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Host and port come from the command line; where the API is comes from VITE_API_URL.
export default defineConfig({
  plugins: [react()],
  // What the page is called inside a cluster; localhost on any port is always served.
  server: { allowedHosts: ["web", ".svc.cluster.local"] },
  build: { sourcemap: true },
});
