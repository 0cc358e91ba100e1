import CliTable from "cli-table3";

/** What a terminal shows without breaking lines. */
const WIDTH = 100;
const GAP = 2;

const BLANK = Object.fromEntries(
  ["top", "bottom", "left", "right", "mid"]
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .concat("middle")
    .map((name) => [name, ""]),
);

/** Text in columns, without lines; where it would be too wide, the widest columns are wrapped. */
export function plainTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const natural = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const table = new CliTable({
    chars: BLANK,
    head: [...head],
    colWidths: fit(natural).map((width) => width + GAP),
    style: { head: [], border: [], "padding-left": 0, "padding-right": GAP },
    wordWrap: true,
    wrapOnWordBoundary: true,
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

function fit(widths: readonly number[]): readonly number[] {
  const excess = widths.reduce((sum, width) => sum + width + GAP, 0) - WIDTH;
  if (excess <= 0) return widths;
  const widest = Math.max(...widths);
  const next = Math.max(...widths.filter((width) => width < widest), 1);
  const shared = widths.filter((width) => width === widest).length;
  const cut = Math.max(1, Math.min(widest - next, Math.ceil(excess / shared)));
  return fit(widths.map((width) => (width === widest ? width - cut : width)));
}
