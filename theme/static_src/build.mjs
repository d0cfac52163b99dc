// Builds theme/static/theme (and theme/icons.json) from this folder.
//
//   npm run build   writes them
//   npm run check   builds into a temporary folder and fails where the committed files differ
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const theme = path.dirname(here);
const modules = path.join(here, "node_modules");
// Icons that scripts draw themselves; templates take theirs from icons.json.
const SCRIPT_ICONS = ["check", "circle-alert", "circle-check", "copy", "file-text", "info", "triangle-alert", "x"];

function write(root, name, content) {
  const target = path.join(root, name);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, content);
}

function copy(root, name, source) {
  write(root, name, fs.readFileSync(path.join(modules, source)));
}

function icon(name) {
  const file = path.join(modules, "lucide-static/icons", `${name}.svg`);
  const [, inner] = fs.readFileSync(file, "utf8").match(/<svg[^>]*>(.*)<\/svg>/s);
  return inner.replace(/\s*\n\s*/g, "").trim();
}

function icons(root) {
  const names = fs.readFileSync(path.join(here, "icons.txt"), "utf8").split("\n").filter(Boolean);
  const all = Object.fromEntries(names.toSorted().map((name) => [name, icon(name)]));
  write(root, "icons.json", `${JSON.stringify(all, null, 1)}\n`);
  const some = Object.fromEntries(SCRIPT_ICONS.map((name) => [name, icon(name)]));
  const head = "// Written by theme/static_src/build.mjs from Lucide (ISC): do not edit.\n";
  const body = `export const ICONS = ${JSON.stringify(some, null, 2)};\n`;
  write(root, "static/theme/js/icons.js", head + body);
}

function fonts(root) {
  for (const part of ["latin", "latin-ext"]) {
    const file = `inter-${part}-opsz-normal.woff2`;
    copy(root, `static/theme/fonts/${file}`, `@fontsource-variable/inter/files/${file}`);
  }
}

async function libraries(root) {
  await build({
    entryPoints: [path.join(here, "src/markdown.js")],
    outfile: path.join(root, "static/theme/vendor/markdown.js"),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none", // the licences are beside it, in LICENSES.txt
    logLevel: "warning",
  });
  copy(root, "static/theme/vendor/htmx.js", "htmx.org/dist/htmx.min.js");
  // The legacy build: it brings what the browsers of the last years lack.
  copy(root, "static/theme/vendor/pdf.js", "pdfjs-dist/legacy/build/pdf.min.mjs");
  copy(root, "static/theme/vendor/pdf.worker.js", "pdfjs-dist/legacy/build/pdf.worker.min.mjs");
  for (const folder of ["standard_fonts", "wasm", "iccs"]) {
    for (const file of fs.readdirSync(path.join(modules, "pdfjs-dist", folder))) {
      // Scripts inside a PDF are never run here; every browser served has WebAssembly.
      if (/quickjs|nowasm/i.test(file)) continue;
      copy(root, `static/theme/vendor/pdf/${folder}/${file}`, `pdfjs-dist/${folder}/${file}`);
    }
  }
}

function licences(root) {
  const served = ["@fontsource-variable/inter", "daisyui", "dompurify", "lucide-static"];
  served.push("markdown-it", "linkify-it", "mdurl", "uc.micro", "entities", "punycode.js");
  served.push("htmx.org", "pdfjs-dist", "tailwindcss");
  const texts = served.toSorted().map((name) => {
    const folder = path.join(modules, name);
    const { version, license } = JSON.parse(fs.readFileSync(path.join(folder, "package.json")));
    const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = fs.readFileSync(path.join(folder, file), "utf8").trim();
    return `== ${name} ${version} (${license})\n\n${text}\n`;
  });
  write(root, "static/theme/vendor/LICENSES.txt", texts.join("\n\n"));
}

function styles(root) {
  const output = path.join(root, "static/theme/styles.css");
  const tailwind = path.join(modules, "@tailwindcss/cli/dist/index.mjs");
  const args = [tailwind, "-i", "src/app.css", "-o", output, "--minify"];
  execFileSync(process.execPath, args, { cwd: here, stdio: ["ignore", "ignore", "inherit"] });
}

async function buildInto(root) {
  icons(root);
  fonts(root);
  await libraries(root);
  licences(root);
  styles(root);
}

async function check() {
  const fresh = fs.mkdtempSync(path.join(os.tmpdir(), "cassandre-theme-"));
  try {
    await buildInto(fresh);
    const files = fs.readdirSync(fresh, { recursive: true });
    const stale = files.filter((name) => {
      if (fs.statSync(path.join(fresh, name)).isDirectory()) return false;
      const committed = path.join(theme, name);
      const same = (a, b) => fs.readFileSync(a).equals(fs.readFileSync(b));
      return !fs.existsSync(committed) || !same(path.join(fresh, name), committed);
    });
    if (stale.length === 0) return;
    console.error(`Not fresh, run "npm run build" in theme/static_src:\n${stale.join("\n")}`);
    process.exitCode = 1;
  } finally {
    fs.rmSync(fresh, { recursive: true });
  }
}

await (process.argv.includes("--check") ? check() : buildInto(theme));
