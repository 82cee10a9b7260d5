/* The desk's script for passkeys (WebAuthn): it has the browser ask a device, and submits the form with the answer.
   Optional (progressive enhancement): without it the six digits are the way. It sends requests to this site only, and
   shows only words that the page brought. */
(function () {
  'use strict';
  var form = document.querySelector('form[data-passkey]');
  if (!form || !window.PublicKeyCredential || !window.fetch) return;
  var button = form.querySelector('[data-press]'), line = form.querySelector('[data-said]'), busy;

  function bytes(text) {
    var raw = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    return Uint8Array.from(raw, function (one) { return one.charCodeAt(0); });
  }
  function text(buffer) {
    var raw = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(raw).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
  }
  function read(options) {
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    (options.excludeCredentials || []).forEach(function (one) { one.id = bytes(one.id); });
    return options;
  }
  function written(made) {
    var response = {};
    ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'].forEach(function (name) {
      if (made.response[name]) response[name] = text(made.response[name]);
    });
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response: response });
  }
  function token() {
    var field = form.elements.csrf_token;
    return field ? 'csrf_token=' + encodeURIComponent(field.value) : '';
  }
  function asked() {
    return fetch(form.dataset.challenge, {
      method: 'POST', body: token(), credentials: 'same-origin', redirect: 'error',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' }
    }).then(function (answer) {
      if (!answer.ok) throw answer;
      return answer.json();
    }).then(function (options) { return navigator.credentials.get({ publicKey: read(options) }); });
  }
  function made() {
    return navigator.credentials.create({ publicKey: read(JSON.parse(form.dataset.options)) });
  }
  function empty(field) {
    return /^(text|password)$/.test(field.type) && field.autocomplete !== 'one-time-code' && !field.value;
  }
  function press() {
    var first = Array.from(form.elements).filter(empty)[0];
    if (first) return first.focus();
    if (busy) return;
    busy = true;
    line.textContent = form.dataset.wait;
    (form.dataset.options ? made() : asked()).then(function (answer) {
      form.elements.passkey.value = written(answer);
      form.submit();
    }).catch(function () {
      busy = false;
      line.textContent = form.dataset.not;
    });
  }
  Array.from(form.querySelectorAll('[data-without]')).forEach(function (one) { one.hidden = true; });
  if (!button) return;
  button.hidden = false;
  button.addEventListener('click', press);
})();
