import { useCallback, useEffect, useState } from "react";

const EVERY_MS = 15_000;
const TIMEOUT_MS = 5000;

/** What `read` last answered, asked for every 15 s while the page is seen; and a way to ask now. */
export function usePolled<T>(read: (signal: AbortSignal) => Promise<T>): [T | null, () => Promise<void>] {
  const [found, setFound] = useState<T | null>(null);

  const ask = useCallback(async () => {
    try {
      setFound(await read(AbortSignal.timeout(TIMEOUT_MS)));
    } catch {
      // The health strip says what is down.
    }
  }, [read]);

  useEffect(() => {
    const first = setTimeout(() => void ask(), 0);
    const timer = setInterval(() => void (document.hidden || ask()), EVERY_MS);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [ask]);
  return [found, ask];
}
