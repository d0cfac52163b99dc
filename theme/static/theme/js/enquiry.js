// What is done about an answer beside reading it: its question is sent on to people, and their reply
// appears under it.
//
//   <a data-about-answer href="/chat/answers/00000000-…/enquiry/">,
//   <div data-enquiry="/chat/answers/00000000-…/enquiry/state/">,
//   <form data-enquiry-form data-about-answer hidden>
//   aboutAnswer(root, answer);             its id into the addresses
//   fetchEnquiry(root, answer);            what was sent, or the form where nothing was
//   showEnquiry(root, "");                 the same, known beforehand
//   bindEnquiryForm(root);                 sends without leaving the page
//   tellReplies(socket);                   a notice when somebody has replied
import { toast } from "./toast.js";
import { gettext, interpolate } from "./words.js";

const ID = /[0-9a-f]{8}-[0-9a-f-]{27}/;

export function aboutAnswer(root, answer) {
  for (const place of root.querySelectorAll("[data-about-answer]")) {
    const name = place.localName === "form" ? "action" : "href";
    place.setAttribute(name, place.getAttribute(name).replace(ID, answer));
  }
}

/** `html`: what the server says of it, "" where nothing was sent. */
export function showEnquiry(root, html) {
  root.querySelector("[data-enquiry]").innerHTML = html;
  const form = root.querySelector("[data-enquiry-form]");
  if (form) form.hidden = html !== "";
}

export async function fetchEnquiry(root, answer) {
  const url = root.querySelector("[data-enquiry]").dataset.enquiry.replace(ID, answer);
  const response = await fetch(url).catch(() => null);
  if (response?.ok) showEnquiry(root, (await response.text()).trim());
}

export function bindEnquiryForm(root) {
  const form = root.querySelector("[data-enquiry-form]");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    const options = { method: "POST", body: new FormData(form), headers: { accept: "text/x-fragment" } };
    const response = await fetch(form.action, options).catch(() => null);
    button.disabled = false;
    if (response?.ok) {
      showEnquiry(root, (await response.text()).trim());
      toast(gettext("Your question is sent."));
    } else {
      toast(gettext("It could not be sent. Please try again."), { level: "error" });
    }
  });
}

export function tellReplies(socket) {
  socket.on("conversation", ({ change, title }) => {
    if (change !== "replied") return;
    toast(interpolate(gettext("There is a reply to your question: %(title)s"), { title }));
  });
}
