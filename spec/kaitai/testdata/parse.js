// Compiles Kaitai Struct definitions, parses messages with the result, and
// writes what the parsers read.
//
// Standard input: {"definitions": {name: text}, "messages": [{"definition": name, "hex": bytes}]}
// Standard output: a JSON array with, for each message, {"error": text} or
// {"fields": {path: {"offset", "length", "value"}}}, the leaves only.
"use strict";
const fs = require("fs");
const compiler = require("kaitai-struct-compiler");
const KaitaiStream = require("kaitai-struct/KaitaiStream");
const yaml = require("yaml");

const input = JSON.parse(fs.readFileSync(0, "utf8"));
const definition = (name) => yaml.parse(input.definitions[name]);

// load runs the source of a parser and what it requires.
function load(sources, name, loaded) {
  if (!loaded[name]) {
    const module = { exports: {} };
    const need = (what) => (what.startsWith("./") ? load(sources, what.slice(2), loaded) : require(what));
    new Function("require", "module", "exports", sources[name + ".js"])(need, module, module.exports);
    loaded[name] = module.exports;
  }
  return loaded[name];
}

// leaves adds the integers and byte strings of an object to fields.
function leaves(object, path, fields) {
  for (const [name, at] of Object.entries(object._debug)) {
    if (name.startsWith("_")) continue;
    const add = (value, at, path) => {
      if (value instanceof Uint8Array) {
        fields[path] = { offset: at.start, length: value.length, value: Buffer.from(value).toString("hex") };
      } else if (typeof value === "object") {
        leaves(value, path + ".", fields);
      } else {
        fields[path] = { offset: at.start, length: at.end - at.start, value: String(BigInt(value)) };
      }
    };
    if (at.arr) {
      object[name].forEach((value, i) => add(value, at.arr[i], `${path}${name}[${i}]`));
    } else {
      add(object[name], at, path + name);
    }
  }
}

async function main() {
  const parsers = {};
  for (const name of Object.keys(input.definitions)) {
    const importer = { importYaml: async (imported) => definition(imported) };
    const sources = await compiler.compile("javascript", definition(name), importer, true);
    const module = name.replace(/(^|_)(.)/g, (_, __, c) => c.toUpperCase());
    parsers[name] = load(sources, module, {})[module];
  }
  const results = input.messages.map(({ definition, hex }) => {
    try {
      const stream = new KaitaiStream(Buffer.from(hex, "hex"));
      const message = new parsers[definition](stream);
      message._read();
      const fields = {};
      leaves(message, "", fields);
      return { fields };
    } catch (error) {
      return { error: String(error) };
    }
  });
  process.stdout.write(JSON.stringify(results));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
