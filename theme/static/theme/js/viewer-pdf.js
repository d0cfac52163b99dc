// Draws the open page of a PDF with pdf.js, its text over it, the cited passage marked.
//
//   <div data-viewer data-file="…" data-worker="…" data-assets="…">
//     <div data-viewer-scroll><article data-viewer-sheet><svg data-viewer-place>
//       <svg data-viewer-boxes>where the server knows the place of the words</article></div>
//   <div data-viewer-fallback>the page's text</div> <p data-viewer-lost hidden>
//   <script id="viewer-data" type="application/json">{page, quotes: [{before, quote}]}</script>
import * as pdfjs from "../vendor/pdf.js";
import { markQuotes, showMark } from "./viewer-mark.js";
import { drawThumbs } from "./viewer-thumbs.js";
import { bindZoom } from "./viewer-zoom.js";

const MOST_PIXELS = 16_000_000; // of a canvas: phones refuse larger ones
const RANGE_BYTES = 256 * 1024;

const root = document.querySelector("[data-viewer]");
const sheet = root.querySelector("[data-viewer-sheet]");
const data = JSON.parse(document.getElementById("viewer-data").textContent);
let drawing = null;

function open() {
  const { file, worker, assets } = root.dataset;
  pdfjs.GlobalWorkerOptions.workerSrc = worker;
  return pdfjs.getDocument({
    url: file,
    rangeChunkSize: RANGE_BYTES,
    disableAutoFetch: true, // a page needs little of a large file
    standardFontDataUrl: `${assets}standard_fonts/`,
    wasmUrl: `${assets}wasm/`,
    iccUrl: `${assets}iccs/`,
    isEvalSupported: false,
  }).promise;
}

function newCanvas(page, width) {
  const ratio = devicePixelRatio || 1;
  const unscaled = page.getViewport({ scale: 1 });
  const area = width * ratio * width * ratio * (unscaled.height / unscaled.width);
  const shrink = Math.min(1, Math.sqrt(MOST_PIXELS / area));
  const viewport = page.getViewport({ scale: ((width * ratio) / unscaled.width) * shrink });
  const canvas = document.createElement("canvas");
  canvas.className = "viewer-canvas";
  canvas.setAttribute("aria-hidden", "true");
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  return { canvas, viewport };
}

/** The canvas replaces the old one only when it is done, so that zooming does not blink. */
async function drawCanvas(page, width) {
  drawing?.cancel();
  const { canvas, viewport } = newCanvas(page, width);
  drawing = page.render({ canvas, viewport });
  await drawing.promise;
  sheet.querySelector(".viewer-canvas")?.remove();
  sheet.prepend(canvas);
}

async function drawText(page, width) {
  const viewport = page.getViewport({ scale: width / page.getViewport({ scale: 1 }).width });
  const container = document.createElement("div");
  container.className = "viewer-text";
  container.style.setProperty("--total-scale-factor", viewport.scale);
  container.style.setProperty("--scale-round-x", "1px");
  container.style.setProperty("--scale-round-y", "1px");
  const textContentSource = await page.getTextContent();
  const layer = new pdfjs.TextLayer({ textContentSource, container, viewport });
  await layer.render();
  const { textDivs: divs, textContentItemsStr: strings } = layer;
  const isBoxed = sheet.querySelector("[data-viewer-boxes]") !== null;
  container.classList.toggle("is-boxed", isBoxed);
  const found = markQuotes({ divs, strings, quotes: data.quotes });
  sheet.querySelector(".viewer-text")?.remove();
  sheet.append(container);
  if (data.quotes.length && !found && !isBoxed) tellLost();
}

function tellLost() {
  document.querySelector("[data-viewer-lost]").hidden = false;
}

async function draw(page) {
  const width = sheet.clientWidth;
  try {
    await Promise.all([drawCanvas(page, width), drawText(page, width)]);
  } catch (error) {
    if (error.name !== "RenderingCancelledException") throw error;
  }
}

function fitPlace(page) {
  const { width, height } = page.getViewport({ scale: 1 });
  const place = sheet.querySelector("[data-viewer-place]");
  place.setAttribute("viewBox", `0 0 ${width} ${height}`);
}

try {
  const file = await open();
  const page = await file.getPage(data.page);
  fitPlace(page);
  await draw(page);
  sheet.setAttribute("aria-busy", "false");
  showMark();
  bindZoom(sheet, () => draw(page));
  drawThumbs(file);
} catch (error) {
  // The page's text is there in any case: better read than an empty sheet.
  console.error(error);
  root.hidden = true;
  document.querySelector("[data-viewer-fallback]").classList.remove("hidden");
  showMark();
}
