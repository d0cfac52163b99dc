// The socket of answers; what it refuses for the page as a whole is said in a notice.
//
//   import { answersSocket } from "./answers-socket.js";   const socket = answersSocket();
import { areTold, refreshBanners, showBanners } from "./banners.js";
import { connect } from "./socket.js";
import { toast } from "./toast.js";

let bound = null;

export function answersSocket() {
  if (bound) return bound;
  bound = connect("/ws/answers/");
  bound.on("refused", ({ id, sentence }) => id || toast(sentence, { level: "error" }));
  bound.on("banners", ({ banners }) => showBanners(banners));
  bound.on("reconnect", () => refreshBanners());
  areTold();
  return bound;
}
