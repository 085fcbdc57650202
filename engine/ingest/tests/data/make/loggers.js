// JSON lines of the loggers that programs in JavaScript use: pino, winston and bunyan, each with the settings of its README.
// The same six things are said through each: a start, an order, a warning with the ids of a trace, an error with a cause,
// a text that is no plain ASCII, and the end.
//
//     npm i pino@10.4.0 winston@3.19.0 bunyan@2.0.5
//     node loggers.js ..
const fs = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");
const from = createRequire(path.join(process.cwd(), "package.json"));
require("node:os").hostname = () => "web-1";

const out = process.argv[2] ?? ".";
const TRACE = { trace_id: "0af7651916cd43dd8448eb211c80319c", span_id: "b7ad6b7169203331" };

function refused() {
  const error = new Error("payment refused", { cause: new Error("card expired") });
  error.code = "E_CARD";
  return error;
}

function sayPino() {
  const pino = from("pino");
  const log = pino({ name: "shop", level: "trace" }, pino.destination({ dest: path.join(out, "pino.jsonl"), append: false, sync: true }));
  log.trace("starting");
  log.info({ order: { id: 4711, items: [{ sku: "a-1" }] }, total: 12.5 }, "order placed");
  log.child({ module: "pay", ...TRACE }).warn({ retry: 2, took_ms: 8.25 }, "slow answer of %s", "bank");
  log.error(refused());
  log.debug("räksmörgås\nline two");
  log.fatal({ err: refused(), order: 4711 }, "giving up");
}

function sayWinston() {
  const winston = from("winston");
  const { combine, timestamp, errors, splat, json } = winston.format;
  const stream = fs.createWriteStream(path.join(out, "winston.jsonl"));
  const log = winston.createLogger({
    level: "silly", defaultMeta: { service: "shop" },
    format: combine(timestamp(), errors({ stack: true, cause: true }), splat(), json()),
    transports: [new winston.transports.Stream({ stream })],
  });
  log.silly("starting");
  log.info("order placed", { order: { id: 4711, items: [{ sku: "a-1" }] }, total: 12.5 });
  log.child({ module: "pay", ...TRACE }).warn("slow answer of %s", "bank", { retry: 2, took_ms: 8.25 });
  log.error(refused());
  log.verbose("räksmörgås\nline two");
  log.http("GET /orders/4711 answered", { status: 200 });
  log.end();
}

function sayBunyan() {
  const bunyan = from("bunyan");
  const file = fs.openSync(path.join(out, "bunyan.jsonl"), "w");
  const stream = { write: (line) => fs.writeSync(file, line) };
  const log = bunyan.createLogger({ name: "shop", serializers: bunyan.stdSerializers, src: true, streams: [{ level: "trace", stream }] });
  log.trace("starting");
  log.info({ order: { id: 4711, items: [{ sku: "a-1" }] }, total: 12.5 }, "order placed");
  log.child({ module: "pay", ...TRACE }).warn({ retry: 2, took_ms: 8.25 }, "slow answer of %s", "bank");
  log.error(refused());
  log.debug("räksmörgås\nline two");
  log.fatal({ err: refused(), order: 4711 }, "giving up");
}

sayPino();
sayWinston();
sayBunyan();

// Stack traces name the folders of whoever runs this.
process.on("exit", () => {
  for (const name of ["pino", "winston", "bunyan"]) {
    const file = path.join(out, `${name}.jsonl`);
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replaceAll(process.cwd(), "/srv").replaceAll(__dirname, "/srv"));
  }
});
