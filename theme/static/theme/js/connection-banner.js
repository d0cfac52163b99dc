// What the page says of its connection.
//
//   <div data-connection="lost" hidden>   while it is lost; "signed-out", "crowded": too many tabs,
//   "closed": for maintenance
//   showBanner("lost");   "" takes it away

export function showBanner(name) {
  for (const banner of document.querySelectorAll("[data-connection]")) {
    banner.hidden = banner.dataset.connection !== name;
  }
}

/** Whether this page would send its reader to the sign-in page now. */
export async function isSignedOut() {
  try {
    const answer = await fetch(location.href, { redirect: "manual", cache: "no-store" });
    return answer.type === "opaqueredirect";
  } catch {
    return false; // nobody answers: that is another matter
  }
}
