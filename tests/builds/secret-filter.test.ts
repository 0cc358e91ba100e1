import { randomBytes } from "node:crypto";
import { secretFilter } from "../../builds/secret-filter";
import { SEED, seeded } from "../seeded";

const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCY";

describe("hides the value of a secret variable", () => {
  const filter = secretFilter({ AWS_SECRET_ACCESS_KEY: SECRET, HOME: "/home/somebody-with-a-name" });

  test.each([
    ["plain", SECRET],
    ["in the middle of a line", `Authorization: ${SECRET}, more`],
    ["in a URL", `https://host/?key=${encodeURIComponent(SECRET)}`],
    ["in base64", Buffer.from(SECRET).toString("base64")],
    ["in base64 of a longer text", Buffer.from(`user:${SECRET}:more`).toString("base64")],
  ])("%s", (_, text) => {
    expect(filter.found(text)).toEqual(["AWS_SECRET_ACCESS_KEY"]);
    const hidden = filter.hide(text);
    expect(hidden).toContain("(AWS_SECRET_ACCESS_KEY)");
    expect(filter.found(hidden)).toEqual([]);
  });

  test("and no other text", () => {
    const text = "HOME is /home/somebody-with-a-name; packer build took 12 s";
    expect(filter.hide(text)).toBe(text);
    expect(filter.found(text)).toEqual([]);
  });
});

test("wherever in base64 it begins", () => {
  console.log(`seed ${SEED}`);
  const random = seeded(SEED);
  const filter = secretFilter({ NS1_APIKEY: SECRET });
  for (let round = 0; round < 200; round++) {
    const [before, after] = [randomBytes(Math.floor(random() * 10)), randomBytes(Math.floor(random() * 10))];
    const text = Buffer.concat([before, Buffer.from(SECRET), after]).toString("base64");
    expect(filter.found(filter.hide(text))).toEqual([]);
    expect(filter.found(text)).toEqual(["NS1_APIKEY"]);
  }
});

test.each([
  "AWS_SECRET_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_SESSION_TOKEN",
  "STACKPATH_CLIENT_SECRET",
  "STACKPATH_CLIENT_ID",
  "NS1_APIKEY",
  "VULTR_API_KEY",
  "METAL_AUTH_TOKEN",
  "POLYCAST_CONTROL_PLANE_TOKEN",
  "BGP_PASSWORD",
])("the variable %s is secret", (name) => {
  expect(secretFilter({ [name]: SECRET }).hide(SECRET)).toBe(`(${name})`);
});

test.each(["AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "PATH", "AWS_ENDPOINT_URL"])(
  "the variable %s is none",
  (name) => {
    expect(secretFilter({ [name]: SECRET }).hide(SECRET)).toBe(SECRET);
  },
);

test("a key of several lines is hidden line by line, one that is added too", () => {
  const filter = secretFilter({});
  filter.add(
    "secret",
    `-----BEGIN KEY-----\nb3BlbnNzaC1rZXktdjE\nAAAABG5vbmUAAAAEbm9uZQ\n-----END KEY-----\n`,
  );
  expect(filter.hide("x AAAABG5vbmUAAAAEbm9uZQ y")).toBe("x (secret) y");
  expect(filter.hide("-----BEGIN KEY-----")).toBe("-----BEGIN KEY-----");
});

test("where one value holds another, nothing of either is left", () => {
  const filter = secretFilter({ A_TOKEN: "abcdefgh", B_TOKEN: "abcdefghijkl" });
  expect(filter.hide("abcdefghijkl")).toBe("(B_TOKEN)");
});
