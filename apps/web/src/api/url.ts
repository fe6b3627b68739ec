/** Where the API is, or what is wrong with what was configured. */
export type ApiUrl = { ok: true; url: string } | { ok: false; problem: string };

/** Checks the value of VITE_API_URL: an absolute http(s) URL. A trailing slash is dropped. */
export function parseApiUrl(value: string | undefined): ApiUrl {
  const text = value?.trim() ?? "";
  if (text === "") {
    return { ok: false, problem: "VITE_API_URL is not set." };
  }
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    return { ok: false, problem: `VITE_API_URL is not an http(s) address: ${text}` };
  }
  return { ok: true, url: text.replace(/\/+$/, "") };
}

/**
 * The same page at the name the API knows it by. On 127.0.0.1 the browser would treat an API at
 * localhost as another site and keep the session cookie back.
 */
export function sameSiteAddress(page: string, api: string): string | null {
  const address = new URL(page);
  if (address.hostname !== "127.0.0.1" || new URL(api).hostname !== "localhost") {
    return null;
  }
  // config: allow host: this machine under its other name, and only where the API has it too
  address.hostname = "localhost";
  return address.href;
}
