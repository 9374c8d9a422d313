// Which models the page lists, and what its menu has to know of each before the weights are fetched.

const WALKERS = ['diffusion', 'interpolant', 'latent'];
// These draw at once, or by their own bijections: they have no sampler, no steps and no guidance.
const OTHERS = ['flow', 'vae'];

// Pictures in grey or colour, and points in the plane.
const canBeShown = (shape) => (shape.length === 3 ? [1, 3].includes(shape[0]) : shape.length === 1 && shape[0] === 2);

// Of a weight file's header; null for a model that draws nothing, or nothing that the page can show.
export const listed = ({ model, interface: { shape, classes, vocabulary } }) => {
  if (vocabulary || !canBeShown(shape)) return null;
  if (OTHERS.includes(model.kind)) return { shape, classes, walks: false, steps: 1 };
  if (!WALKERS.includes(model.kind)) return null;
  // A latent model keeps its sampling with the diffusion inside.
  const { steps } = (model.diffusion ?? model).sampling;
  return { shape, classes, walks: true, steps };
};

// The page opens with the first: pictures before points, what walks before the rest, the quickest first.
export const order = (a, b) =>
  b.shape.length - a.shape.length || b.walks - a.walks || a.steps - b.steps || a.name.localeCompare(b.name);
