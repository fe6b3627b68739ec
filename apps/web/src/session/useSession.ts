import { useCallback, useEffect, useState } from "react";

import { ApiError, messageOf } from "../api/client";
import type { Api } from "../api/client";
import type { User } from "../api/schema";

export type Session =
  | { state: "asking" }
  | { state: "unreachable"; problem: string }
  | { state: "signed-out"; ended: boolean }
  | { state: "signed-in"; user: User };

export interface SessionControl {
  session: Session;
  signedIn: (user: User) => void;
  /** The gateway does not know the session any more. */
  expired: () => void;
  signOut: () => Promise<void>;
}

const RETRY_MS = 2000;
const TIMEOUT_MS = 10_000;

/** Who is signed in. While the gateway does not answer it is asked again. */
export function useSession(api: Api): SessionControl {
  const [session, setSession] = useState<Session>({ state: "asking" });

  useEffect(() => {
    let timer = 0;
    let over = false;
    const ask = async () => {
      const found = await whoIsThere(api);
      if (over) {
        return;
      }
      setSession(found);
      if (found.state === "unreachable") {
        timer = window.setTimeout(() => void ask(), RETRY_MS);
      }
    };
    timer = window.setTimeout(() => void ask(), 0);
    return () => {
      over = true;
      window.clearTimeout(timer);
    };
  }, [api]);

  const signedIn = useCallback((user: User) => {
    setSession({ state: "signed-in", user });
  }, []);
  const expired = useCallback(() => {
    setSession({ state: "signed-out", ended: true });
  }, []);
  const signOut = useCallback(async () => {
    await api.logOut();
    setSession({ state: "signed-out", ended: false });
  }, [api]);
  return { session, signedIn, expired, signOut };
}

async function whoIsThere(api: Api): Promise<Session> {
  try {
    return { state: "signed-in", user: await api.me(AbortSignal.timeout(TIMEOUT_MS)) };
  } catch (problem) {
    return problem instanceof ApiError && problem.status === 401
      ? { state: "signed-out", ended: false }
      : { state: "unreachable", problem: messageOf(problem) };
  }
}
