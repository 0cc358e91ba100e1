import { z } from "zod";
import type { CloudObject, CloudObjects } from "../../constructs/fleet/simulation";
import type { Clock } from "../world/clock";

/** Images that were captured lie with the other objects of the clouds, under a type that Terraform has not. */
export const CAPTURED_IMAGE = "stackpath_image";

/** The stack of the sandbox, by id and slug. */
export const STACK = "polycast-sandbox";

/** World seconds until a capture is taken up, and until it is done. */
const TAKEN_UP_SECONDS = 20;
const DONE_SECONDS = 120;

/** What the archive of a Debian root takes; nobody looks closer. */
const SIZE_BYTES = 1_300_000_000;

const attributesSchema = z.object({
  family: z.string(),
  tag: z.string(),
  /** What a workload names it by. */
  reference: z.string(),
  description: z.string(),
  status: z.enum(["PENDING", "PROCESSING", "READY", "FAILED"]),
  /** When, in milliseconds of the world's time. */
  captured_at: z.number(),
  /** Why it will fail; `""`: it will not. */
  failure: z.string(),
});
export type CapturedImage = Readonly<z.infer<typeof attributesSchema>>;

/** The clouds' objects, to change. */
export type Objects = CloudObjects & {
  put(object: CloudObject): void;
  remove(type: string, id: string): void;
};

/** The images of the stack. A capture goes on by the world's clock, also after the sandbox was started anew. */
export class CapturedImages {
  private ended = false;

  public constructor(
    private readonly objects: Objects,
    private readonly clock: Pick<Clock, "now" | "after">,
  ) {
    for (const image of this.list()) this.goOn(image);
  }

  public list(): readonly CapturedImage[] {
    return this.objects.list(CAPTURED_IMAGE).map(({ attributes }) => attributesSchema.parse(attributes));
  }

  public find(family: string, tag: string): CapturedImage | undefined {
    return this.list().find((image) => image.family === family && image.tag === tag);
  }

  /** @param failure why it fails in the end; `""`: it does not. */
  public capture(family: string, tag: string, description: string, failure: string): CapturedImage {
    const image: CapturedImage = {
      ...{ family, tag, reference: `${STACK}/${family}:${tag}`, description, failure },
      ...{ status: "PENDING", captured_at: this.clock.now() },
    };
    this.put(image);
    this.goOn(image);
    return image;
  }

  public remove({ family, tag }: CapturedImage): void {
    this.objects.remove(CAPTURED_IMAGE, idOf(family, tag));
  }

  public close(): void {
    this.ended = true;
  }

  private put(image: CapturedImage): void {
    const { family, tag } = image;
    const id = idOf(family, tag);
    this.objects.put({
      provider: "stackpath/stackpath",
      type: CAPTURED_IMAGE,
      id,
      attributes: { id, ...image },
    });
  }

  /** Looks again when the next step is due, until there is none. */
  private goOn(image: CapturedImage): void {
    const seconds = (this.clock.now() - image.captured_at) / 1000;
    const due = [TAKEN_UP_SECONDS, DONE_SECONDS].find((each) => each > seconds);
    const ended = image.failure === "" ? "READY" : "FAILED";
    const status = due === TAKEN_UP_SECONDS ? "PENDING" : due === DONE_SECONDS ? "PROCESSING" : ended;
    if (image.status !== status) this.put({ ...image, status });
    if (due === undefined) return;
    this.clock.after(due - seconds, () => {
      const now = this.ended ? undefined : this.find(image.family, image.tag);
      // It may have been removed, and another one taken by that name.
      if (now?.captured_at === image.captured_at) this.goOn(now);
    });
  }
}

export function idOf(family: string, tag: string): string {
  return `${family}:${tag}`;
}

/** As the API writes it: `v1Image` of https://github.com/kraney/stackpath/blob/main/oas/edge_compute.json */
export function imageJson({ family, tag, description, status, failure }: CapturedImage): object {
  return {
    ...{ family, tag, description, status },
    ...(status === "READY" && { imageSize: String(SIZE_BYTES), volumeSize: String(2 * SIZE_BYTES) }),
    conditions: status === "FAILED" ? [{ type: "Ready", reason: "CaptureFailed", message: failure }] : [],
  };
}
