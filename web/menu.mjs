// Which models the page offers, and what the window has to know of each before the weights are fetched: as `kiln_playground::Stored` has it.

const DRAW_NOTHING = ['autoencoder', 'classifier', 'vqvae'];

// Of a weight file's header; null for a model that draws nothing, or nothing that can be shown.
export const listed = ({ model, interface: { shape, vocabulary } }) => {
  const draws = !DRAW_NOTHING.includes(model.kind) && !vocabulary;
  const pictures = draws && shape.length === 3;
  const plane = draws && shape.length === 1 && shape[0] === 2;
  return pictures || plane ? { family: model.kind, pictures, plane } : null;
};
