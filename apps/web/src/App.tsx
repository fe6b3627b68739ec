import type { Api } from "./api/client";
import { Header } from "./layout/Header";
import { Message } from "./layout/Message";
import { SignIn } from "./session/SignIn";
import { useSession } from "./session/useSession";
import { Workplace } from "./Workplace";

export function App({ api }: { api: Api }) {
  const { session, signedIn, expired, signOut } = useSession(api);
  switch (session.state) {
    case "signed-in":
      return <Workplace api={api} user={session.user} onExpired={expired} onSignOut={signOut} />;
    case "signed-out":
      return (
        <>
          <Header />
          <main className="centered">
            <SignIn api={api} ended={session.ended} onSignedIn={signedIn} />
          </main>
        </>
      );
    case "unreachable":
      return (
        <>
          <Header />
          <main className="centered" role="alert">
            <Message title="The platform does not answer">
              <p>{session.problem}</p>
              <p className="quiet">
                <code>./devkit status</code> shows what runs. This page tries again by itself.
              </p>
            </Message>
          </main>
        </>
      );
    case "asking":
      return (
        <>
          <Header />
          <main className="centered" aria-busy="true" />
        </>
      );
  }
}
