// What does AsyncAPI's own parser find wrong with the documents on standard input, a JSON list of
// texts? A JSON list: of each its faults, and the addresses of its channels.
"use strict";

const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");

const { Parser } = createRequire(`${process.cwd()}/`)("@asyncapi/parser");

(async () => {
  const parser = new Parser();
  const told = [];
  for (const text of JSON.parse(readFileSync(0, "utf8"))) {
    const { document, diagnostics } = await parser.parse(text);
    const faults = diagnostics.map(({ code, message, path }) => ({ code, message, path }));
    const channels = document ? document.channels().all() : [];
    told.push({ faults, addresses: channels.map((channel) => channel.address()) });
  }
  process.stdout.write(JSON.stringify(told));
})();
