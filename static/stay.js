/* The desk's warning before a session ends (WCAG 2.2.1): announced politely, and put off in place. Optional: without
   it desk.css shows the warning, and its button opens a page of its own. It sends one request, to this site. */
(function () {
  'use strict';
  var box = document.querySelector('form[data-left]');
  if (!box || !window.fetch) return;
  var WARNED = 180000, THANKS = 15000, TICK = 1000;
  var words = box.dataset, line = box.querySelector('[role=status]'), button = box.querySelector('button');
  var until = document.querySelector('p[data-until]');
  var end = Date.now() + words.left * 1000, time = words.time, shown = '', quietUntil = 0;

  function show(text, withButton) {
    if (text !== shown) line.textContent = shown = text;
    box.classList.toggle('quiet', !text);
    if (button) button.hidden = !withButton;
  }
  function tick() {
    var left = end - Date.now();
    if (left <= 0) return show(words.over, false);
    if (left <= WARNED) return show(words.soon.replace('{time}', time), true);
    if (Date.now() > quietUntil) show('', false);
  }
  function stayed(answer) {
    end = Date.now() + answer.left * 1000;
    time = answer.time;
    quietUntil = Date.now() + THANKS;
    if (until) until.textContent = words.until.replace('{time}', time);
    tick();
    if (answer.left * 1000 > WARNED) show(words.stayed.replace('{time}', time), false);
  }
  box.addEventListener('submit', function (event) {
    event.preventDefault();
    fetch(box.action, {
      method: 'POST', credentials: 'same-origin', redirect: 'error',
      body: 'csrf_token=' + encodeURIComponent(box.elements.csrf_token.value),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' }
    }).then(function (answer) {
      if (!answer.ok) throw answer;
      return answer.json();
    }).then(stayed).catch(function () { show(words.failed, true); });
  });
  box.classList.add('scripted');
  show('', false);
  tick();
  setInterval(tick, TICK);
})();
