import {
  checkAnnouncement,
  type Announcement,
  type AnnouncementLimits,
} from "../../../constructs/fleet/announcement";

const LIMITS: AnnouncementLimits = {
  longest: { ipv4: 24, ipv6: 48 },
  privateAsn: "it takes public ones only",
  sitesWithout: { xx: "its routers take no sessions" },
};
const FLEET = { sites: { aa: { nodes: 2 }, bb: { nodes: 3 } }, sandbox: true };
const IPV4 = { prefix: "203.0.113.0/24", address: "203.0.113.1" };
const IPV6 = { prefix: "2001:db8::/32", address: "2001:db8::1" };

const problems = (changes: Partial<Announcement> = {}, limits = LIMITS, fleet: Partial<typeof FLEET> = {}) =>
  checkAnnouncement(
    { asn: 4_200, ipv4: IPV4, ...changes },
    { ...FLEET, ipv6: changes.ipv6 !== undefined, ...fleet },
    limits,
    "announce",
  ).map(({ where, what }) => `${where}: ${what}`);

describe("what a fleet announces", () => {
  test("is good with one family or both, up to the longest prefix that travels", () => {
    expect(problems()).toEqual([]);
    expect(problems({ ipv6: IPV6 })).toEqual([]);
    expect(problems({ ipv4: { prefix: "203.0.112.0/22", address: "203.0.113.1" } })).toEqual([]);
    expect(problems({ ipv6: { prefix: "2001:db8:1::/48", address: "2001:db8:1:ffff::1" } })).toEqual([]);
  });

  test.each([64_512, 65_534, 4_200_000_000, 4_294_967_294])(
    "may come from the private system %d only where the provider takes it",
    (asn) => {
      expect(problems({ asn })).toEqual([
        `announce.asn: ${asn} is a private autonomous system: it takes public ones only`,
      ]);
      expect(problems({ asn }, { ...LIMITS, privateAsn: true })).toEqual([]);
    },
  );

  test.each([0, 23_456, 64_496, 64_511, 65_535, 65_536, 131_071, 4_294_967_295])(
    "comes never from %d, which is reserved",
    (asn) => {
      expect(problems({ asn }, { ...LIMITS, privateAsn: true })).toEqual([
        `announce.asn: ${asn} is reserved; nobody may announce with it`,
      ]);
    },
  );

  test.each([1, 23_455, 64_495, 131_072, 4_199_999_999])("may come from %d", (asn) => {
    expect(problems({ asn })).toEqual([]);
  });

  test.each([
    "10.0.0.0/24",
    "192.168.1.0/24",
    "127.0.0.0/24",
    "169.254.1.0/24",
    "100.64.0.0/24",
    "224.0.0.0/24",
    "198.18.7.0/24",
    "192.0.0.0/24",
    "250.1.2.0/24",
    "0.1.2.0/24",
  ])("is not %s, which is nobody's to announce", (prefix) => {
    const address = prefix.replace("0/24", "1");
    expect(problems({ ipv4: { prefix, address } })).toEqual([
      expect.stringMatching(/^announce\.ipv4\.prefix: .* is nobody's to announce/),
    ]);
  });

  test.each([
    ["172.0.0.0/8", "172.16.0.0/12, private"],
    ["192.0.0.0/8", "192.0.0.0/24, protocol assignments"],
    ["0.0.0.0/0", "0.0.0.0/8, this network"],
  ])("is not %s, part of which is nobody's", (prefix, part) => {
    const address = prefix.replace("0/8", "1").replace("0/0", "1");
    expect(problems({ ipv4: { prefix, address } })).toEqual([
      `announce.ipv4.prefix: "${prefix}" is nobody's to announce: it reaches into ${part}`,
    ]);
  });

  describe("outside the sandbox", () => {
    const real = (ipv4: Announcement["ipv4"], ipv6?: Announcement["ipv6"]) =>
      problems({ ipv4, ...(ipv6 && { ipv6 }) }, LIMITS, { sandbox: false });
    const GOOD = { prefix: "45.76.1.0/24", address: "45.76.1.1" };

    test("is what is somebody's", () => {
      expect(real(GOOD, { prefix: "2a05:f480::/32", address: "2a05:f480::1" })).toEqual([]);
    });

    test.each(["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"])(
      "is not %s, which is for documentation",
      (prefix) => {
        expect(real({ prefix, address: prefix.replace("0/24", "1") })).toEqual([
          `announce.ipv4.prefix: "${prefix}" is nobody's to announce: it reaches into ${prefix}, which is for documentation; only the sandbox takes it`,
        ]);
      },
    );

    test.each(["2001:db8:1::/48", "3fff:1::/48"])("is not %s, which is for documentation", (prefix) => {
      expect(real(GOOD, { prefix, address: prefix.replace("/48", "1") })).toEqual([
        expect.stringMatching(/^announce\.ipv6\.prefix: .* which is for documentation/),
      ]);
    });
  });

  describe("lies in what is one's own, where that is said", () => {
    test("in one block of several, whole", () => {
      expect(problems({ own: ["198.51.100.0/24", "203.0.112.0/22"] })).toEqual([]);
      expect(problems({ own: ["203.0.113.0/24"] })).toEqual([]);
      expect(problems({ ipv6: IPV6, own: ["203.0.113.0/24", "2001:db8::/32"] })).toEqual([]);
    });

    test.each([
      ["beside them", ["203.0.112.0/24", "203.0.114.0/23"]],
      ["reaching beyond one", ["203.0.113.0/25"]],
      ["of the other family", ["2001:db8::/32"]],
      ["where there are none", []],
    ])("not %s", (_, own) => {
      expect(problems({ own })).toEqual([
        `announce.ipv4.prefix: "203.0.113.0/24" is not yours: it lies in none of ${own.join(", ")}`,
      ]);
    });

    test.each(["203.0.113.7/24", "203.0.113.0", "mine"])("which %s does not say", (block) => {
      expect(problems({ own: ["203.0.113.0/24", block] })).toEqual([
        `announce.own[1]: "${block}" is not a block such as "203.0.112.0/22"`,
      ]);
    });
  });

  describe("has sessions for all of its nodes", () => {
    test("old and new ones side by side", () => {
      expect(problems({ sessions: 10 })).toEqual([]);
      expect(problems({ sessions: 9 })).toEqual([
        "announce.sessions: 5 nodes with a session each need 10 while a release has old and new ones side by side; 9 are granted",
      ]);
    });

    test("and two each with two families", () => {
      expect(problems({ ipv6: IPV6, sessions: 20 })).toEqual([]);
      expect(problems({ ipv6: IPV6, sessions: 19 })).toEqual([
        expect.stringMatching(/5 nodes with two sessions each need 20 .*; 19 are granted$/),
      ]);
    });

    test.each([0, -1, 1.5, NaN])("a number of which %d is none", (sessions) => {
      expect(problems({ sessions })).toEqual([expect.stringMatching(/is not a whole number above 0$/)]);
    });
  });

  test("comes from no site without BGP", () => {
    const sites = { ...FLEET.sites, xx: { nodes: 1 } };
    expect(problems({}, LIMITS, { sites })).toEqual([
      'announce: nodes in "xx" could not announce: its routers take no sessions',
    ]);
  });

  test.each(["fc00::/48", "fe80::/48", "ff02::/48", "2002:a00::/48", "64:ff9b::/96"])(
    "is not %s, which is nobody's to announce",
    (prefix) => {
      const address = prefix.replace(/\/\d+/, "1");
      expect(problems({ ipv6: { prefix, address } })).toContainEqual(
        expect.stringMatching(/^announce\.ipv6\.prefix: .* is nobody's to announce/),
      );
    },
  );

  test("is told with the prefix that was meant", () => {
    const [problem] = checkAnnouncement(
      { asn: 4_200, ipv4: { prefix: "203.0.113.77/24", address: "203.0.113.77" } },
      FLEET,
      LIMITS,
      "announce",
    );
    expect(problem?.remedy).toBe("Write 203.0.113.0/24.");
  });

  test("has all that is wrong with it reported at once", () => {
    const found = problems({
      asn: -1,
      ipv4: { prefix: "203.0.113.64/26", address: "203.0.114.1" },
      ipv6: { prefix: "no", address: "2001:db8::1" },
      own: ["mine", "203.0.112.0/22"],
      sessions: 1,
    });
    expect(found.map((line) => line.split(":")[0])).toEqual([
      "announce.asn",
      "announce.ipv4.prefix",
      "announce.ipv4.address",
      "announce.ipv6.prefix",
      "announce.own[0]",
      "announce.sessions",
    ]);
  });
});
