extension MonitoringPage {
  /// Texts of others are put in as text, never as markup.
  static let script = #"""

    'use strict';
    const $ = id => document.getElementById(id);
    const svg = 'http://www.w3.org/2000/svg';
    const colours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#b8a800',
      '#7a5ea8'];
    const colour = id => colours[(parseInt(id.slice(1), 10) || 0) % colours.length];
    const words = s => (s ?? '').replaceAll('_', ' ');
    const count = n => n === null || n === undefined ? '–' :
      String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
    function bytes(n) {
      if (n === null || n === undefined) return '–';
      const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
      let i = 0;
      while (n >= 999.5 && i < units.length - 1) { n /= 1000; i++; }
      return (i === 0 || n >= 100 ? n.toFixed(0) : n.toFixed(1)) + '\u202f' + units[i];
    }
    function time(s) {
      if (s === null || s === undefined) return '–';
      if (s < 1) return Math.round(s * 1000) + '\u202fms';
      s = Math.round(s);
      if (s < 60) return s + '\u202fs';
      if (s < 3600) return Math.floor(s / 60) + '\u202fmin ' + s % 60 + '\u202fs';
      if (s < 86400) return Math.floor(s / 3600) + '\u202fh ' + Math.floor(s % 3600 / 60) +
        '\u202fmin';
      return Math.floor(s / 86400) + '\u202fd ' + Math.floor(s % 86400 / 3600) + '\u202fh';
    }
    // Never more than is there: 99.99 % is not 100 %.
    function percent(ppm) {
      if (ppm === null || ppm === undefined) return '–';
      return (Math.floor(ppm / 1000) / 10).toFixed(ppm >= 1e6 ? 0 : 1) + '\u202f%';
    }
    function put(id, text, state) {
      const element = $(id);
      if (element.textContent !== text) element.textContent = text;
      if (state !== undefined)
        element.className = element.className.replace(/ ?\b(good|warn|bad)\b/g, '') +
          (state ? ' ' + state : '');
    }
    function make(tag, text, className) {
      const element = document.createElement(tag);
      if (text !== undefined) element.textContent = text;
      if (className) element.className = className;
      return element;
    }
    function swatch(id) {
      const element = make('span', '', 'swatch');
      element.style.background = colour(id);
      return element;
    }
    function rows(id, list, empty, cells) {
      const body = $(id);
      const width = body.parentElement.querySelectorAll('th').length;
      body.replaceChildren(...list.map(item => {
        const row = document.createElement('tr');
        row.append(...cells(item));
        return row;
      }));
      if (list.length === 0) {
        const row = document.createElement('tr');
        const cell = make('td', empty, 'dim');
        cell.colSpan = width;
        row.append(cell);
        body.append(row);
      }
    }
    function rect(span, y, height, attributes) {
      const element = document.createElementNS(svg, 'rect');
      const width = Math.max((span.end - span.start) * 1024, 0.75);
      element.setAttribute('x', (span.start * 1024).toFixed(3));
      element.setAttribute('width', width.toFixed(3));
      element.setAttribute('y', y);
      element.setAttribute('height', height);
      for (const name in attributes) element.setAttribute(name, attributes[name]);
      return element;
    }
    function strip(state) {
      $('strip-held').replaceChildren(rect({start: 0, end: 1}, 0, 64, {class: 'held'}),
        ...state.origins.map(span => rect(span, 0, 64, {fill: colour(span.peer)})));
      $('strip-missing').replaceChildren(
        ...state.missing.map(span => rect(span, 0, 64, {fill: 'url(#hatch)'})));
      $('strip-flight').replaceChildren(...state.in_flight.map(span =>
        rect(span, 18, 28, {fill: colour(span.peer), class: 'flight'})));
      put('strip-text', state.complete ?
        `All of the key space is held: ${count(state.accounts)} accounts.` :
        `${percent(state.held_ppm)} held, ${count(state.missing_ranges)} ranges missing, ` +
        `${count(state.in_flight.length)} asked for. Keys run from 0 on the left to f.`);
      const peers = [...new Set([...state.origins, ...state.in_flight].map(s => s.peer))];
      peers.sort((a, b) => a.slice(1) - b.slice(1));
      const entry = (mark, text) => {
        const item = make('li');
        item.append(mark, text);
        return item;
      };
      const list = peers.slice(0, 24).map(id => entry(swatch(id), 'from ' + id));
      if (!state.complete) {
        list.push(entry(make('span', '', 'swatch ring'), 'asked for'));
        list.push(entry(make('span', '', 'swatch hatched'), 'missing'));
      }
      const held = make('span', '', 'swatch');
      held.style.background = 'var(--held)';
      list.push(entry(held, 'held before this start'));
      $('legend').replaceChildren(...list);
    }
    const history = [];
    function traffic(t) {
      history.push(t.received_bytes_per_second);
      if (history.length > 120) history.shift();
      const most = Math.max(...history, 1);
      const step = 240 / Math.max(history.length - 1, 1);
      $('spark-line').setAttribute('points', history.map((value, i) =>
        (i * step).toFixed(1) + ',' + (26 - value / most * 23).toFixed(1)).join(' '));
      put('rate', bytes(t.received_bytes_per_second) + '/s');
      put('rate-more', `in; ${bytes(t.sent_bytes_per_second)}/s out`);
    }
    const phases = {following: 'good', store_failed: 'bad', connecting: 'warn'};
    const verdicts = {diverges: 'bad', stalled: 'warn'};
    function alerts(s) {
      const list = [];
      if (s.store_failure) list.push(['bad', 'The store failed: ' + s.store_failure]);
      const stall = s.stalls.find(stall => !stall.over);
      if (stall) list.push(['warn', `Nothing has moved for ${time(stall.duration_seconds)}: ` +
        `${words(stall.cause)} – ${stall.detail}`]);
      if (s.forecast.verdict === 'diverges') list.push(['bad', 'The sync ' + s.forecast.text]);
      const text = JSON.stringify(list);
      if ($('alerts').dataset.shown === text) return;
      $('alerts').dataset.shown = text;
      $('alerts').replaceChildren(...list.map(([level, line]) =>
        make('div', line, 'alert ' + level)));
    }
    function joined(s) {
      return s.joined_block === null ? '' : `; from the snapshot of #${count(s.joined_block)}: ` +
        `${count(s.joined_proven)} of ${count(s.joined_pieces)} pieces`;
    }
    function cards(s) {
      put('head', '#' + count(s.head.number));
      put('head-more', (s.network_head_number === null ? 'network not known' :
        s.lag_blocks === 0 ? 'at the head of the network' :
        count(s.lag_blocks) + ' behind the network') + `; final up to #${count(s.final_number)}`,
        s.lag_blocks > 2 ? 'warn' : '');
      put('held', percent(s.state.held_ppm));
      put('held-more', `${count(s.state.accounts)} accounts` + (s.state.complete ? ', complete' :
        `; ${count(s.state.missing_ranges)} ranges missing` + joined(s.snapshots)));
      const f = s.forecast;
      const isDone = s.state.complete && s.lag_blocks <= 2;
      put('eta', isDone ? 'done' : f.eta_seconds === null ? words(f.verdict) : time(f.eta_seconds),
        isDone ? 'good' : verdicts[f.verdict] ?? '');
      put('eta-more', isDone ? (s.consensus ? 'in consensus with the network' :
        'no consensus with the network yet') : f.has_bytes_per_second === null ? '' :
        `${percent(f.progress_ppm)} done; has ${bytes(f.has_bytes_per_second)}/s, ` +
        `the chain needs ${bytes(f.needs_bytes_per_second)}/s`);
      put('peer-count', count(s.peers_connected));
      put('peer-more', `${count(s.peers_in_sync)} in sync; ${count(s.peers_banned)} banned; ` +
        `${count(s.addresses_known)} addresses`);
    }
    function peers(s) {
      rows('peers', s.peers, 'no peer is connected', p => {
        const name = make('td');
        name.append(swatch(p.id), p.id);
        name.title = p.key;
        return [name, make('td', p.address, 'mono'), make('td', p.direction),
          make('td', p.in_sync ? 'in sync' : 'macro sync', p.in_sync ? '' : 'dim'),
          make('td', p.height === null ? '–' : '#' + count(p.height), 'n'),
          make('td', count(p.ranges_in_flight), 'n'), make('td', bytes(p.received_bytes), 'n'),
          make('td', bytes(p.sent_bytes), 'n'), make('td', time(p.round_trip_seconds), 'n'),
          make('td', time(p.connected_seconds), 'n')];
      });
    }
    function show(s) {
      document.title = `${s.name} – ${words(s.phase)} #${s.head.number}`;
      put('name', s.name);
      put('network', 'network ' + s.genesis.slice(0, 16));
      put('phase', words(s.phase), phases[s.phase] ?? '');
      put('ready', s.ready ? 'ready' : 'not ready', s.ready ? 'good' : 'warn');
      $('ready').title = s.unready_reason ?? '';
      alerts(s);
      cards(s);
      traffic(s.traffic);
      strip(s.state);
      peers(s);
      rows('rejected', s.rejected, 'none', r => {
        const last = s.rejected_recently.find(x => x.kind === r.kind && x.reason === r.reason);
        return [make('td', words(r.kind)), make('td', words(r.reason), 'wrap'),
          make('td', count(r.count), 'n'), make('td', last ? time(last.age_seconds) + ' ago' +
            (last.peer ? ', ' + last.peer : '') : '–', 'dim')];
      });
      rows('stalls', s.stalls, 'none', x => [make('td', words(x.cause), x.over ? '' : 'warn'),
        make('td', time(x.age_seconds) + ' ago'), make('td', time(x.duration_seconds) +
          (x.over ? '' : ' so far'), 'n'), make('td', x.detail, 'wrap dim')]);
      put('version', `livesync ${s.version} (${s.commit})`);
      put('uptime', time(s.uptime_seconds));
      put('key', 'node key ' + s.key);
    }
    let failures = 0;
    async function ask() {
      try {
        const answer = await fetch('status', {signal: AbortSignal.timeout(5000)});
        if (answer.status !== 200) throw new Error((await answer.text()).trim());
        show(await answer.json());
        failures = 0;
        put('live', '');
      } catch (error) {
        failures++;
        put('live', failures > 1 ? 'no answer from the node; numbers are old' : '', 'bad');
      }
      setTimeout(ask, document.hidden ? 5000 : 1000);
    }
    ask();

    """#
}
