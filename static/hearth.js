/* The public pages' script (progressive enhancement): quick exit, double submit, autosave, counters, reading aloud.
   It sends requests to this site only, stores only a quick exit, and shows only words that the page brought.
   Syntax for browsers of 2017. */
(function () {
  'use strict';
  var root = document.documentElement;
  var words = document.currentScript.dataset;
  var AWAY = '/leave';
  var PRESSES = 3, WITHIN = 2000, PAUSE = 900, ONCE = 5000;

  function on(type, act, where) { (where || document).addEventListener(type, act, true); }
  function each(selector, act) { Array.from(document.querySelectorAll(selector)).forEach(act); }

  /* Quick exit. The page is emptied first, so that nothing is left to see, to hear or to autosave. */
  var gone = false;
  function blank() {
    gone = true;
    quiet();
    root.textContent = '';
  }
  function leave() {
    blank();
    /* Offline the server cannot know of it: the next request carries this cookie, and ends the Visit. */
    document.cookie = 'page=closed; Path=/; SameSite=Lax' + (/s:$/.test(location.protocol) ? '; Secure' : '');
    location.replace(AWAY);
  }
  on('click', function (event) {
    if (!event.target.closest || !event.target.closest('a[href="' + AWAY + '"]')) return;
    event.preventDefault();
    leave();
  });
  /* Shift alone, three times: not for a capital letter, a selection or an input method. */
  var presses = [];
  function forget() { presses = []; }
  on('keydown', function (event) {
    var alone = event.key === 'Shift' && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (!alone || event.isComposing || event.keyCode === 229) return forget();
    if (event.repeat) return;
    presses = presses.filter(function (moment) { return event.timeStamp - moment < WITHIN; });
    presses.push(event.timeStamp);
    if (presses.length === PRESSES) leave();
  });
  on('mousedown', forget);
  on('compositionstart', forget);
  /* A page from the back/forward cache may be from before a quick exit, so it is loaded again. */
  on('pageshow', function (event) {
    sent = [];
    if (!event.persisted) return;
    blank();
    location.reload();
  }, window);

  /* Submitting: once for a double press, and not while offline. */
  var sent = [];
  function note(form, text) {
    var line = form.querySelector('[data-note]');
    if (!line) {
      line = document.createElement('p');
      line.className = 'notice';
      line.setAttribute('data-note', '');
      line.setAttribute('role', 'alert');
      form.appendChild(line);
    }
    line.textContent = text;
  }
  /* Input above the page's limit would be cut by the server: it is not submitted, and the excess is shown. */
  function tooLong(form) {
    var long = 0, most = Number(form.dataset.most);
    if (most) each('textarea, input.box', function (one) { long += Array.from(one.value).length; });
    return Math.max(0, long - most);
  }
  on('submit', function (event) {
    var form = event.target, over = tooLong(form);
    if (over) {
      event.preventDefault();
      return note(form, words.long.replace('{n}', over));
    }
    if (navigator.onLine === false) {
      event.preventDefault();
      return note(form, words.offline);
    }
    if (sent.indexOf(form) >= 0) return event.preventDefault();
    sent.push(form);
    /* After a download or a network failure, it is a real second attempt. */
    setTimeout(function () { sent = sent.filter(function (one) { return one !== form; }); }, ONCE);
  });
  on('online', function () {
    each('[data-note]', function (line) { if (line.textContent === words.offline) line.textContent = words.online; });
  }, window);

  /* Autosave when typing pauses or the page is left, so that a reload or a link loses nothing. Not after a quick
     exit; a submission is newer. */
  each('form[data-keep]', function (form) {
    var changed = false, waiting, at = form.elements.at;
    function part(one) { return encodeURIComponent(one.name) + '=' + encodeURIComponent(one.value); }
    function counts(one) {
      return one.name && one.type !== 'submit' && (one.checked || !/^(radio|checkbox)$/.test(one.type));
    }
    function keep() {
      clearTimeout(waiting);
      if (!changed || gone || tooLong(form) || !window.fetch) return;
      changed = false;
      at.value = Date.now();
      var body = Array.from(form.elements).filter(counts).map(part).join('&');
      fetch(form.dataset.keep, {
        method: 'POST', body: body, credentials: 'same-origin', keepalive: body.length < 6e4,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' }
      }).catch(function () { changed = true; });
    }
    function wait() {
      changed = true;
      clearTimeout(waiting);
      waiting = setTimeout(keep, PAUSE);
    }
    on('input', wait, form);
    on('change', wait, form);
    on('submit', function (event) {
      if (event.defaultPrevented) return;
      changed = false;
      at.value = Date.now();
    }, form);
    on('click', function (event) { if (event.target.closest && event.target.closest('a')) keep(); });
    on('beforeunload', keep, window);
    on('pagehide', keep, window);
    on('visibilitychange', keep);
  });

  /* Character counter: updated when typing pauses, and only near the limit. */
  each('textarea[data-limit]', function (area) {
    var room = document.getElementById(area.id + '-room'), limit = Number(area.dataset.limit);
    if (!room) return;
    var first = room.textContent, waiting;
    function say() {
      /* As the server counts */
      var left = limit - Array.from(area.value.normalize().trim()).length;
      var text = left < 0 ? words.over : left <= limit / 5 ? words.room : first;
      text = text.replace('{n}', String(Math.abs(left)));
      if (room.textContent !== text) room.textContent = text;
    }
    room.setAttribute('aria-live', 'polite');
    say();
    on('input', function () { clearTimeout(waiting); waiting = setTimeout(say, PAUSE); }, area);
  });

  /* A button in front of the sentence that explains it. Without a script neither is there. */
  function button(place, press) {
    var made = document.createElement('button');
    made.type = 'button';
    made.className = 'button plain small';
    made.textContent = place.dataset.words;
    on('click', press, made);
    place.insertBefore(made, place.firstChild);
    place.hidden = false;
    return made;
  }

  /* Tools for a code: hide, copy, print. */
  var code = document.querySelector('[data-code]');
  function tool(name, press) {
    each('[data-tool="' + name + '"]', function (place) {
      var made = button(place, function () { press(place.dataset, made); });
    });
  }
  if (code) {
    tool('hide', function (its, made) {
      var hidden = code.classList.toggle('covered');
      made.textContent = hidden ? its.again : its.words;
    });
    if (navigator.clipboard) {
      tool('copy', function (its) {
        var told = document.querySelector('[data-told]');
        navigator.clipboard.writeText(code.textContent.replace(/\s/g, '')).then(
          function () { told.textContent = its.done; },
          function () { told.textContent = its.failed; }
        );
      });
    }
    if (window.print) tool('print', function () { window.print(); });
  }

  /* Reading aloud: only fixed words of ours, and only by a voice inside the device. A remote voice would be sent
     the text, and learn which page this is. */
  var voices = window.speechSynthesis, reading = false;
  function quiet() {
    reading = false;
    if (voices) voices.cancel();
    each('audio', function (sound) { sound.pause(); });
  }
  function voice(language) {
    return voices.getVoices().find(function (one) {
      return one.localService === true && one.lang.slice(0, 2).toLowerCase() === language.slice(0, 2);
    });
  }
  function pieces() {
    var found = [];
    each('[data-read] *', function (piece) {
      var ours = /^(H[1-3]|P|LEGEND|LABEL|LI)$/.test(piece.tagName) && !piece.querySelector('p, label, legend');
      if (ours && !piece.closest('[hidden], [aria-hidden], [data-note], [data-room]')) found.push(piece);
    });
    return found;
  }
  function read(done) {
    quiet();
    reading = true;
    pieces().forEach(function (piece) {
      var language = (piece.querySelector('[lang]') || piece.closest('[lang]')).lang;
      var speaker = voice(language);
      if (!speaker) return;
      var said = new SpeechSynthesisUtterance(piece.textContent.replace(/\s+/g, ' ').trim());
      said.voice = speaker;
      said.lang = language;
      said.onend = said.onerror = function () { if (!voices.pending) done(); };
      voices.speak(said);
    });
  }
  function offerToRead() {
    each('[data-aloud][hidden]', function (place) {
      if (!voice(root.lang)) return;
      var made = button(place, function () {
        if (reading) { quiet(); stopped(); } else { made.textContent = place.dataset.again; read(stopped); }
      });
      function stopped() { reading = false; made.textContent = place.dataset.words; }
    });
  }
  if (voices && window.SpeechSynthesisUtterance) {
    offerToRead();
    voices.onvoiceschanged = offerToRead;
  }
  on('pagehide', quiet, window);
})();
