import { useEffect, useState } from "react";

import { ApiError, messageOf } from "../api/client";
import type { Api } from "../api/client";
import type { User } from "../api/schema";

interface Props {
  api: Api;
  /** The session was ended by the gateway, not by the reader. */
  ended: boolean;
  onSignedIn: (user: User) => void;
}

const RETRY_MS = 2000;
const TIMEOUT_MS = 10_000;

export function SignIn({ api, ended, onSignedIn }: Props) {
  const offer = useOffer(api);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(ended ? "The session has ended. Please sign in again." : null);

  const signIn = async (attempt: () => Promise<User>) => {
    setBusy(true);
    setProblem(null);
    try {
      onSignedIn(await attempt());
    } catch (failure) {
      const wrong = failure instanceof ApiError && failure.status === 401;
      setProblem(wrong ? "E-mail address or password is wrong." : messageOf(failure));
      setBusy(false);
    }
  };

  return (
    <section className="sign-in" aria-labelledby="sign-in-title">
      <h2 id="sign-in-title">Sign in</h2>
      <p className="quiet">Orders, print jobs and parcels, live.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void signIn(() => api.logIn(email, password));
        }}
      >
        <label>
          E-mail address
          <input
            type="email"
            autoComplete="username"
            required
            value={email}
            onChange={(event) => {
              setEmail(event.target.value);
            }}
          />
        </label>
        <label>
          Password
          <input
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => {
              setPassword(event.target.value);
            }}
          />
        </label>
        <p className="problem" role="alert">
          {problem}
        </p>
        <button className="button button-primary" type="submit" disabled={busy}>
          Sign in
        </button>
      </form>
      {offer !== null && (
        <div className="offer">
          <p className="quiet">This is a development platform.</p>
          <button className="button" type="button" disabled={busy} onClick={() => void signIn(() => api.logInForDevelopment())}>
            Sign in as {offer}
          </button>
        </div>
      )}
    </section>
  );
}

/** Whom one may sign in as without a password; null outside development. Asked for again while the gateway does not answer. */
function useOffer(api: Api): string | null {
  const [offer, setOffer] = useState<string | null>(null);
  useEffect(() => {
    let timer = 0;
    let over = false;
    const ask = async () => {
      try {
        const email = await api.offer(AbortSignal.timeout(TIMEOUT_MS));
        if (!over) {
          setOffer(email);
        }
      } catch {
        if (!over) {
          timer = window.setTimeout(() => void ask(), RETRY_MS);
        }
      }
    };
    timer = window.setTimeout(() => void ask(), 0);
    return () => {
      over = true;
      window.clearTimeout(timer);
    };
  }, [api]);
  return offer;
}
