/* The desk's warning before a session ends (WCAG 2.2.1): announced politely, and put off in place. Optional: without
   it desk.css shows the warning, and its button opens a page of its own. It sends one request, to this site. */
(function () {
  'use strict';
  var box = document.querySelector('form[data-left]');
  if (!box || !window.fetch) return;
  var WARNED = 180000, THANKS = 15000, TICK = 1000;
  var words = box.dataset, line = box.querySelector('[role=status]'), button = box.querySelector('button');
  var until = document.querySelector('.lasts');
  var end = Date.now() + words.left * 1000, time = words.time, shown, quietUntil = 0, last;

  function show(text, withButton) {
    if (text !== shown) line.textContent = shown = text;
    box.classList.toggle('quiet', !text);
    if (button) button.hidden = !withButton;
  }
  function tick() {
    var left = end - Date.now();
    if (left <= 0) return show(words.over, false);
    if (Date.now() <= quietUntil) return;
    if (left <= WARNED) return show(words.soon.replace('{time}', time), true);
    show('', false);
  }
  function say(text, withButton) {
    quietUntil = Date.now() + THANKS;
    show(text, withButton);
  }
  function stayed(answer) {
    end = Date.now() + answer.left * 1000;
    time = answer.time;
    if (until) until.textContent = words.until.replace('{time}', time);
    /* Back to where they typed, before the button goes. */
    if (last && document.activeElement === button) last.focus();
    say(words.stayed.replace('{time}', time), false);
  }
  document.addEventListener('focusin', function (event) { if (!box.contains(event.target)) last = event.target; });
  box.addEventListener('submit', function (event) {
    event.preventDefault();
    fetch(box.action, {
      method: 'POST', credentials: 'same-origin', redirect: 'error',
      body: 'csrf_token=' + encodeURIComponent(box.elements.csrf_token.value),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' }
    }).then(function (answer) {
      if (!answer.ok) throw answer;
      return answer.json();
    }).then(stayed).catch(function () { say(words.failed, true); });
  });
  box.classList.add('scripted');
  show('', false);
  tick();
  setInterval(tick, TICK);
})();
