extension MonitoringPage {
  static let style = """

    :root{--bg:#f5f6f8;--card:#fff;--line:#dde1e7;--text:#171b21;--dim:#596473;--good:#0b7a4b;
    --warn:#9a5b00;--bad:#b3261e;--accent:#1f5fc4;--gap:#e7eaef;--gapline:#bcc4cf;--held:#8fa3bd;
    --soft-good:#def3e8;--soft-warn:#fdeed3;--soft-bad:#fbe2df}
    @media (prefers-color-scheme:dark){:root{--bg:#0e1116;--card:#161b22;--line:#2a313b;
    --text:#e6eaf0;--dim:#98a3b1;--good:#4ecb8f;--warn:#f0b452;--bad:#ff8a80;--accent:#7db1ff;
    --gap:#20262f;--gapline:#39424e;--held:#5b6f8a;--soft-good:#12301f;--soft-warn:#382a10;
    --soft-bad:#3d1a18}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--bg);color:var(--text);line-height:1.45;
    font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;
    font-variant-numeric:tabular-nums}
    header,main,footer{max-width:1240px;margin:0 auto;padding:0 24px}
    header{display:flex;flex-wrap:wrap;gap:12px 24px;align-items:center;
    justify-content:space-between;padding-top:22px;padding-bottom:16px}
    h1{font-size:21px;margin:0;font-weight:650;letter-spacing:-.01em}
    h2{font-size:12px;margin:0 0 8px;font-weight:600;text-transform:uppercase;
    letter-spacing:.06em;color:var(--dim)}
    p{margin:0}
    .dim{color:var(--dim)}
    .mono,.mono *{font-family:ui-monospace,"SF Mono",Menlo,"DejaVu Sans Mono",monospace;
    font-size:12.5px}
    .now{display:flex;gap:8px;align-items:center;flex-wrap:wrap}
    .badge{padding:3px 11px;border-radius:99px;font-weight:600;font-size:13px;
    background:var(--gap);color:var(--text)}
    .badge:empty{display:none}
    .good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}
    .badge.good{background:var(--soft-good)}.badge.warn{background:var(--soft-warn)}
    .badge.bad{background:var(--soft-bad)}
    main>*{margin-bottom:16px}
    section:not(.cards),article{background:var(--card);border:1px solid var(--line);
    border-radius:10px;padding:15px 17px}
    .cards{display:grid;gap:16px;grid-template-columns:repeat(auto-fit,minmax(205px,1fr))}
    article{position:relative;overflow:hidden;min-height:112px}
    .big{font-size:25px;font-weight:600;letter-spacing:-.02em;line-height:1.2;margin-bottom:3px}
    .pair{display:grid;gap:16px;grid-template-columns:repeat(auto-fit,minmax(min(430px,100%),1fr))}
    #alerts:empty{margin:0}
    .alert:last-child{margin-bottom:0}
    .alert{border-radius:10px;padding:11px 16px;margin-bottom:10px;font-weight:550;
    border:1px solid currentColor}
    .alert.warn{background:var(--soft-warn)}.alert.bad{background:var(--soft-bad)}
    #spark{position:absolute;left:0;right:0;bottom:0;width:100%;height:24px;opacity:.75}
    #spark polyline{fill:none;stroke:var(--accent);stroke-width:1.5;
    vector-effect:non-scaling-stroke}
    #strip{display:block;width:100%;height:64px;border-radius:6px;background:var(--gap)}
    .gap{fill:var(--gap)}.gap-line{fill:var(--gapline)}.held{fill:var(--held)}
    .flight{stroke:var(--text);stroke-width:1;vector-effect:non-scaling-stroke}
    .ticks{display:grid;grid-template-columns:repeat(16,1fr);margin:3px 0 8px}
    .ticks span{border-left:1px solid var(--line);padding-left:4px}
    .legend{display:flex;flex-wrap:wrap;gap:5px 18px;list-style:none;margin:9px 0 0;padding:0;
    font-size:13px}
    .legend li{display:flex;align-items:center;gap:6px}
    .swatch{width:12px;height:12px;border-radius:3px;display:inline-block;flex:none}
    .swatch.ring{border:1.5px solid var(--text);background:transparent}
    .swatch.hatched{background:repeating-linear-gradient(45deg,var(--gap) 0 3px,
    var(--gapline) 3px 5px);border:1px solid var(--gapline)}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;width:100%;font-size:13.5px}
    th{text-align:left;color:var(--dim);font-weight:500;padding:4px 12px 6px 0;white-space:nowrap}
    td{padding:6px 12px 6px 0;border-top:1px solid var(--line);vertical-align:top}
    td.wrap{min-width:150px}
    td:not(.wrap){white-space:nowrap}
    th:last-child,td:last-child{padding-right:0}
    .n{text-align:right}
    td .swatch{margin-right:8px;vertical-align:-1px}
    a{color:var(--accent)}
    a:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
    footer{padding-top:2px;padding-bottom:34px;font-size:13px}
    footer p{margin-bottom:4px;overflow-wrap:anywhere}
    @media (max-width:560px){header,main,footer{padding-left:14px;padding-right:14px}}

    """
}
