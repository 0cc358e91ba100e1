import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/** The protocol's description; servers and clients of it are made from this. */
export const tfplugin5 = grpc.loadPackageDefinition(
  loadSync(join(__dirname, "tfplugin5.proto"), {
    keepCase: true,
    longs: Number,
    enums: Number,
    defaults: true,
    oneofs: true,
  }),
)["tfplugin5"] as grpc.GrpcObject & { Provider: grpc.ServiceClientConstructor };

/** Bytes. Messages grow with schema and user data; the AWS plugin's whole schema alone has 60 MB. */
export const LARGEST_MESSAGE = 256 * 1024 * 1024;
