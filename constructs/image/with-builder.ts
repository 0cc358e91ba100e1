import { PolycastError } from "../fleet/problem";
import type { ImageTools } from "./image-source";

/**
 * Does what needs a builder, and destroys that whatever becomes of it.
 * @param builder what the provider knows it by.
 * @throws PolycastError that tells of both failures where it cannot be destroyed.
 */
export async function withBuilder<T>(
  act: () => Promise<T>,
  destroy: () => Promise<void>,
  builder: string,
  { progress }: Pick<ImageTools, "progress">,
): Promise<T> {
  let failure: unknown;
  try {
    return await act();
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    await destroy().catch((error: unknown) => {
      // Whoever was stopped hears of nothing but that; this has to be heard.
      progress(`the builder ${builder} is left, and costs money: ${(error as Error).message}`);
      throw new PolycastError("The builder cannot be destroyed; it costs money until it is", [
        ...(failure === undefined
          ? []
          : [{ where: "the build before that", what: (failure as Error).message }]),
        {
          where: builder,
          what: (error as Error).message,
          remedy:
            "Build again, which destroys it first, or delete the machine of that name in the provider's console.",
        },
      ]);
    });
  }
}
