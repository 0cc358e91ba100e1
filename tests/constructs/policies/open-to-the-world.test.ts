import { isWorld, openAdministrativePorts } from "../../../constructs/policies/open-to-the-world";

test.each([
  ["0.0.0.0/0", true],
  ["0.0.0.0/1", true],
  ["128.0.0.0/1", true],
  ["64.0.0.0/7", true],
  ["10.0.0.0/8", false],
  ["203.0.113.7/32", false],
  ["::/0", true],
  ["2000::/3", true],
  ["2001:db8::/32", false],
  ["${aws_vpc.a.cidr_block}", false],
  ["203.0.113.7", false],
  ["nonsense/0", false],
])("%s is the world: %s", (cidr, world) => {
  expect(isWorld(cidr)).toBe(world);
});

describe("administrative ports", () => {
  const none = { listeners: [] };
  const tunnel = { listeners: [{ port: 22, protocol: "TCP", role: "tunnel" }] } as const;

  test("are those of SSH", () => {
    expect(openAdministrativePorts(22, 22, none)).toEqual([22]);
    expect(openAdministrativePorts(0, 65_535, none)).toEqual([22]);
    expect(openAdministrativePorts(20, 22, none)).toEqual([22]);
    expect(openAdministrativePorts(23, 65_535, none)).toEqual([]);
  });

  test("are open to everybody where the environment's tunnel server is, and nowhere else", () => {
    expect(openAdministrativePorts(22, 22, tunnel)).toEqual([]);
    expect(openAdministrativePorts(1, 1024, tunnel)).toEqual([22]);
    expect(openAdministrativePorts(22, 22, { listeners: [{ port: 22, protocol: "TCP" }] })).toEqual([22]);
    const udp = { listeners: [{ port: 22, protocol: "UDP", role: "tunnel" }] } as const;
    expect(openAdministrativePorts(22, 22, udp)).toEqual([22]);
  });
});
