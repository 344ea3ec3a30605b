/** The one stylesheet of the pages. It stands in the page, and its hash in the Content-Security-Policy. */
export const pageStyle = `
:root{color-scheme:light dark;--ground:#eef1f5;--card:#fff;--ink:#1b2430;--soft:#4d5a6a;--line:#d9dfe7;--act:#0b5cad;--act-over:#094a8c;--on-act:#fff;--good:#17693b;--mark:#e4eefa}
*{box-sizing:border-box}
html{font:100%/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","PingFang SC","Microsoft YaHei",sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;padding:1.25rem;background:var(--ground);color:var(--ink)}
main{width:100%;max-width:30rem;background:var(--card);border:1px solid var(--line);border-radius:16px;padding:2rem;box-shadow:0 1px 2px rgb(16 24 40/6%),0 12px 32px rgb(16 24 40/8%)}
.mark{width:3rem;height:3rem;border-radius:12px;background:var(--mark);color:var(--act);display:flex;align-items:center;justify-content:center;margin:0 0 1.25rem}
.mark.good{color:var(--good)}
.mark svg{width:1.6rem;height:1.6rem}
h1{font-size:1.5rem;line-height:1.25;letter-spacing:-.01em;margin:0 0 .75rem;overflow-wrap:anywhere}
p{margin:0 0 1rem;overflow-wrap:anywhere}
dl{margin:1.25rem 0;border-top:1px solid var(--line)}
dl div{padding:.7rem 0;border-bottom:1px solid var(--line)}
dt{font-size:.8125rem;color:var(--soft)}
dd{margin:.1rem 0 0;font-weight:600;overflow-wrap:anywhere}
ul{margin:1.25rem 0 0;padding:0 0 0 1.1rem;color:var(--soft);font-size:.875rem}
li{margin:.3rem 0}
button{display:block;width:100%;border:0;border-radius:10px;padding:.85rem 1.25rem;font:inherit;font-weight:600;color:var(--on-act);background:var(--act);cursor:pointer}
button:hover{background:var(--act-over)}
:focus-visible{outline:3px solid var(--act);outline-offset:3px;border-radius:10px}
details{margin:1.25rem 0 0;border-top:1px solid var(--line);padding:1rem 0 0;font-size:.875rem;color:var(--soft)}
summary{cursor:pointer;font-weight:600;color:var(--ink);padding:.25rem 0}
details p{margin:.5rem 0 0}
code{font:.8125rem/1.5 ui-monospace,SFMono-Regular,Consolas,monospace;overflow-wrap:anywhere}
@media (max-width:30rem){body{align-items:flex-start;padding:.75rem}main{padding:1.5rem 1.25rem;border-radius:14px}}
@media (prefers-color-scheme:dark){:root{--ground:#12161c;--card:#1b212a;--ink:#eef2f7;--soft:#b3bfcd;--line:#364150;--act:#8ec1f7;--act-over:#b3d6fb;--on-act:#0b1a2b;--good:#7fd6a2;--mark:#26313f}main{box-shadow:none}}
`;
