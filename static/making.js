/* The desk's progress of a long list: how far it is, and a button to stop. Optional: without it the browser saves the
   file as any other, and stops when its own button is pressed. It sends what the form sends, to this site alone. */
(function () {
  'use strict';
  var form = document.querySelector('form[data-making]');
  var able = window.ReadableStream && window.AbortController && window.TextDecoder && window.URLSearchParams;
  if (!able || !form || !window.fetch) return;
  var words = form.dataset, box = form.querySelector('.making');
  var line = box.querySelector('[role=status]'), bar = box.querySelector('progress');
  var button = box.querySelector('button');
  var PIECES = 'application/x-hearth-pieces', LINE = 10, running = null, said = 0;

  function say(text) { line.textContent = text; }
  function show(opened, people) {
    bar.max = people || 1;
    bar.value = opened;
    /* A screen reader hears it every few seconds, not for each piece. */
    if (Date.now() - said < 3000) return;
    said = Date.now();
    say(words.making.replace('{opened}', opened).replace('{people}', people));
  }
  function end(text) {
    running = null;
    button.hidden = bar.hidden = true;
    say(text);
  }
  function joined(one, other) {
    var both = new Uint8Array(one.length + other.length);
    both.set(one);
    both.set(other, one.length);
    return both;
  }
  /* Lines of three numbers, each with so many bytes of the file after it, and a line that says that this was all. */
  function pieces(reader, parts) {
    var rest = new Uint8Array(0), left = 0;
    function take() {
      for (;;) {
        if (left) {
          var some = rest.subarray(0, left);
          if (some.length) parts.push(some.slice());
          left -= some.length;
          rest = rest.subarray(some.length);
          if (left) return false;
        }
        var at = rest.indexOf(LINE);
        if (at < 0) return false;
        var head = new TextDecoder().decode(rest.subarray(0, at)).split(' ');
        rest = rest.subarray(at + 1);
        if (head[0] === 'end') return true;
        show(Number(head[0]), Number(head[1]));
        left = Number(head[2]);
      }
    }
    return reader.read().then(function next(got) {
      if (got.done) throw new Error('not whole');
      rest = joined(rest, got.value);
      return take() || reader.read().then(next);
    });
  }
  function save(parts, answer) {
    var name = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') || '');
    var link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob(parts, { type: 'application/octet-stream' }));
    link.download = name ? name[1] : '';
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 60000);
  }
  form.addEventListener('submit', function (event) {
    event.preventDefault();
    if (running) return;
    running = new AbortController();
    box.hidden = button.hidden = bar.hidden = false;
    bar.removeAttribute('value');
    said = 0;
    say(words.begun);
    fetch(form.action, {
      method: 'POST', credentials: 'same-origin', signal: running.signal,
      body: new URLSearchParams(new FormData(form)), headers: { Accept: PIECES + ', text/html' }
    }).then(function (answer) {
      if ((answer.headers.get('Content-Type') || '').indexOf(PIECES)) {
        /* A page in place of a file, so no list was made: the browser asks for that page itself. A code that was wrong
           is not sent again, because tries are counted. */
        return words.refused && answer.status < 500 && answer.status >= 400 ? end(words.refused) : form.submit();
      }
      var parts = [];
      return pieces(answer.body.getReader(), parts).then(function () {
        save(parts, answer);
        end(words.saved);
      });
    }).catch(function (error) { end(error.name === 'AbortError' ? words.stopped : words.failed); });
  });
  button.addEventListener('click', function () { if (running) running.abort(); });
})();
