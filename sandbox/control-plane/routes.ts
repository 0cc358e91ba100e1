import { createRoute } from "@hono/zod-openapi";
import {
  enrolmentRequestSchema,
  enrolmentSchema,
  joinTokenRequestSchema,
  joinTokenSchema,
  leaseSchema,
  nodeListSchema,
  nodePathSchema,
  nodesQuerySchema,
  registrationSchema,
} from "./protocol";
import { problemSchema } from "./refused-request";

const PROBLEM = {
  description: "Refused; nothing has changed. `remedy` says what to do.",
  content: { "application/problem+json": { schema: problemSchema } },
};

const json = <Schema>(schema: Schema, description: string) => ({
  description,
  content: { "application/json": { schema } },
});
const body = <Schema>(schema: Schema) => ({
  required: true,
  content: { "application/json": { schema } },
});
const secured = (...schemes: ("joinToken" | "nodeToken" | "operatorToken")[]) => ({
  security: schemes.map((scheme) => ({ [scheme]: [] })),
});

export const enrol = createRoute({
  method: "post",
  path: "/v1/enrolments",
  operationId: "enrol",
  summary: "Give a name to a node's key",
  ...secured("joinToken"),
  request: { body: body(enrolmentRequestSchema) },
  responses: { 201: json(enrolmentSchema, "The name belongs to the key."), default: PROBLEM },
});

export const renew = createRoute({
  method: "put",
  path: "/v1/nodes/{name}",
  operationId: "renew",
  summary: "Register a node, and renew its lease",
  ...secured("nodeToken"),
  request: { params: nodePathSchema, body: body(registrationSchema) },
  responses: { 200: json(leaseSchema, "The node is there until its lease ends."), default: PROBLEM },
});

export const leave = createRoute({
  method: "delete",
  path: "/v1/nodes/{name}",
  operationId: "leave",
  summary: "Leave at once",
  ...secured("nodeToken"),
  request: { params: nodePathSchema },
  responses: { 204: { description: "The node is gone, and its name is free." }, default: PROBLEM },
});

export const list = createRoute({
  method: "get",
  path: "/v1/nodes",
  operationId: "listNodes",
  summary: "Learn which nodes there are, or wait for a change",
  ...secured("nodeToken", "operatorToken"),
  request: { query: nodesQuerySchema },
  responses: { 200: json(nodeListSchema, "All nodes, or what has changed."), default: PROBLEM },
});

export const issueJoinToken = createRoute({
  method: "post",
  path: "/v1/join-tokens",
  operationId: "issueJoinToken",
  summary: "Make a fleet's join token",
  ...secured("operatorToken"),
  request: { body: body(joinTokenRequestSchema) },
  responses: { 201: json(joinTokenSchema, "The only join token of its fleet."), default: PROBLEM },
});
