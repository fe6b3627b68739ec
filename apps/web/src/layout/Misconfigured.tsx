import { Message } from "./Message";

/** Shown instead of the page when it does not know where the API is. */
export function Misconfigured({ problem }: { problem: string }) {
  return (
    <main className="centered" role="alert">
      <Message title="This page does not know where the API is">
        <p>{problem}</p>
        <p>
          <code>./devkit up</code> sets it. When Vite is started by hand: <code>VITE_API_URL=http://localhost:3000 npm run dev</code>
        </p>
      </Message>
    </main>
  );
}
