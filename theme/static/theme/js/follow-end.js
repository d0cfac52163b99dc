// Keeps the end of a growing page in view, for the reader who is at its end and for nobody else.
//
//   const follow = followEnd();   follow();   after each growth
const NEAR_PX = 96;

export function followEnd() {
  let following = true;
  const end = () => document.documentElement.scrollHeight - innerHeight;
  addEventListener(
    "scroll",
    () => {
      following = end() - scrollY < NEAR_PX;
    },
    { passive: true },
  );
  return () => {
    if (following) scrollTo({ top: end(), behavior: "instant" });
  };
}
