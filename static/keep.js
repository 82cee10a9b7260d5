/* The desk's script: autosave of assisted entry, when a coordinator stops typing or leaves the page. Optional
   (progressive enhancement). It sends requests to this site only, and shows only words that the page brought. */
(function () {
  'use strict';
  var PAUSE = 900;
  var form = document.querySelector('form[data-keep]');
  if (!form || !window.fetch) return;
  var changed = false, waiting, at = form.elements.at, line = form.querySelector('[data-kept]');

  function on(type, act, where) { (where || document).addEventListener(type, act, true); }
  function say(words) { if (line.textContent !== words) line.textContent = words; }
  function part(one) { return encodeURIComponent(one.name) + '=' + encodeURIComponent(one.value); }
  function counts(one) {
    return one.name && one.type !== 'submit' && (one.checked || !/^(radio|checkbox)$/.test(one.type));
  }
  function failed() {
    changed = true;
    say(form.dataset.not);
  }
  function keep() {
    clearTimeout(waiting);
    if (!changed) return;
    changed = false;
    at.value = Date.now();
    var body = Array.from(form.elements).filter(counts).map(part).join('&');
    fetch(form.dataset.keep, {
      method: 'POST', body: body, credentials: 'same-origin', redirect: 'error', keepalive: body.length < 6e4,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' }
    }).then(function (answer) {
      if (answer.status !== 204) return failed();
      if (!changed) say(form.dataset.done);
    }).catch(failed);
  }
  function wait() {
    changed = true;
    clearTimeout(waiting);
    waiting = setTimeout(keep, PAUSE);
  }
  on('input', wait, form);
  on('change', wait, form);
  on('submit', function () {
    clearTimeout(waiting);
    changed = false;
    at.value = Date.now();
  });
  on('click', function (event) { if (event.target.closest && event.target.closest('a')) keep(); });
  on('beforeunload', keep, window);
  on('pagehide', keep, window);
  on('visibilitychange', keep);
})();
