// What is to be drawn, and the page's address, which says the same: a link is a picture.

// A number within bounds, or the fallback.
const number = (text, fallback, least, most, whole = true) => {
  const value = text === null || text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(value) || (whole && !Number.isInteger(value))) return fallback;
  return Math.min(most, Math.max(least, value));
};

// The state that an address says; null stands for the model's own choice. The bounds are wider than the sliders'.
export const read = (hash) => {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  return {
    model: said.get('model'),
    steps: number(said.get('steps'), null, 1, 10_000),
    guidance: number(said.get('guidance'), null, 0, 1000, false),
    seed: number(said.get('seed'), 0, 0, Number.MAX_SAFE_INTEGER),
    class: said.get('class') ?? 'each',
    sampler: said.get('sampler') ?? '',
    count: number(said.get('count'), null, 1, 1 << 20),
  };
};

// The address of a state, without what is the model's own choice.
export const write = (state) => {
  const said = Object.entries(state).filter(([, value]) => value !== null && value !== '' && value !== 'each');
  return `#${said.map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll('%2F', '/')}`).join('&')}`;
};

// Whether there is a class to be guided towards.
const guided = (state, card) => card.classes.length > 0 && state.class !== 'any';

// The request of a state, as `kiln::model::Request` is written in JSON.
export const request = (state, card) => {
  const asked = { count: state.count, seed: state.seed };
  if (state.steps !== null) asked.steps = state.steps;
  if (state.sampler) asked.sampler = state.sampler;
  if (guided(state, card)) {
    if (state.guidance !== null) asked.guidance = state.guidance;
    asked.classes = state.class === 'each' ? 'each' : { one: Number(state.class) };
  }
  return asked;
};

// The command that draws the same.
export const command = (state, card) => {
  const words = ['kiln sample', state.model, `-n ${state.count}`, `--seed ${state.seed}`];
  if (state.steps !== null) words.push(`--steps ${state.steps}`);
  if (state.sampler) words.push(`--sampler ${state.sampler}`);
  if (card.classes.length > 0) words.push(`--class ${state.class}`);
  if (guided(state, card) && state.guidance !== null) words.push(`--guidance ${state.guidance}`);
  return words.join(' ');
};
