// What the theme makes in the browser, for those who use the keyboard or have the page read to them:
// a table that is wider than the screen can be moved sideways, and each button to copy has its own name.
const reach = () => {
  for (const wrap of document.querySelectorAll(".md-typeset__scrollwrap")) {
    if (wrap.scrollWidth > wrap.clientWidth) wrap.tabIndex = 0;
    else wrap.removeAttribute("tabindex");
  }
  document.querySelectorAll(".md-code__nav").forEach((nav, number) => {
    nav.setAttribute("aria-label", `Example ${number + 1}`);
  });
};
addEventListener("load", () => requestAnimationFrame(reach));
addEventListener("resize", reach);
