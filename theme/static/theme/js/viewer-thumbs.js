// The neighbouring pages, drawn small when they come into view.
//
//   <span data-viewer-thumb="7">
const WIDTH_PX = 240; // twice the place's width: sharp on every screen

async function draw(file, place) {
  const page = await file.getPage(Number(place.dataset.viewerThumb));
  const viewport = page.getViewport({ scale: WIDTH_PX / page.getViewport({ scale: 1 }).width });
  const canvas = document.createElement("canvas");
  canvas.className = "viewer-thumb viewer-canvas";
  canvas.setAttribute("aria-hidden", "true");
  canvas.width = viewport.width;
  canvas.height = viewport.height;
  await page.render({ canvas, viewport }).promise;
  place.append(canvas);
}

export function drawThumbs(file) {
  const watcher = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      draw(file, target);
    }
  });
  for (const place of document.querySelectorAll("[data-viewer-thumb]")) watcher.observe(place);
}
