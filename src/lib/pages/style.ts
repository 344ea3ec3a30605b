/** The one stylesheet of the pages. It stands in the page, and its hash in the Content-Security-Policy. */
export const pageStyle = `
:root{color-scheme:light dark;--ground:#eef1f5;--card:#fff;--ink:#1b2430;--soft:#4d5a6a;--line:#dfe4ea;--act:#0b5cad;--act-over:#094a8c;--on-act:#fff;--mail:#e4eefa;--on-mail:#0b5cad;--good:#e0f3e7;--on-good:#17693b;--notice:#fdf0d9;--on-notice:#8a4b00}
*{box-sizing:border-box}
html{font:100%/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","PingFang SC","Microsoft YaHei",sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;padding:1.25rem;background:var(--ground);color:var(--ink)}
main{width:100%;max-width:34rem;background:var(--card);border:1px solid var(--line);border-radius:16px;padding:2rem;box-shadow:0 1px 2px rgb(16 24 40/5%),0 12px 32px rgb(16 24 40/7%)}
main>:last-child{margin-bottom:0}
svg{fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.head{display:flex;align-items:center;gap:.75rem;margin:0 0 1.5rem;font-size:.875rem;font-weight:600;color:var(--soft)}
.head span{flex:none;width:2.5rem;height:2.5rem;border-radius:10px;display:grid;place-items:center;background:var(--mail);color:var(--on-mail)}
.head.good span{background:var(--good);color:var(--on-good)}
.head.notice span{background:var(--notice);color:var(--on-notice)}
.head svg{width:1.35rem;height:1.35rem}
h1{font-size:1.5rem;line-height:1.25;letter-spacing:-.01em;margin:0 0 .6rem;overflow-wrap:anywhere}
p{margin:0 0 1rem;overflow-wrap:anywhere}
dl{margin:1.25rem 0;border-top:1px solid var(--line)}
dl div{padding:.65rem 0;border-bottom:1px solid var(--line)}
dt{font-size:.875rem;color:var(--soft)}
dd{margin:0;font-weight:600;overflow-wrap:anywhere}
ul{list-style:none;margin:1.25rem 0 0;padding:0;color:var(--soft);font-size:.875rem}
li{display:flex;gap:.6rem;margin:.45rem 0 0}
li svg{flex:none;width:1.05rem;height:1.05rem;margin-top:.15rem}
a{color:var(--act);overflow-wrap:anywhere}
.forward{margin:1.25rem 0;padding:1rem;border:1px solid var(--line);border-radius:10px;background:var(--ground)}
.forward p:last-child{margin:0}
.soft{font-size:.875rem;color:var(--soft)}
button{display:block;width:100%;border:0;border-radius:10px;padding:.85rem 1.25rem;font:inherit;font-weight:600;color:var(--on-act);background:var(--act);cursor:pointer}
form+p{margin:1rem 0 0;text-align:center}
button:hover{background:var(--act-over)}
:focus-visible{outline:3px solid var(--act);outline-offset:3px;border-radius:10px}
details{margin:1.25rem 0 0;border-top:1px solid var(--line);padding:1rem 0 0;font-size:.875rem;color:var(--soft)}
summary{cursor:pointer;font-weight:600;color:var(--ink);padding:.25rem 0}
details p{margin:.5rem 0 0}
code{font:.8125rem/1.5 ui-monospace,SFMono-Regular,Consolas,monospace;overflow-wrap:anywhere}
@media (min-width:30rem){dl div{display:grid;grid-template-columns:7rem 1fr;gap:1rem;align-items:baseline}}
@media (max-width:30rem){body{align-items:flex-start;padding:.75rem}main{padding:1.5rem 1.25rem;border-radius:14px}}
@media (prefers-color-scheme:dark){:root{--ground:#12161c;--card:#1b212a;--ink:#eef2f7;--soft:#b3bfcd;--line:#364150;--act:#8ec1f7;--act-over:#b3d6fb;--on-act:#0b1a2b;--mail:#26313f;--on-mail:#8ec1f7;--good:#1d3528;--on-good:#7fd6a2;--notice:#3a2e17;--on-notice:#f5c77a}main{box-shadow:none}}
`;
