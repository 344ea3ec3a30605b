/** The stylesheet of the dashboard. It stands in the page, and its hash in the Content-Security-Policy. */
export const dashboardStyle = `
:root{color-scheme:light dark;--ground:#eef1f5;--card:#fff;--ink:#1b2430;--soft:#4d5a6a;--line:#dfe4ea;--act:#0b5cad;--act-over:#094a8c;--on-act:#fff;--good:#17693b;--bad:#a3341b;--warn:#8a4b00;--good-bar:#3c9a63;--bad-bar:#d0583c}
*{box-sizing:border-box}
html{font:100%/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","PingFang SC","Microsoft YaHei",sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink)}
header,main{max-width:70rem;margin:0 auto;padding:1rem 1.25rem}
header{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:space-between}
h1{font-size:1.375rem;margin:0}
h2{font-size:1.0625rem;margin:0 0 .75rem}
section,.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.25rem;margin:0 0 1rem}
.card{max-width:34rem;margin:2rem auto}
p{margin:0 0 .75rem;overflow-wrap:anywhere}
.soft{color:var(--soft);font-size:.875rem;margin:0}
.counts{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;margin:0 0 1rem;padding:0;list-style:none}
.counts strong{font-size:1.25rem;margin-right:.35rem}
.wide{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:.9375rem}
th{text-align:left;font-size:.8125rem;color:var(--soft);font-weight:600}
th,td{padding:.5rem .75rem .5rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:break-word;min-width:5.5rem}
tr:last-child td{border-bottom:0}
td form{display:inline}
.good{color:var(--good)}
.bad{color:var(--bad);font-weight:600}
.warn{color:var(--warn);font-weight:600}
button,.button{display:inline-block;border:1px solid var(--line);border-radius:8px;padding:.35rem .75rem;margin:0 .35rem .35rem 0;font:inherit;font-size:.875rem;color:var(--act);background:var(--card);cursor:pointer;text-decoration:none}
button.act{border-color:var(--act);background:var(--act);color:var(--on-act);font-weight:600;padding:.6rem 1.1rem;font-size:1rem}
button.act:hover{background:var(--act-over)}
button:hover,.button:hover{border-color:var(--act)}
a{color:var(--act)}
:focus-visible{outline:3px solid var(--act);outline-offset:2px;border-radius:8px}
.notice{border-left:4px solid var(--good-bar)}
.notice.bad{border-left-color:var(--bad-bar);font-weight:400}
.day{width:100%;height:auto;display:block}
.day .good{fill:var(--good-bar)}
.day .bad{fill:var(--bad-bar)}
.day .base{stroke:var(--line);stroke-width:2}
.key::before{content:"";display:inline-block;width:.75rem;height:.75rem;border-radius:3px;margin:0 .35rem 0 0;background:var(--good-bar)}
.key.bad::before{background:var(--bad-bar)}
.key{margin-right:1rem;color:var(--soft);font-size:.875rem;font-weight:400}
code{font:.8125rem/1.5 ui-monospace,SFMono-Regular,Consolas,monospace;overflow-wrap:anywhere}
@media (max-width:40rem){header,main{padding:.75rem}section,.card{padding:1rem .9rem;border-radius:12px}table,tbody,tr,td{display:block;width:100%}thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}tr{padding:.6rem 0;border-bottom:1px solid var(--line)}tr:last-child{border-bottom:0}td{border:0;padding:.15rem 0}td[data-name]::before{content:attr(data-name);display:block;font-size:.75rem;color:var(--soft)}}
@media (prefers-color-scheme:dark){:root{--ground:#12161c;--card:#1b212a;--ink:#eef2f7;--soft:#b3bfcd;--line:#364150;--act:#8ec1f7;--act-over:#b3d6fb;--on-act:#0b1a2b;--good:#7fd6a2;--bad:#ff9d86;--warn:#f5c77a}}
`;
