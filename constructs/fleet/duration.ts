/** A time as a person writes it: `30s`, `90m`, `4h`, `2d`. */
export const DURATION = /^([1-9]\d{0,5})([smhd])$/;

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** @returns seconds; undefined where the text is no such time. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = ""] = DURATION.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (SECONDS[unit] ?? 1);
}
