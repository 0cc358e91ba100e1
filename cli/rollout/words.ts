import { command as say, type Command as Word } from "../../rollout/command";
import { personName } from "./person";
import { changeRollout } from "./rollout-store";
import { rolloutText } from "./rollout-text";
import { openClock } from "./rollout-clock";
import { openRecords, openTeller } from "./scene";

export interface WordOptions {
  readonly reason?: string;
  readonly json?: true;
}

/** What people say to a rollout. It needs no lock: an advance that is at work is told when it next writes. */
export async function speak(word: Word, options: WordOptions): Promise<void> {
  const { reason, json } = options;
  const { environment, live } = await openRecords();
  const clock = await openClock(environment, process.env);
  const occasion = {
    at: clock.now(),
    by: personName(),
    ...(reason !== undefined && { why: reason }),
  };
  const rollout = await changeRollout(live.objects, environment.name, (before) =>
    say(before, word, occasion),
  );
  process.stdout.write(`${json ? JSON.stringify(rollout, null, 2) : rolloutText(rollout, clock.now())}\n`);
  await openTeller({ environment, live })();
}
