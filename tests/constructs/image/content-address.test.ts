import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { contentAddress, type ImageIngredients } from "../../../constructs/image/content-address";
import { TemporaryImages } from "../../temporary-image";

let images: TemporaryImages;
beforeEach(() => {
  images = new TemporaryImages();
});
afterEach(() => {
  images.dispose();
});

const at = (...parts: string[]): string => path.join(images.folder, ...parts);
const address = (changed: Partial<ImageIngredients> = {}) =>
  contentAddress({
    folder: images.folder,
    provider: "aws",
    template: "aws",
    variables: { allow_missing: ["cloudwatch-agent"], apt_mirror: "http://deb.debian.org/debian" },
    settings: { baseImage: "debian-12", baseOwner: "1" },
    ...changed,
  });
const stackpath = () => address({ provider: "stackpath", template: "ssh" });

describe("the content address is another one after", () => {
  test.each<[string, () => void]>([
    [
      "a byte in a script",
      () => {
        appendFileSync(at("provision", "proxy.sh"), "#");
      },
    ],
    [
      "a byte in a file that a script places",
      () => {
        appendFileSync(at("provision/files/etc/nftables.conf"), "\n");
      },
    ],
    [
      "a byte in a check",
      () => {
        appendFileSync(at("checks", "image.sh"), "#");
      },
    ],
    [
      "another order of scripts",
      () => {
        swapLines(at("provision", "provision.list"));
      },
    ],
    [
      "a script that can be executed now",
      () => {
        chmodSync(at("provision", "proxy.sh"), 0o755);
      },
    ],
    [
      "another name",
      () => {
        renameSync(at("provision", "proxy.sh"), at("provision", "proxies.sh"));
      },
    ],
    [
      "a file more",
      () => {
        writeFileSync(at("checks", "more.sh"), "");
      },
    ],
    [
      "a file less",
      () => {
        rmSync(at("provision", "metrics.sh"));
      },
    ],
    [
      "a file that is a link to the same now",
      () => {
        rmSync(at("provision", "metrics.sh"));
        symlinkSync("proxy.sh", at("provision", "metrics.sh"));
      },
    ],
    [
      "other line ends",
      () => {
        carriageReturns(at("provision", "proxy.sh"));
      },
    ],
  ])("%s, for every provider", (_, change) => {
    const [aws, other] = [address(), stackpath()];
    change();
    expect(address().hash).not.toBe(aws.hash);
    expect(address().shared).not.toBe(aws.shared);
    expect(stackpath().hash).not.toBe(other.hash);
  });

  test("a byte in a template, for its provider alone", () => {
    const [aws, other] = [address(), stackpath()];
    appendFileSync(at("templates", "aws", "edge-node.pkr.hcl"), "#\n");
    expect(address().hash).not.toBe(aws.hash);
    expect(address().shared).toBe(aws.shared);
    expect(stackpath()).toEqual(other);
  });

  test.each<[string, Partial<ImageIngredients>]>([
    ["the pinned base image", { settings: { baseImage: "debian-13", baseOwner: "1" } }],
    ["the provider", { provider: "other" }],
    ["a variable", { variables: { allow_missing: [] } }],
    ["the order within a list", { settings: { list: [1, 2] } }],
  ])("another value of %s", (_, changed) => {
    expect(address(changed).hash).not.toBe(address().hash);
  });
});

describe("the content address is the same after", () => {
  test.each<[string, () => void]>([
    [
      "a change in README",
      () => {
        appendFileSync(at("README.md"), "more");
      },
    ],
    [
      "a change in the manifests",
      () => {
        writeFileSync(at("manifests", "x.json"), "{}");
      },
    ],
    [
      "a change in the tests",
      () => {
        appendFileSync(at("test", "real-root.sh"), "#");
      },
    ],
    [
      "a change of what simulated images do",
      () => {
        appendFileSync(at("simulated-images.json"), "\n");
      },
    ],
    [
      "another time of change",
      () => {
        utimesSync(at("provision", "proxy.sh"), 1, 1);
      },
    ],
    [
      "modes that git does not keep",
      () => {
        chmodSync(at("provision", "proxy.sh"), 0o664);
      },
    ],
    [
      "an empty folder, which git does not keep",
      () => {
        mkdirSync(at("provision", "empty"));
      },
    ],
  ])("%s", (_, change) => {
    const before = address();
    change();
    expect(address()).toEqual(before);
  });

  test("another order of keys in the recipe", () => {
    const settings = { baseOwner: "1", baseImage: "debian-12" };
    expect(address({ settings })).toEqual(address());
  });

  test("being moved to another folder", () => {
    const other = new TemporaryImages();
    expect(address({ folder: other.folder })).toEqual(address());
    other.dispose();
  });
});

test("what cannot be hashed is refused, and named", () => {
  execFileSync("mkfifo", [at("provision", "pipe")]);
  expect(() => address()).toThrow(/provision\/pipe: is neither a file/);
  rmSync(at("provision"), { recursive: true });
  expect(() => address()).toThrow(/cannot be hashed[^]*provision: ENOENT/);
});

function swapLines(file: string): void {
  writeFileSync(file, readFileSync(file, "utf8").trimEnd().split("\n").toReversed().join("\n"));
}

function carriageReturns(file: string): void {
  writeFileSync(file, readFileSync(file, "utf8").replaceAll("\n", "\r\n"));
}
