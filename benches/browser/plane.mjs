// Two moons as Kiln's dataset `moons` has them, and how far two sets of points are apart.

// Numbers in [0, 1), by Mulberry32.
const uniform = (seed) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
};

// Two normals, by Box and Muller.
const normals = (draw) => {
  const [radius, angle] = [Math.sqrt(-2 * Math.log(1 - draw())), 2 * Math.PI * draw()];
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
};

// `[count, 2]`, flattened: half circles of radius 2, blurred by 0.1.
export const moons = (count, seed) => {
  const draw = uniform(seed);
  const points = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const [upper, t, [dx, dy]] = [draw() < 0.5, Math.PI * draw(), normals(draw)];
    const [x, y] = upper ? [Math.cos(t), Math.sin(t)] : [1 - Math.cos(t), 0.5 - Math.sin(t)];
    points.set([2 * (x - 0.5) + 0.1 * dx, 2 * (y - 0.25) + 0.1 * dy], 2 * i);
  }
  return points;
};

// `θ·x` for every point, in ascending order.
const shadow = (points, [c, s]) => Float64Array.from({ length: points.length / 2 }, (_, i) => c * points[2 * i] + s * points[2 * i + 1]).sort();

// The sliced Wasserstein distance of two sets of equally many points: the root of the mean of W₂² over directions at equal angles.
export const slicedWasserstein = (a, b, directions = 64) => {
  if (a.length !== b.length) throw new Error(`${a.length / 2} points beside ${b.length / 2}`);
  let sum = 0;
  for (let i = 0; i < directions; i++) {
    const angle = (Math.PI * (i + 0.5)) / directions;
    const [p, q] = [a, b].map((points) => shadow(points, [Math.cos(angle), Math.sin(angle)]));
    sum += p.reduce((total, x, j) => total + (x - q[j]) ** 2, 0) / p.length;
  }
  return Math.sqrt(sum / directions);
};
