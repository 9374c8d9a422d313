// Which models the page lists, and what its menu has to know of each before the weights are fetched.

const GENERATORS = ['diffusion', 'interpolant', 'latent'];

// Pictures in grey or colour, and points in the plane.
const canBeShown = (shape) => (shape.length === 3 ? [1, 3].includes(shape[0]) : shape.length === 1 && shape[0] === 2);

// Of a weight file's header; null for a model that draws nothing, or nothing that the page can show.
export const listed = ({ model, interface: { shape, classes, vocabulary } }) => {
  if (!GENERATORS.includes(model.kind) || vocabulary || !canBeShown(shape)) return null;
  // A latent model keeps its sampling with the diffusion inside.
  const { steps } = (model.diffusion ?? model).sampling;
  return { shape, classes, steps };
};

// The page opens with the first: pictures before points, the quickest before the rest.
export const order = (a, b) => b.shape.length - a.shape.length || a.steps - b.steps || a.name.localeCompare(b.name);
