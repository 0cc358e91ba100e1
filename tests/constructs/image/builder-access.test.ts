import { builderCidrs } from "../../../constructs/image/builder-access";

const cidrs = (value?: string) =>
  builderCidrs({ ...(value !== undefined && { POLYCAST_BUILDER_CIDRS: value }) });

test("networks are separated by commas", () => {
  expect(cidrs("198.51.100.7/32, 10.0.0.0/8")).toEqual(["198.51.100.7/32", "10.0.0.0/8"]);
});

test.each([undefined, "", " , "])("none (%s) is refused: nobody could reach the builder", (value) => {
  expect(() => cidrs(value)).toThrow(/POLYCAST_BUILDER_CIDRS[^]*such as 198\.51\.100\.7\/32/);
});

test.each([
  "0.0.0.0/0",
  "128.0.0.0/1",
  "198.51.100.7",
  "198.51.100.7/33",
  "2001:db8::/32",
  "10.0.0.0/8/8",
  "me",
])("%s is refused", (value) => {
  expect(() => cidrs(`198.51.100.7/32,${value}`)).toThrow(`"${value}" is not an IPv4 network`);
});
