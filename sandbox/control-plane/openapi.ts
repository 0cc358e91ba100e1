import { OpenAPIHono } from "@hono/zod-openapi";
import * as routes from "./routes";

const SECURITY_SCHEMES = {
  joinToken: "The fleet's join token.",
  nodeToken: "A JWT signed with the node's own key; see docs/control-plane.md.",
  operatorToken: "The operator token.",
};

/** The OpenAPI 3.1 description of the requests, from the schemas that check them. */
export function openApiDescription(): object {
  const api = new OpenAPIHono();
  const registry = api.openAPIRegistry;
  for (const [name, description] of Object.entries(SECURITY_SCHEMES)) {
    registry.registerComponent("securitySchemes", name, { type: "http", scheme: "bearer", description });
  }
  for (const route of Object.values(routes)) registry.registerPath(route);
  return api.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Polycast control plane",
      version: "1",
      description: "Where nodes register and learn of each other.",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    servers: [{ url: "https://control.example.net", description: "The environment's controlPlaneUrl." }],
  });
}
