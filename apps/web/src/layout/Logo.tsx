/** A cell of a baseplate in perspective. Decorative: the name stands beside it. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M16 6.5 24.5 11v10L16 25.5 7.5 21V11z M7.5 11 16 15.5 24.5 11 M16 15.5v10" />
    </svg>
  );
}
