import { checkImageText } from "../../../constructs/fleet/image-entry";

const check = (image: unknown) =>
  checkImageText({ id: "r1", image }, "acme", /^img-\d+$/, 'an id such as "img-7"');

test("a text of the form is taken", () => {
  expect(check("img-7")).toEqual([]);
});

test.each([
  [undefined, "undefined"],
  ["img-x", '"img-x"'],
  [7, "7"],
  [{ a: 1 }, '{"a":1}'],
])("%j is refused where a person finds it", (image, shown) => {
  expect(check(image)).toEqual([
    { where: "releases.r1.acme", what: `${shown} is not an id such as "img-7"` },
  ]);
});
