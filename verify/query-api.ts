/**
 * Calls one operation of an AWS API that speaks the query protocol, as a signed request whose signature nobody checks.
 * @param endpoint `http://127.0.0.1:PORT`
 * @returns the answer's XML
 * @throws Error with what the service said, where it refuses.
 */
export async function callQueryApi(
  endpoint: string,
  {
    service,
    region,
    version,
  }: { readonly service: string; readonly region: string; readonly version: string },
  action: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<string> {
  const reply = await fetch(`${endpoint}/`, {
    method: "POST",
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=sandbox/20200101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=none`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams({ Action: action, Version: version, ...parameters }),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${service} refuses ${action}: ${text}`);
  return text;
}

/** The texts of all elements of a name, in the order of the document. */
export function textsOf(xml: string, element: string): string[] {
  return [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, "g"))].map(([, text]) => text ?? "");
}
