/** The page's configuration, which what serves the page takes from its environment when it starts. */
import * as v from "valibot";

import { parseApiUrl } from "./url";
import type { ApiUrl } from "./url";

const PLACE = "/config.json";

const Config = v.object({ VITE_API_URL: v.optional(v.string()) });

/** Reads where the API is. Whatever is wrong comes back as a sentence. */
export async function readApiUrl(): Promise<ApiUrl> {
  try {
    const answer = await fetch(PLACE, { cache: "no-store" });
    if (!answer.ok) {
      return { ok: false, problem: `${PLACE} cannot be read: the server answers ${answer.status}.` };
    }
    const config = v.safeParse(Config, await answer.json());
    return config.success ? parseApiUrl(config.output.VITE_API_URL) : { ok: false, problem: `${PLACE} is not the configuration.` };
  } catch (problem) {
    return { ok: false, problem: `${PLACE} cannot be read: ${problem instanceof Error ? problem.message : "no answer"}` };
  }
}
