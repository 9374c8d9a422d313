// What is drawn in the canvas, as elements that nobody sees: for screen readers, and for tests. Each lies where its picture does.

const make = (tag, attributes = {}) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

// The element of a role, and how it takes what is seen.
const KINDS = {
  text: () => make('span'),
  button: () => make('button', { type: 'button' }),
  link: () => make('button', { type: 'button', role: 'link' }),
  checkbox: () => make('button', { type: 'button', role: 'checkbox' }),
  radio: () => make('button', { type: 'button', role: 'radio' }),
  slider: () => make('input', { type: 'range', step: 'any' }),
  spinbutton: () => make('input', { type: 'number', step: 'any' }),
  textbox: () => make('input', { type: 'text' }),
  progressbar: () => make('div', { role: 'progressbar' }),
  img: () => make('div', { role: 'img' }),
  group: () => make('div', { role: 'group' }),
};

const set = (element, name, value) => {
  if (value === undefined || value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
};

const text = (element, value) => {
  if (element.textContent !== value) element.textContent = value;
};

const numbers = (element, { role, range: [least, now, most] }) => {
  if (role === 'progressbar') {
    set(element, 'aria-valuenow', now);
    return;
  }
  const bounded = (value) => (Math.abs(value) < 1e300 ? value : undefined);
  set(element, 'min', bounded(least));
  set(element, 'max', bounded(most));
  if (document.activeElement !== element) element.value = String(now);
};

const fill = (element, seen) => {
  const { role, name, value, range, on, disabled, focused, place: [x, y, width, height] } = seen;
  if (role === 'text') {
    text(element, name);
  } else if (['button', 'link'].includes(role)) {
    text(element, value && value !== name ? `${name} ${value}`.trim() : name);
    if (role === 'button') set(element, 'aria-pressed', on);
  } else {
    set(element, 'aria-label', name || value);
    if (['checkbox', 'radio'].includes(role)) set(element, 'aria-checked', on ?? 'mixed');
    if (role === 'textbox' && document.activeElement !== element) element.value = value ?? '';
  }
  if (range) numbers(element, seen);
  if ('disabled' in element) element.disabled = Boolean(disabled);
  element.classList.toggle('focused', Boolean(focused));
  const style = { left: `${x}px`, top: `${y}px`, width: `${Math.max(width, 1)}px`, height: `${Math.max(height, 1)}px` };
  Object.assign(element.style, style);
};

export class Mirror {
  #root;
  #status;
  #elements = new Map();
  // Does something to what is seen: `(id, action, value)`.
  act = () => {};

  constructor(root, status) {
    this.#root = root;
    root.replaceChildren();
    this.#status = status;
  }

  show(all, said) {
    text(this.#status, said);
    const before = this.#elements;
    this.#elements = new Map();
    let last = null;
    for (const seen of all) {
      const kept = before.get(seen.id);
      const element = kept?.dataset.role === seen.role ? kept : this.#create(seen);
      before.delete(kept === element ? seen.id : '');
      this.#elements.set(seen.id, element);
      fill(element, seen);
      const next = last ? last.nextSibling : this.#root.firstChild;
      if (next !== element) this.#root.insertBefore(element, next);
      last = element;
    }
    before.forEach((element) => element.remove());
  }

  #create({ id, role }) {
    const element = (KINDS[role] ?? KINDS.group)();
    element.dataset.role = role;
    element.dataset.id = id;
    element.id = `mirror-${id}`;
    // Keys go to the canvas, which has an order of its own.
    if (element.tabIndex >= 0) element.tabIndex = -1;
    element.addEventListener('click', () => this.act(id, 'click'));
    element.addEventListener('input', () => this.act(id, 'set', element.value));
    return element;
  }
}
