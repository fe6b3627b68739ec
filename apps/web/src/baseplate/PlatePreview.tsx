const MOST_CELLS = 12;

/** The plate from above, at most 12 × 12 cells of it. Decorative: the size stands beside it in words. */
export function PlatePreview({ columns, rows }: { columns: number; rows: number }) {
  const across = Math.min(columns, MOST_CELLS);
  const down = Math.min(rows, MOST_CELLS);
  const side = Math.max(across, down, 1);
  const cells = Array.from({ length: across * down }, (_, index) => ({ x: index % across, y: Math.floor(index / across) }));
  return (
    <svg className="plate" viewBox={`0 0 ${side} ${side}`} aria-hidden="true">
      <g transform={`translate(${(side - across) / 2} ${(side - down) / 2})`}>
        {cells.map(({ x, y }) => (
          <rect key={`${x}-${y}`} x={x + 0.06} y={y + 0.06} width="0.88" height="0.88" rx="0.16" />
        ))}
      </g>
    </svg>
  );
}
