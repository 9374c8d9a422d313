// Recorded ways of points from noise to data: what moves before anything has been loaded, and where nothing can be.
//
// A recording is numbers of 16 bits, little-endian: how many frames and points, then `[frames, points, 2]`, where 0 and 65535 are the borders
// of the window.

const BORDER = 65535;
const SECONDS = 3;
const REST = 1.2;

// Neighbours at the start are of one colour, as in the playground: Okabe and Ito's, which the colour-blind tell apart.
const WHEEL = [[0, 114, 178], [86, 180, 233], [230, 159, 0], [204, 121, 167]];

const colour = (x, y) => {
  const at = (Math.atan2(y - 0.5, x - 0.5) / (2 * Math.PI) + 0.5) * WHEEL.length;
  const [left, right] = [WHEEL[Math.floor(at) % WHEEL.length], WHEEL[(Math.floor(at) + 1) % WHEEL.length]];
  const share = at - Math.floor(at);
  return `rgb(${left.map((value, i) => Math.round(value + (right[i] - value) * share)).join(' ')})`;
};

// Plays a recording in a canvas over and over; the first frame that was painted settles the promise `first`. `stop()` ends it.
export const play = (canvas, url) => {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const context = canvas.getContext('2d');
  let running = true;
  const read = async () => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the recording could not be fetched: the server says ${response.status}`);
    const [frames, points, ...film] = new Uint16Array(await response.arrayBuffer());
    return { frames, points, film };
  };
  const paint = ({ frames, points, film }, time) => {
    const [at, side, size] = [time * (frames - 1), canvas.width, 0.011 * canvas.width];
    const [from, share] = [Math.min(Math.floor(at), frames - 2), at - Math.min(Math.floor(at), frames - 2)];
    context.clearRect(0, 0, side, side);
    for (let i = 0; i < points; i++) {
      const value = (frame, axis) => film[2 * (frame * points + i) + axis] / BORDER;
      const place = (axis) => value(from, axis) + share * (value(from + 1, axis) - value(from, axis));
      context.fillStyle = colour(value(0, 0), value(0, 1));
      context.fillRect(side * place(0) - size / 2, side * (1 - place(1)) - size / 2, size, size);
    }
    canvas.dataset.time = time.toFixed(3);
  };
  const first = read().then((film) => new Promise((done) => {
    const began = performance.now();
    const frame = (now) => {
      if (!running) return;
      const second = ((now - began) / 1000) % (SECONDS + REST);
      paint(film, still ? 1 : Math.min(1, Math.max(0, second / SECONDS)));
      done();
      if (!still) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }));
  return { first, stop: () => { running = false; } };
};
