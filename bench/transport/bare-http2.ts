import http2 from "node:http2";

/**
 * node bench/transport/bare-http2.ts PORT
 *
 * What node:http2 alone costs: an ext_proc server that looks at one byte of each message, to know its phase, and gives a
 * fixed answer. No protobuf, no headers, no body.
 */
const resetLimits = { streamResetBurst: 1_000_000, streamResetRate: 1_000_000 };
const settings = { initialWindowSize: 4 * 1024 * 1024, maxConcurrentStreams: 1000 };

/** gRPC's prefix and a ProcessingResponse whose only field is this one, empty. */
const answers: Readonly<Record<number, Buffer>> = {
  // Request headers, request body and response headers, by their field in a ProcessingRequest.
  2: Buffer.from("00000000040a020a00", "hex"),
  4: Buffer.from("00000000041a020a00", "hex"),
  3: Buffer.from("000000000412020a00", "hex"),
};

const server = http2.createServer({ ...resetLimits, settings });
server.on("stream", (stream) => {
  stream.on("error", () => undefined);
  stream.respond({ ":status": 200, "content-type": "application/grpc" });
  stream.on("data", (data: Buffer) => {
    const answer = answers[(data[5] ?? 0) >> 3];
    if (answer) stream.write(answer);
  });
  stream.on("end", () => stream.end());
});
server.listen(Number(process.argv[2]), "127.0.0.1");
