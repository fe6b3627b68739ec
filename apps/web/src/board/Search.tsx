import { useEffect, useState } from "react";

import type { Query } from "../api/client";
import { ORDER_STATUSES } from "../api/schema";
import type { Counts } from "../api/schema";

interface Props {
  query: Query;
  counts: Counts;
  onSearch: (query: Query) => void;
}

const AFTER_MS = 250;

/** Narrows the board while one types. */
export function Search({ query, counts, onSearch }: Props) {
  const [typed, setTyped] = useState(query.q);
  const [shown, setShown] = useState(query.q);
  if (shown !== query.q) {
    // It was changed elsewhere, as by "Show all orders".
    setShown(query.q);
    setTyped(query.q);
  }
  useEffect(() => {
    if (typed.trim() === query.q) {
      return;
    }
    const timer = setTimeout(() => {
      setShown(typed.trim());
      onSearch({ ...query, q: typed.trim() });
    }, AFTER_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [typed, query, onSearch]);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return (
    <form className="search" role="search" onSubmit={(event) => { event.preventDefault(); }}>
      <input
        type="search"
        aria-label="Search orders"
        placeholder="Number, name or SKU"
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
        }}
      />
      <select
        aria-label="Status"
        value={query.status}
        onChange={(event) => {
          onSearch({ ...query, status: event.target.value });
        }}
      >
        <option value="">Every status</option>
        {ORDER_STATUSES.map((status) => (
          <option key={status} value={status}>
            {status}
          </option>
        ))}
      </select>
      <p className="quiet" role="status">
        {total === 1 ? "1 order" : `${total} orders`}
      </p>
    </form>
  );
}
