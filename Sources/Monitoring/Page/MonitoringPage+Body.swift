extension MonitoringPage {
  static let body = """
    <header>
    <div class="who"><h1 id="name">livesync</h1><p id="network" class="dim mono"></p></div>
    <div class="now"><span id="phase" class="badge">connecting</span>
    <span id="ready" class="badge"></span><span id="live" class="dim" role="status"></span></div>
    </header>
    <main>
    <div id="alerts" role="alert"></div>

    <section class="cards" aria-label="Summary">
    <article><h2>Head</h2><p class="big" id="head">-</p><p id="head-more" class="dim"></p></article>
    <article><h2>State</h2><p class="big" id="held">-</p><p id="held-more" class="dim"></p>
    </article>
    <article><h2>Sync</h2><p class="big" id="eta">-</p><p id="eta-more" class="dim"></p></article>
    <article><h2>Peers</h2><p class="big" id="peer-count">-</p><p id="peer-more" class="dim"></p>
    </article>
    <article><h2>Traffic</h2><p class="big" id="rate">-</p><p id="rate-more" class="dim"></p>
    <svg id="spark" viewBox="0 0 240 28" preserveAspectRatio="none" aria-hidden="true">
    <polyline id="spark-line" points=""></polyline></svg></article>
    </section>

    <section aria-labelledby="strip-title">
    <h2 id="strip-title">State over the key space</h2>
    <svg id="strip" viewBox="0 0 1024 64" preserveAspectRatio="none" role="img"
    aria-labelledby="strip-text">
    <defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse"
    patternTransform="rotate(45)"><rect width="8" height="8" class="gap"></rect>
    <rect width="1.6" height="8" class="gap-line"></rect></pattern></defs>
    <g id="strip-held"></g><g id="strip-missing"></g><g id="strip-flight"></g></svg>
    <div class="ticks mono dim" aria-hidden="true">
    <span>0</span><span>1</span><span>2</span><span>3</span><span>4</span><span>5</span>
    <span>6</span><span>7</span><span>8</span><span>9</span><span>a</span><span>b</span>
    <span>c</span><span>d</span><span>e</span><span>f</span></div>
    <p id="strip-text" class="dim"></p>
    <ul id="legend" class="legend"></ul>
    </section>

    <section aria-labelledby="peers-title">
    <h2 id="peers-title">Peers</h2>
    <div class="scroll"><table><thead><tr><th scope="col">peer</th><th scope="col">address</th>
    <th scope="col">direction</th><th scope="col">role</th><th scope="col" class="n">height</th>
    <th scope="col" class="n">ranges asked</th><th scope="col" class="n">received</th>
    <th scope="col" class="n">sent</th><th scope="col" class="n">round trip</th>
    <th scope="col" class="n">connected</th></tr></thead><tbody id="peers"></tbody></table></div>
    </section>

    <div class="pair">
    <section aria-labelledby="rejected-title">
    <h2 id="rejected-title">Rejected messages</h2>
    <div class="scroll"><table><thead><tr><th scope="col">kind</th><th scope="col">reason</th>
    <th scope="col" class="n">count</th><th scope="col">last</th></tr></thead>
    <tbody id="rejected"></tbody></table></div>
    </section>
    <section aria-labelledby="stalls-title">
    <h2 id="stalls-title">Stalls</h2>
    <div class="scroll"><table><thead><tr><th scope="col">cause</th><th scope="col">began</th>
    <th scope="col" class="n">lasted</th><th scope="col">facts</th></tr></thead>
    <tbody id="stalls"></tbody></table></div>
    </section>
    </div>
    </main>
    <footer class="dim"><p><span id="version"></span> · up <span id="uptime">-</span> ·
    <a href="status">status</a> · <a href="metrics">metrics</a> ·
    <a href="events?level=info">events</a> · <a href="healthz">healthz</a> ·
    <a href="readyz">readyz</a></p><p class="mono" id="key"></p>
    <noscript><p>This page needs its script; the same numbers are in <a href="status">status</a>.
    </p></noscript></footer>
    """
}
