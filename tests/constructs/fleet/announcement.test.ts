import {
  checkAnnouncement,
  type Announcement,
  type AnnouncementLimits,
} from "../../../constructs/fleet/announcement";

const LIMITS: AnnouncementLimits = {
  longest: { ipv4: 24, ipv6: 48 },
  privateAsn: "it takes public ones only",
};
const IPV4 = { prefix: "203.0.113.0/24", address: "203.0.113.1" };
const IPV6 = { prefix: "2001:db8::/32", address: "2001:db8::1" };

const problems = (changes: Partial<Announcement> = {}, limits = LIMITS, ipv6 = changes.ipv6 !== undefined) =>
  checkAnnouncement({ asn: 4_200, ipv4: IPV4, ...changes }, { ipv6 }, limits, "announce").map(
    ({ where, what }) => `${where}: ${what}`,
  );

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
  ])("is not %s, which is nobody's to announce", (prefix) => {
    const address = prefix.replace("0/24", "1");
    expect(problems({ ipv4: { prefix, address } })).toEqual([
      expect.stringMatching(/^announce\.ipv4\.prefix: .* is nobody's to announce/),
    ]);
  });

  test.each(["fc00::/48", "fe80::/48", "ff02::/48"])("is not %s, which is nobody's to announce", (prefix) => {
    const address = prefix.replace("/48", "1");
    expect(problems({ ipv6: { prefix, address } })).toHaveLength(1);
  });

  test("is told with the prefix that was meant", () => {
    const [problem] = checkAnnouncement(
      { asn: 4_200, ipv4: { prefix: "203.0.113.77/24", address: "203.0.113.77" } },
      {},
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
    });
    expect(found.map((line) => line.split(":")[0])).toEqual([
      "announce.asn",
      "announce.ipv4.prefix",
      "announce.ipv4.address",
      "announce.ipv6.prefix",
    ]);
  });
});
