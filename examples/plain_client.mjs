// Ask a vecstore server from Node.js, without a single package: gRPC is HTTP/2, and a protobuf
// message is fields one after the other. A real client would generate its messages from protos/.
//
//     vecstore serve --data DIR
//     node plain_client.mjs 127.0.0.1:50051 COLLECTION "what to look for"
import http2 from "node:http2";

// -- protobuf: a field is a number, a wire type and a value

const varint = (number) => {
  const bytes = [];
  for (; number > 127; number = Math.floor(number / 128)) bytes.push((number % 128) | 128);
  return Buffer.from([...bytes, number]);
};
const bytesField = (number, value) => {
  const raw = Buffer.from(value);
  return Buffer.concat([varint(number * 8 + 2), varint(raw.length), raw]);
};
const numberField = (number, value) => Buffer.concat([varint(number * 8), varint(value)]);

function fields(raw) {
  const found = [];
  let at = 0;
  const number = () => {
    let value = 0, factor = 1;
    for (;; factor *= 128) {
      const byte = raw[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < raw.length) {
    const tag = number(), field = Math.floor(tag / 8), type = tag % 8;
    let value;
    if (type === 0) value = number();
    else if (type === 1) value = raw.readDoubleLE((at += 8) - 8);
    else if (type === 5) value = raw.readFloatLE((at += 4) - 4);
    else {
      const length = number();
      value = raw.subarray(at, (at += length));
    }
    found.push([field, value]);
  }
  return found;
}
const all = (raw, number) => fields(raw).filter(([field]) => field === number).map(([, value]) => value);
const first = (raw, number) => all(raw, number)[0];

// -- gRPC: one request and one answer, each with five bytes before it

function call(session, method, request) {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": method,
      "content-type": "application/grpc",
      te: "trailers",
    });
    const pieces = [];
    let status = {};
    const note = (headers) => (status = { ...status, ...headers });
    stream.on("response", note);
    stream.on("trailers", note);
    stream.on("data", (piece) => pieces.push(piece));
    stream.on("error", reject);
    stream.on("end", () => {
      if (status["grpc-status"] === "0") resolve(Buffer.concat(pieces).subarray(5));
      else reject(refused(status));
    });
    const head = Buffer.alloc(5);
    head.writeUInt32BE(request.length, 1);
    stream.end(Buffer.concat([head, request]));
  });
}

// google.rpc.Status { 3: details }, Any { 2: value }, ErrorInfo { 1: reason, 2: domain, 3: metadata }
function refused(status) {
  const packed = Buffer.from(status["grpc-status-details-bin"] ?? "", "base64");
  const details = first(packed, 3);
  const info = details && first(details, 2);
  const reason = info ? `${first(info, 2)}/${first(info, 1)}` : "?";
  return new Error(`${status["grpc-status"]} ${reason}: ${decodeURIComponent(status["grpc-message"])}`);
}

// -- vecstore: see protos/vecstore/v1/search_service.proto

const [address = "127.0.0.1:50051", collection = "docs", text = "copy a tree"] = process.argv.slice(2);
const session = http2.connect(`http://${address}`);
session.on("error", (error) => {
  console.error(`no server answers at ${address}: ${error.message}`);
  process.exitCode = 1;
});
try {
  // SearchRequest { 1: collection, 2: query { 1: text }, 3: options { 1: k } }
  const request = Buffer.concat([
    bytesField(1, collection),
    bytesField(2, bytesField(1, text)),
    bytesField(3, numberField(1, 3)),
  ]);
  const answer = await call(session, "/vecstore.v1.SearchService/Search", request);
  // SearchResponse { 1: hits { 1: id, 3: score }, 2: space { 1: model, 2: version } }
  const space = first(answer, 2);
  console.log(`space ${first(space, 1)}@${first(space, 2)}`);
  for (const hit of all(answer, 1)) console.log(`${first(hit, 1)} ${(first(hit, 3) ?? 0).toFixed(4)}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  session.close();
}
