export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LinePlot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
}

const [WIDTH, HEIGHT] = [720, 380];
const EDGE = { left: 60, right: 20, top: 44, bottom: 84 };
const COLOURS = ["#1f5fbf", "#c2571a", "#5a8f29", "#7a4fa3"];

/** A plot as SVG text: the x axis by powers of ten, the y axis from 0. */
export function linePlot({ title, x, y, lines }: LinePlot): string {
  const xs = lines.flatMap(({ points }) => points.map(([at]) => at));
  const top = niceTop(Math.max(...lines.flatMap(({ points }) => points.map(([, value]) => value))));
  const [least, most] = [Math.log10(Math.min(...xs)), Math.log10(Math.max(...xs))];
  const atX = (value: number): number => EDGE.left + ((Math.log10(value) - least) / (most - least || 1)) * (WIDTH - EDGE.left - EDGE.right);
  const atY = (value: number): number => HEIGHT - EDGE.bottom - (value / top) * (HEIGHT - EDGE.top - EDGE.bottom);
  const parts = [`<text x="${EDGE.left}" y="24" font-size="15" font-weight="600">${title}</text>`];
  for (let tick = 0; tick <= 4; tick++) {
    const value = (top / 4) * tick;
    parts.push(`<line x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${fixed(atY(value))}" y2="${fixed(atY(value))}" stroke="#8884"/>`);
    parts.push(`<text x="${EDGE.left - 8}" y="${fixed(atY(value) + 4)}" text-anchor="end">${value} ${tick === 4 ? y : ""}</text>`);
  }
  for (const value of new Set(xs)) {
    parts.push(`<text x="${fixed(atX(value))}" y="${HEIGHT - EDGE.bottom + 20}" text-anchor="middle">${value.toLocaleString("en")}</text>`);
  }
  parts.push(`<text x="${(EDGE.left + WIDTH - EDGE.right) / 2}" y="${HEIGHT - EDGE.bottom + 40}" text-anchor="middle">${x}</text>`);
  for (const [index, { name, points }] of lines.entries()) {
    const colour = COLOURS[index % COLOURS.length] as string;
    const path = points.map(([at, value]) => `${fixed(atX(at))},${fixed(atY(value))}`);
    parts.push(`<polyline points="${path.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const point of path) parts.push(`<circle cx="${point.split(",")[0]}" cy="${point.split(",")[1]}" r="3" fill="${colour}"/>`);
    const left = EDGE.left + index * 220;
    parts.push(`<rect x="${left}" y="${HEIGHT - 24}" width="12" height="3" fill="${colour}"/>`);
    parts.push(`<text x="${left + 18}" y="${HEIGHT - 18}">${name}</text>`);
  }
  const style = 'font-family="system-ui, sans-serif" font-size="12" fill="#888"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ${style}>\n${parts.join("\n")}\n</svg>\n`;
}

/** The end of an axis with four equal steps of a plain number. */
function niceTop(most: number): number {
  const step = 10 ** Math.floor(Math.log10(most / 4 || 1));
  for (const factor of [1, 2, 2.5, 5, 10]) if (step * factor * 4 >= most) return step * factor * 4;
  return step * 40;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
