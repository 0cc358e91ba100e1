import { chooseVantage } from "../../cli/sandbox/vantage";

const nodes = [
  { location: "AMS", site: "europe", position: { latitude: 52.3, longitude: 4.8 } },
  { location: "SEA", site: "SEA", position: { latitude: 47.4, longitude: -122.3 } },
] as unknown as Parameters<typeof chooseVantage>[1]["nodes"];

test("by default New York, where NS1 looks from", () => {
  expect(chooseVantage(undefined, { nodes: [] })).toMatchObject({
    name: "lga",
    position: { latitude: 40.78 },
  });
});

test.each([
  ["AMS", 52.3],
  ["europe", 52.3],
  ["SEA", 47.4],
  ["sin", 1.36],
])("%s is where it is", (name, latitude) => {
  expect(chooseVantage(name, { nodes })).toMatchObject({ name, position: { latitude } });
});

test("an unknown place: all there are", () => {
  expect(() => chooseVantage("AMD", { nodes })).toThrow(
    '"AMD": nearest: "AMS"; there are: AMS, SEA, ams, dal, europe, gru, lga, lhr, nrt, sin, sjc, syd',
  );
});
