// `import.meta.env` has what Vite itself defines and no variable: those are in /config.json, which is read at the start.
interface ViteTypeOptions {
  strictImportMetaEnv: unknown;
}
