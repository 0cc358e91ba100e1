import { document, element, field } from "../../../sandbox/route53-api/xml";

test("a document, in its namespace", () => {
  const inner = element("Zones", field("Count", 0), field("Private", false));
  expect(document("Reply", "urn:test", inner)).toBe(
    '<?xml version="1.0"?>\n<Reply xmlns="urn:test"><Zones><Count>0</Count><Private>false</Private></Zones></Reply>',
  );
});

test("texts are escaped", () => {
  expect(field("Value", `"<a> & 'b'"`)?.xml).toBe("<Value>&#34;&#60;a&#62; &#38; &#39;b&#39;&#34;</Value>");
});

test.each([undefined, null, ""])("%j is no field", (value) => {
  expect(element("Of", field("None", value)).xml).toBe("<Of></Of>");
});
