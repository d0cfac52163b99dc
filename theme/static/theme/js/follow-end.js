// Keeps the end of a growing page in view, for the reader who is at its end and for nobody else.
//
//   const follow = followEnd();
//   follow();                    after each growth
//   follow({ always: true });    goes to the end
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
  return ({ always = false } = {}) => {
    if (following || always) scrollTo({ top: end(), behavior: "instant" });
  };
}
