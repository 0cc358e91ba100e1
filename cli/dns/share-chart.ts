import type { UsersTraffic } from "./simulated-traffic";

/** Characters of a bar of 100 %. */
const WIDTH = 30;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** `██████████▌`, as long as the percentage says. */
export function bar(percent: number): string {
  const eighths = Math.round((percent / 100) * WIDTH * 8);
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}

/** Sizes of the picture, in pixels. */
const LINE = 22;
const LABEL = 150;
const BAR = 480;
const MARGIN = 16;

/** One hue for each fleet, told apart by people who see few colours too: https://jfly.uni-koeln.de/color/ */
const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"];

/** Shares as an SVG picture: a bar for each group of users, cut into the fleets' parts. */
export function sharesSvg(title: string, users: readonly UsersTraffic[]): string {
  const names = [...new Set(users.flatMap(({ fleets }) => fleets.map(({ fleet }) => fleet)))];
  const colour = (name: string): string => COLOURS[names.indexOf(name) % COLOURS.length] ?? "#000";
  const height = MARGIN * 2 + LINE * (users.length + 2);
  const top = (line: number): number => MARGIN + LINE * line;
  const bars = users.flatMap(({ type, region = "all users", fleets }, index) => {
    let left = LABEL;
    return [
      text(MARGIN, top(index + 1), `${region}, ${type}`),
      ...fleets.map(({ fleet, share }) => {
        const width = (share / 100) * BAR;
        const x = left;
        left += width;
        return (
          `<rect x="${round(x)}" y="${top(index + 1)}" width="${round(width)}" height="${LINE - 6}" fill="${colour(fleet)}">` +
          `<title>${escaped(`${fleet}: ${share.toFixed(2)} %`)}</title></rect>`
        );
      }),
    ];
  });
  const legend = names.flatMap((name, index) => [
    `<rect x="${LABEL + index * 120}" y="${top(users.length + 1)}" width="12" height="12" fill="${colour(name)}"/>`,
    text(LABEL + index * 120 + 18, top(users.length + 1), name),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LABEL + BAR + MARGIN}" height="${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(MARGIN, top(0), title),
    ...bars,
    ...legend,
    "</svg>\n",
  ].join("\n");
}

function text(x: number, y: number, content: string): string {
  return `<text x="${x}" y="${y + 12}">${escaped(content)}</text>`;
}

function round(length: number): string {
  return String(Number(length.toFixed(2)));
}

/** Names come from environments; in a picture they must stay text. */
function escaped(content: string): string {
  return content.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
