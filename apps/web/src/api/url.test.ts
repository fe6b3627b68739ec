import { describe, expect, it } from "vitest";

import { parseApiUrl, sameSiteAddress } from "./url";

describe("parseApiUrl", () => {
  it.each([undefined, "", "  "])("says that %j is missing", (value) => {
    expect(parseApiUrl(value)).toEqual({ ok: false, problem: "VITE_API_URL is not set." });
  });

  it.each(["localhost:3000", "ftp://localhost", "/api", "http://"])("refuses %s", (value) => {
    const parsed = parseApiUrl(value);
    expect(parsed.ok ? "" : parsed.problem).toContain(value);
  });

  it("drops a trailing slash", () => {
    expect(parseApiUrl("http://localhost:3000/")).toEqual({ ok: true, url: "http://localhost:3000" });
  });
});

describe("sameSiteAddress", () => {
  it("moves 127.0.0.1 to localhost when the API is there", () => {
    const moved = sameSiteAddress("http://127.0.0.1:4200/?a=1", "http://localhost:3000");
    expect(moved).toBe("http://localhost:4200/?a=1");
  });

  it("leaves everything else alone", () => {
    expect(sameSiteAddress("http://localhost:4200/", "http://localhost:3000")).toBeNull();
    expect(sameSiteAddress("http://127.0.0.1:4200/", "http://127.0.0.1:3000")).toBeNull();
  });
});
