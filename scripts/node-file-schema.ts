// Writes the published JSON Schema of the node file from the schema that the code uses.
// Run after a change of constructs/fleet/node-file.ts: npx ts-node scripts/node-file-schema.ts
import { writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { nodeFileSchema } from "../constructs/fleet/node-file";

const file = path.join(__dirname, "..", "docs", "schemas", "node-file.schema.json");
writeFileSync(file, `${JSON.stringify(z.toJSONSchema(nodeFileSchema), null, 2)}\n`);
