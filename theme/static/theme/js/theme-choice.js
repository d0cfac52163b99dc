// Light, dark, or as the system has it: kept in a cookie, which the server reads for the first paint.
//
//   <div data-theme-choice><input type="radio" name="theme" value="system"> ...</div>
const YEAR_S = 31_536_000;

document.addEventListener("change", ({ target }) => {
  if (!target.closest?.("[data-theme-choice]")) return;
  const root = document.documentElement;
  const chosen = target.value === "system" ? "" : target.value;
  if (chosen) root.dataset.theme = chosen;
  else delete root.dataset.theme;
  const age = chosen ? YEAR_S : 0;
  document.cookie = `theme=${chosen}; path=/; max-age=${age}; samesite=lax`;
});
