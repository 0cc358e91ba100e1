/** An element of XML; parts that are undefined are left out. */
export function element(name: string, ...parts: readonly (Xml | undefined)[]): Xml {
  const content = parts.map((part) => (part === undefined ? "" : part.xml)).join("");
  return { xml: `<${name}>${content}</${name}>` };
}

/** An element that holds a text; undefined where there is none. */
export function field(name: string, value: boolean | number | string | null | undefined): Xml | undefined {
  return value === null || value === undefined || value === ""
    ? undefined
    : { xml: `<${name}>${escaped(String(value))}</${name}>` };
}

/** A whole document, whose elements are of that namespace. */
export function document(name: string, namespace: string, ...parts: readonly (Xml | undefined)[]): string {
  const { xml } = element(name, ...parts);
  return `<?xml version="1.0"?>\n${xml.replace(`<${name}>`, `<${name} xmlns="${namespace}">`)}`;
}

/** What is escaped already. */
export interface Xml {
  readonly xml: string;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
