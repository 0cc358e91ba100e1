/** Tags of what belongs to an environment, and to no fleet of it. */
export function environmentTags(environment: string): Record<string, string> {
  return { "polycast:environment": environment };
}

/** Tags of everything that belongs to a fleet. */
export function ownerTags(environment: string, fleet: string): Record<string, string> {
  return { ...environmentTags(environment), "polycast:fleet": fleet };
}
