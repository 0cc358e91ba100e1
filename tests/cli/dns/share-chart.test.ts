import { bar, sharesSvg } from "../../../cli/dns/share-chart";

test.each([
  [0, ""],
  [100, "█".repeat(30)],
  [50, "█".repeat(15)],
  [50.9, `${"█".repeat(15)}▎`],
])("a bar of %s %%", (percent, text) => {
  expect(bar(percent)).toBe(text);
});

test("a picture holds every share, and names stay text", () => {
  const fleets = [
    { fleet: '<a&"b>', share: 25, model: 25, error: 0, standardErrors: 0 },
    { fleet: "other", share: 75, model: 75, error: 0, standardErrors: 0 },
  ];
  const svg = sharesSvg("<title>", [{ type: "A", queries: 4, unanswered: 0, fleets }]);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /);
  expect(svg).toContain(">&#60;title&#62;</text>");
  expect(svg).toContain(">&#60;a&#38;&#34;b&#62;</text>");
  expect(svg).not.toContain("<a&");
  expect(
    [...svg.matchAll(/<rect x="([\d.]+)" y="38" width="([\d.]+)"/g)].map(([, x, width]) => [x, width]),
  ).toEqual([
    ["150", "120"],
    ["270", "360"],
  ]);
});
