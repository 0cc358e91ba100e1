import { createHash } from "node:crypto";
import { appendFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { BuildJob, ImageTools } from "../../../../constructs/image/image-source";
import { scriptArchive } from "../../../../constructs/image/script-archive";
import { archivePlace } from "../../../../constructs/providers/equinix/archive-place";
import { equinixImageBuilder } from "../../../../constructs/providers/equinix/equinix-image-builder";
import { life } from "../../../../constructs/providers/equinix/simulation-life";
import { serveS3Api } from "../../../../sandbox/s3-api/server";
import { TemporaryImages } from "../../../temporary-image";
import { openImageCloud, type ImageCloud } from "../image-cloud";

const NAME = "test-edge-node-aaaaaaaaaaaa";
const ARCHIVES = {
  url: "https://images.example.net/edge-node",
  bucket: "example-images",
  region: "us-east-1",
};
const KEY = "a-key-of-this-test";

let images: TemporaryImages;
let cloud: ImageCloud;
let variables: NodeJS.ProcessEnv;
beforeEach(async () => {
  images = new TemporaryImages();
  cloud = await openImageCloud(({ objects }) => serveS3Api({ objects, key: KEY }));
  variables = { ...cloud.variables, AWS_ACCESS_KEY_ID: KEY, AWS_SECRET_ACCESS_KEY: "sandbox" };
});
afterEach(async () => {
  await cloud.close();
  images.dispose();
});

const job = (): BuildJob => ({
  ...{ name: NAME, hash: "a".repeat(64), folder: images.folder },
  ...{ settings: {}, variables: { allow_missing: ["cloudwatch-agent"] } },
});
/** Programs are those of this machine: sh and tar. */
const builder = (changed: Partial<ImageTools> = {}, env = variables) =>
  equinixImageBuilder(ARCHIVES, archivePlace(ARCHIVES, env), {
    ...cloud.tools,
    run: (command, args, options) =>
      cloud.tools.run(command, args, { ...options, env: { PATH: process.env["PATH"] ?? "" } }),
    ...changed,
  });
const stored = () => cloud.store.list("s3_object");
const sha256Of = async () => (await scriptArchive(job())).sha256;

describe("a build", () => {
  test("leaves an archive where nodes look for it, which can boot", async () => {
    const { entry, sizeBytes, checks, packages, tools } = await builder().build(job());
    expect(entry).toBe(await sha256Of());
    expect(stored()).toMatchObject([
      {
        id: `/example-images/edge-node/${String(entry)}.tar.gz`,
        attributes: { sha256: entry, size: sizeBytes },
      },
    ]);
    expect(life.images?.(cloud.store)).toEqual([{ id: entry, provider: "equinix", bootSeconds: 300 }]);
    expect({ packages, tools }).toEqual({ packages: undefined, tools: { node: process.versions.node } });
    expect(checks).toEqual({
      ran: "at-first-boot",
      lines: [
        "ok 1 - tar unpacks it, and every script of it is shell",
        "ok 2 - each script of the list is in it",
      ],
    });
  });

  test("is the same one twice, and another one after a change", async () => {
    const { entry } = await builder().build(job());
    rmSync(path.join(cloud.directory, "archive"), { recursive: true });
    expect((await builder().build(job())).entry).toBe(entry);
    expect(stored()).toHaveLength(1);
    rmSync(path.join(cloud.directory, "archive"), { recursive: true });
    appendFileSync(path.join(images.folder, "provision/base.sh"), "# more\n");
    expect((await builder().build(job())).entry).not.toBe(entry);
    expect(stored()).toHaveLength(2);
  });

  test("finds all that could never run, and publishes nothing then", async () => {
    appendFileSync(path.join(images.folder, "provision/base.sh"), "if then\n");
    appendFileSync(path.join(images.folder, "checks/run.sh"), "(\n");
    appendFileSync(path.join(images.folder, "provision/provision.list"), "nowhere.sh\n");
    const said = await builder().build(job()).catch(String);
    expect(said).toMatch(/cannot run at a first boot; nothing was published/);
    expect(said).toMatch(/- checks\/run\.sh: .*[Ss]yntax error/);
    expect(said).toMatch(/- provision\/base\.sh: .*[Ss]yntax error/);
    expect(said).toMatch(/- provision\/provision\.list: names nowhere\.sh, which is not there/);
    expect(stored()).toEqual([]);
  });

  test("publishes nothing once it is told to stop", async () => {
    cloud.stop(new Error("stopped"));
    await expect(builder().build(job())).rejects.toThrow("stopped");
    expect(stored()).toEqual([]);
  });
});

describe("outside the sandbox a build asks for what nodes will ask for", () => {
  const asked: string[] = [];
  const answering = (answer: () => Response | Promise<Response>): Partial<ImageTools> => ({
    sandbox: false,
    fetch: (url) => {
      asked.push(url as string);
      return Promise.resolve(answer());
    },
  });

  test("and is content with the promised bytes", async () => {
    const { content, sha256 } = await scriptArchive(job());
    const { checks } = await builder(answering(() => new Response(new Uint8Array(content)))).build(job());
    expect(checks.lines.at(-1)).toBe("ok 3 - nodes can fetch it");
    expect(asked).toEqual([`https://images.example.net/edge-node/${sha256}.tar.gz`]);
  });

  test.each<[string, () => Response | Promise<Response>, RegExp]>([
    [
      "a refusal",
      () => new Response("no", { status: 403 }),
      /has the status 403; the SHA-256 [0-9a-f]{64} is/,
    ],
    [
      "other bytes",
      () => new Response("other"),
      new RegExp(`has the SHA-256 ${createHash("sha256").update("other").digest("hex")};`),
    ],
    ["no answer", () => Promise.reject(new Error("refused by the host")), /no answer: refused by the host/],
  ])("and fails at %s, with where and how to mend it", async (_, answer, message) => {
    const said = await builder(answering(answer)).build(job()).catch(String);
    expect(said).toMatch(message);
    expect(said).toMatch(
      /nodes could not fetch it[^]*- https:\/\/images\.example\.net[^]*Let that web server/,
    );
  });
});

describe("what is there", () => {
  test("is found by what is recorded of it, and by nothing else", async () => {
    const sha256 = await sha256Of();
    expect(await builder().find(NAME, sha256)).toEqual({ entry: undefined, missing: [] });
    await builder().build(job());
    expect(await builder().find(NAME, sha256)).toEqual({ entry: sha256, missing: [] });
    expect(await builder().find(NAME, undefined)).toEqual({ entry: undefined, missing: [] });
    expect(await builder().find(NAME, "0".repeat(64))).toEqual({ entry: undefined, missing: [] });
  });

  test("is not found where somebody has put other bytes in its place", async () => {
    const { entry } = await builder().build(job());
    for (const object of stored()) {
      cloud.store.put({ ...object, attributes: { sha256: "0".repeat(64), size: 1 } });
    }
    expect((await builder().find(NAME, entry)).entry).toBeUndefined();
  });

  test("is found in an S3-alike that keeps no checksums, by its bytes", async () => {
    const { content, sha256 } = await scriptArchive(job());
    let bytes = content;
    const server = createServer((_, response) => {
      response.setHeader("content-length", bytes.length).end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const env = { ...variables, AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` };
    try {
      expect((await builder({}, env).find(NAME, sha256)).entry).toBe(sha256);
      bytes = Buffer.from("other");
      expect((await builder({}, env).find(NAME, sha256)).entry).toBeUndefined();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test("is removed; twice is no error, and what is not recorded stays", async () => {
    const { entry } = await builder().build(job());
    await builder().remove(NAME, undefined);
    expect(stored()).toHaveLength(1);
    await builder().remove(NAME, entry);
    expect(stored()).toEqual([]);
    await builder().remove(NAME, entry);
  });

  test("outlives the process", async () => {
    const { entry } = await builder().build(job());
    cloud.reopen();
    expect(life.images?.(cloud.store).map(({ id }) => id)).toEqual([entry]);
  });

  test("needs no builder", async () => {
    expect(await builder().builders()).toEqual([]);
    await builder().destroyBuilder(NAME);
    expect(await builder().copy(NAME, "x")).toBe("x");
  });
});

describe("S3's refusals are told, with where and what to check:", () => {
  test("a wrong key, which is not shown", async () => {
    const wrong = { ...variables, AWS_ACCESS_KEY_ID: "a-wrong-key" };
    const said = await builder({}, wrong).build(job()).catch(String);
    expect(said).toMatch(/could not be stored[^]*s3:\/\/example-images\/edge-node\/[0-9a-f]{64}\.tar\.gz/);
    expect(said).toMatch(/InvalidAccessKeyId[^]*Check the AWS credentials/);
    expect(said).not.toContain("a-wrong-key");
  });

  test("bytes that are not what was promised", async () => {
    const place = archivePlace(ARCHIVES, variables);
    const damaged = { content: Buffer.from("damaged"), sha256: await sha256Of() };
    await expect(place.put(damaged)).rejects.toThrow(/BadDigest/);
    expect(stored()).toEqual([]);
  });

  test("a look that fails is no absence", async () => {
    const wrong = { ...variables, AWS_ACCESS_KEY_ID: "a-wrong-key" };
    await expect(builder({}, wrong).find(NAME, await sha256Of())).rejects.toThrow(/could not be looked for/);
  });
});
