extension ReportPage {
  static let style = """

    :root{--bg:#f5f6f8;--card:#fff;--line:#dde1e7;--text:#171b21;--dim:#596473;--good:#0b7a4b;
    --warn:#9a5b00;--bad:#b3261e;--accent:#1f5fc4;--gap:#e9ecf1;--soft-good:#def3e8;
    --soft-warn:#fdeed3;--soft-bad:#fbe2df;--soft:#cfdcf3;--dead:#171b21;
    --p0:#7a8594;--p1:#0072b2;--p2:#e69f00;--p3:#009e73;--p4:#cc79a7;--p5:#56b4e9;--p6:#d55e00;
    --p7:#b8a800}
    @media (prefers-color-scheme:dark){:root{--bg:#0e1116;--card:#161b22;--line:#2a313b;
    --text:#e6eaf0;--dim:#98a3b1;--good:#4ecb8f;--warn:#f0b452;--bad:#ff8a80;--accent:#7db1ff;
    --gap:#20262f;--soft-good:#12301f;--soft-warn:#382a10;--soft-bad:#3d1a18;--soft:#24395c;
    --dead:#98a3b1;
    --p0:#8b96a5;--p1:#4aa3dd;--p2:#f0b53c;--p3:#2fc29a;--p4:#dd9abf;--p5:#84caf1;--p6:#f08444;
    --p7:#d9cc4a}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--bg);color:var(--text);
    font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;
    font-variant-numeric:tabular-nums}
    header,main,footer{max-width:1120px;margin:0 auto;padding:0 24px}
    header{padding-top:30px;padding-bottom:20px}
    .over{display:flex;flex-wrap:wrap;gap:8px 14px;align-items:center;margin-bottom:10px}
    h1{font-size:24px;margin:0 0 6px;font-weight:650;letter-spacing:-.015em;line-height:1.25;
    overflow-wrap:anywhere}
    h2{font-size:17px;margin:0 0 2px;font-weight:620;letter-spacing:-.01em}
    h3{font-size:12px;margin:18px 0 6px;font-weight:600;color:var(--dim);
    text-transform:uppercase;letter-spacing:.05em}
    p{margin:0}
    .lead{font-size:17px;max-width:62em;overflow-wrap:anywhere}
    .dim,.why{color:var(--dim)}
    .why{max-width:64em;margin-bottom:14px}
    .badge{padding:3px 12px;border-radius:99px;font-weight:600;font-size:13.5px;
    background:var(--gap)}
    .badge.good{background:var(--soft-good);color:var(--good)}
    .badge.warn{background:var(--soft-warn);color:var(--warn)}
    .badge.bad{background:var(--soft-bad);color:var(--bad)}
    main>*{margin-bottom:18px}
    section,article{background:var(--card);border:1px solid var(--line);border-radius:12px;
    padding:18px 20px}
    .cards{display:grid;gap:14px;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));
    background:none;border:0;padding:0}
    article{padding:14px 16px}
    .cards .name{font-size:13px;color:var(--dim)}
    .cards .big{font-size:25px;font-weight:620;letter-spacing:-.02em;line-height:1.3}
    .cards .more{font-size:13px;color:var(--dim)}
    .chart{display:grid;grid-template-columns:74px minmax(0,1fr);gap:5px 10px}
    .chart .axis{font-size:12px;color:var(--dim);text-align:right;display:flex;
    flex-direction:column;justify-content:space-between;line-height:1.2}
    .chart .axis.one{justify-content:center}
    svg{display:block;width:100%;overflow:hidden;border-radius:4px}
    svg.ground{background:var(--gap)}
    svg.labels{overflow:visible}
    text{fill:var(--dim);font-size:12px}
    .area{fill:var(--soft)}
    .curve{fill:none;stroke:var(--accent);stroke-width:1.75;vector-effect:non-scaling-stroke;
    stroke-linejoin:round}
    .truth{stroke:var(--good);stroke-width:2;stroke-dasharray:6 4}
    .bad-line{stroke:var(--bad);stroke-width:1;opacity:.75}
    .good-line{stroke:var(--good);stroke-width:2}
    .tick{stroke:var(--line)}
    .bad-fill{fill:var(--bad)}.warn-fill{fill:var(--warn)}.good-fill{fill:var(--good)}
    .accent-fill{fill:var(--accent)}.dim-fill{fill:var(--dim)}
    .dead{fill:var(--dead);opacity:.62}
    .p0{fill:var(--p0)}.p1{fill:var(--p1)}.p2{fill:var(--p2)}.p3{fill:var(--p3)}
    .p4{fill:var(--p4)}.p5{fill:var(--p5)}.p6{fill:var(--p6)}.p7{fill:var(--p7)}
    .legend{display:flex;flex-wrap:wrap;gap:5px 20px;list-style:none;margin:10px 0 0;padding:0;
    font-size:13.5px}
    .legend li{display:flex;align-items:center;gap:7px}
    .legend b{font-weight:600}
    svg.swatch{width:12px;height:12px;flex:none;border-radius:3px;display:inline-block;
    vertical-align:-1px}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;width:100%;font-size:14px}
    th{text-align:left;color:var(--dim);font-weight:500;padding:2px 14px 6px 0;
    white-space:nowrap;vertical-align:bottom}
    th button{all:unset;cursor:pointer;border-radius:3px}
    th button:hover{color:var(--text);text-decoration:underline}
    th button:focus-visible,a:focus-visible,summary:focus-visible{outline:2px solid var(--accent);
    outline-offset:2px}
    th[aria-sort=descending] button::after{content:" \\2193"}
    th[aria-sort=ascending] button::after{content:" \\2191"}
    td{padding:7px 14px 7px 0;border-top:1px solid var(--line);vertical-align:top}
    td:not(.wrap){white-space:nowrap}
    td.wrap{min-width:200px;overflow-wrap:anywhere}
    th:last-child,td:last-child{padding-right:0}
    .n{text-align:right}
    svg.share{width:140px;margin-top:6px}
    svg.swatch{margin-right:3px}
    .bad{color:var(--bad)}.good{color:var(--good)}.warn{color:var(--warn)}
    code{font-family:ui-monospace,"SF Mono",Menlo,"DejaVu Sans Mono",monospace;font-size:13px}
    dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:5px 18px;margin:10px 0 0}
    dt{font-weight:600}
    dd{margin:0;color:var(--dim)}
    summary{cursor:pointer;font-weight:600}
    footer{padding-bottom:40px;font-size:13px;color:var(--dim);overflow-wrap:anywhere}
    footer p{margin-bottom:4px}
    @media (max-width:600px){header,main,footer{padding-left:14px;padding-right:14px}
    section{padding:15px 14px}
    .chart{grid-template-columns:48px minmax(0,1fr);gap:5px 8px}
    .cards{grid-template-columns:repeat(2,minmax(0,1fr));gap:10px}
    .cards .big{font-size:20px}
    .lead{font-size:16px}
    dl{grid-template-columns:minmax(0,1fr);gap:0}dd{margin-bottom:8px}}
    @media print{body{background:#fff}section,article{break-inside:avoid}}

    """
}
