import { logPattern } from "../../../../constructs/providers/aws/simulation-log-filter";

/** What a pattern says of a line: the text of a field, `true` where there is no such field, `false`: no match. */
function judge(pattern: string, line: string, selector = ""): string | boolean {
  const matched = logPattern(pattern)?.(line);
  return matched === undefined ? false : (matched(selector) ?? true);
}

describe("fields of JSON", () => {
  const line = JSON.stringify({ kind: "health", well: true, size: 3, at: { site: "SEA" } });

  test.each<[string, boolean]>([
    ['{ $.kind = "health" }', true],
    ['{ $.kind = "other" }', false],
    ['{ ($.kind = "health") && ($.well IS TRUE) }', true],
    ['{ ($.kind = "health") && ($.well IS FALSE) }', false],
    ["{ $.size = 3 }", true],
    ["{ $.size = 4 }", false],
    ['{ $.at.site = "SEA" }', true],
    ['{ $.nothing = "x" }', false],
  ])("%s: %s", (pattern, matches) => {
    expect(judge(pattern, line)).toBe(matches);
  });

  test("a field's text is found by its selector", () => {
    expect(judge('{ $.kind = "health" }', line, "$.at.site")).toBe("SEA");
    expect(judge('{ $.kind = "health" }', line, "$.size")).toBe("3");
    expect(judge('{ $.kind = "health" }', line, "$.at")).toBe(true);
  });

  test.each(["", "not JSON", "null", "[]", "7"])("%j is no line with fields", (other) => {
    expect(judge('{ $.kind = "health" }', other)).toBe(false);
  });
});

describe("words between spaces", () => {
  const line = '12:00 10.0.0.1:5 TCP 443 502 "10.0.0.2:1, 10.0.0.3:1" SEA';

  test.each<[string, boolean]>([
    ["[time, client, protocol, port, status, upstream, site]", true],
    ["[time, client, protocol, port, status = 5*, upstream, site]", true],
    ["[time, client, protocol, port, status = 4*, upstream, site]", false],
    ["[time, client, protocol = TCP || protocol = UDP, port, status, upstream, site]", true],
    ["[time, client, protocol = UDP, port, status, upstream, site]", false],
    ["[time, client, protocol, port = 44, status, upstream, site]", false],
    ["[time, client, protocol, port, status, upstream]", false],
    ["[time, client, protocol, port, status, upstream, site, more]", false],
  ])("%s: %s", (pattern, matches) => {
    expect(judge(pattern, line)).toBe(matches);
  });

  test("what stands in quotation marks is one word", () => {
    const pattern = "[time, client, protocol, port, status, upstream, site]";
    expect(judge(pattern, line, "$upstream")).toBe("10.0.0.2:1, 10.0.0.3:1");
    expect(judge(pattern, line, "$site")).toBe("SEA");
    expect(judge(pattern, line, "$nothing")).toBe(true);
  });
});

test.each([
  "ERROR",
  "?a ?b",
  "%5[0-9]+%",
  '{ $.a = "x*" }',
  '{ $.a = "x" || $.b = "y" }',
  "{ $.a > 3 }",
  "[a = 1 && a = 2]",
  "[..., last]",
])("%j is not simulated", (pattern) => {
  expect(logPattern(pattern)).toBeUndefined();
});
