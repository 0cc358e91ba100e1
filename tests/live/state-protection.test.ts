import { devNull } from "node:os";
import { checkStateBucket } from "../../live/state-protection";
import { loopback, type Asked, type Loopback } from "../loopback";

const environment = { ...process.env };
const BUCKET = { kind: "s3", bucket: "edge-state", region: "us-east-1" } as const;
let api: Loopback;

const SHUT = `<PublicAccessBlockConfiguration>${["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"].map((kind) => `<${kind}>true</${kind}>`).join("")}</PublicAccessBlockConfiguration>`;
const ENCRYPTED =
  "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
const VERSIONED = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
const refusal = (code: string, status = 404) =>
  [status, `<Error><Code>${code}</Code><Message>no</Message></Error>`] as const;

interface Answers {
  readonly publicAccessBlock?: readonly [number, string];
  readonly encryption?: readonly [number, string];
  readonly versioning?: readonly [number, string];
}

/** What the check says of a bucket for which S3 gives these answers, otherwise those of a guarded one. */
async function check(answers: Answers = {}): Promise<readonly string[]> {
  const all = {
    publicAccessBlock: [200, SHUT],
    encryption: [200, ENCRYPTED],
    versioning: [200, VERSIONED],
    ...answers,
  } as const;
  api = await loopback(({ url }: Asked) => {
    const [asked = ""] = new URL(url, "http://s3").searchParams.keys();
    return asked in all ? all[asked as keyof Answers] : refusal("NotImplemented", 501);
  });
  process.env = {
    AWS_ENDPOINT_URL_S3: api.url,
    AWS_ACCESS_KEY_ID: "AKIA0000000000000000",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
  return (await checkStateBucket(BUCKET)).map(({ what }) => what);
}

afterEach(async () => {
  process.env = environment;
  await api.close();
});

describe("the bucket of a state", () => {
  test("that is guarded has no problem, and is only read", async () => {
    expect(await check()).toEqual([]);
    expect(new Set(api.asked.map(({ method }) => method))).toEqual(new Set(["GET"]));
    expect(api.asked).toHaveLength(3);
  });

  test("may become public", async () => {
    const all =
      "may become public: BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets is off";
    expect(await check({ publicAccessBlock: refusal("NoSuchPublicAccessBlockConfiguration") })).toEqual([
      all,
    ]);
  });

  test("may become public in one way of four", async () => {
    const one = SHUT.replace("<BlockPublicPolicy>true", "<BlockPublicPolicy>false");
    expect(await check({ publicAccessBlock: [200, one] })).toEqual([
      "may become public: BlockPublicPolicy is off",
    ]);
  });

  test("is not encrypted, and keeps no versions", async () => {
    const versioning = [200, "<VersioningConfiguration/>"] as const;
    const encryption = refusal("ServerSideEncryptionConfigurationNotFoundError");
    expect(await check({ encryption, versioning })).toEqual([
      "is not encrypted",
      "keeps no old versions, so that a damaged state is lost",
    ]);
  });

  test("is not known where S3 refuses, and the remedy names the rights", async () => {
    await expect(check({ encryption: refusal("AccessDenied", 403) })).rejects.toThrow(
      /not known[^]*AccessDenied[^]*s3:GetBucketPublicAccessBlock/,
    );
  });
});
