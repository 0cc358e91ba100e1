// Writes the published OpenAPI description of the control plane from the schemas that the code uses.
// Run after a change of the requests in sandbox/control-plane/: npx ts-node scripts/control-plane-openapi.ts
import { writeFileSync } from "node:fs";
import path from "node:path";
import { openApiDescription } from "../sandbox/control-plane/openapi";

const file = path.join(__dirname, "..", "docs", "schemas", "control-plane.openapi.json");
writeFileSync(file, `${JSON.stringify(openApiDescription(), null, 2)}\n`);
