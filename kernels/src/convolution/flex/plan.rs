//! Where the numbers of a convolution lie, and which of them meet.
//!
//! With stride `s`, a picture is split into `s × s` planes, of rows and columns that leave the same remainder: on them every tap is a
//! plain shift again. The gradient of the input is the same the other way round: one plane of the output's gradient, and one pass for each
//! plane of the input.

use crate::tile::Taps;

/// A convolution along one axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    pub size: usize,
    pub kernel: usize,
    pub stride: usize,
}

impl Axis {
    pub fn outputs(self) -> usize {
        self.size.div_ceil(self.stride)
    }

    fn border(self) -> usize {
        self.kernel / 2
    }
}

/// How the channels of a picture are laid out: plane by plane, each of all channels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Planes that a picture is split into, down and across.
    planes: [usize; 2],
    /// Zeros before the first row and the first column.
    before: [usize; 2],
    rows: usize,
    /// Numbers from one row to the next.
    pub row: usize,
    channels: usize,
}

impl Layout {
    /// Numbers from one channel to the next.
    pub fn channel(&self) -> usize {
        self.rows * self.row
    }

    fn plane(&self) -> usize {
        self.channels * self.channel()
    }

    /// All numbers, with some room after them that may be read along.
    pub fn size(&self) -> usize {
        self.planes[0] * self.planes[1] * self.plane() + 64
    }

    /// Copies a picture `[channels, height, width]` to its place in memory that was zero elsewhere.
    pub fn lay(&self, picture: &[f32], [height, width]: [usize; 2], out: &mut [f32]) {
        let [down, across] = self.planes;
        for (c, channel) in picture.chunks_exact(height * width).enumerate() {
            for (y, from) in channel.chunks_exact(width).enumerate() {
                let (plane, line) = ((y + self.before[0]) % down, (y + self.before[0]) / down);
                if line >= self.rows {
                    continue;
                }
                let start = plane * across * self.plane() + c * self.channel() + line * self.row;
                if across == 1 {
                    out[start + self.before[1]..][..width].copy_from_slice(from);
                    continue;
                }
                for plane in 0..across {
                    let first = (plane + across - self.before[1] % across) % across;
                    let column = (first + self.before[1]) / across;
                    let out = &mut out[start + plane * self.plane()..][column..self.row];
                    every(across, &from[first.min(width)..], out);
                }
            }
        }
    }
}

/// The first number of each `step`.
fn every(step: usize, from: &[f32], out: &mut [f32]) {
    if step == 2 {
        let (pairs, last) = from.as_chunks::<2>();
        out.iter_mut().zip(pairs).for_each(|(out, [first, _])| *out = *first);
        if let ([value], Some(out)) = (last, out.get_mut(pairs.len())) {
            *out = *value;
        }
    } else {
        out.iter_mut().zip(from.iter().step_by(step)).for_each(|(out, value)| *out = *value);
    }
}

/// A tap of the kernel, and how far from an output's own place its number lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tap {
    pub kernel: usize,
    pub offset: usize,
}

/// Outputs that meet the same taps: each `step`-th from `start` on, `count` of them down and across.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    pub taps: Vec<Tap>,
    pub start: [usize; 2],
    pub step: [usize; 2],
    pub count: [usize; 2],
}

impl Pass {
    /// Where a tile of so many channels finds its numbers. Channels of one tap are taps of one channel.
    pub fn taps(&self, layout: &Layout, channels: usize) -> Taps {
        match self.taps[..] {
            [tap] => Taps::at((0..channels).map(|c| tap.offset + c * layout.channel())),
            _ => Taps::at(self.taps.iter().map(|tap| tap.offset)),
        }
    }

    /// Consecutive places from the first output to the last.
    pub fn places(&self, row: usize) -> usize {
        (self.count[0] - 1) * row + self.count[1]
    }
}

/// A layout of what is read, and the passes that read it.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub layout: Layout,
    pub passes: Vec<Pass>,
}

impl Plan {
    /// From pictures of these channels to outputs.
    pub fn forward(axes: [Axis; 2], channels: usize) -> Self {
        let reach = |axis: Axis| axis.outputs() + (axis.kernel - 1) / axis.stride;
        // Where the planes are one, the zeros after a row are those before the next.
        let alone = axes[1].stride == 1;
        let row = if alone { axes[1].size + axes[1].border() } else { reach(axes[1]) };
        let layout = Layout {
            planes: axes.map(|axis| axis.stride),
            before: axes.map(Axis::border),
            rows: reach(axes[0]),
            row,
            channels,
        };
        let [down, across] = axes;
        let taps = pairs(down.kernel, across.kernel).map(|(k, l)| {
            let plane = k % down.stride * across.stride + l % across.stride;
            let offset = plane * layout.plane() + k / down.stride * row + l / across.stride;
            Tap { kernel: k * across.kernel + l, offset }
        });
        let pass = Pass { taps: taps.collect(), start: [0; 2], step: [1; 2], count: axes.map(Axis::outputs) };
        Self { layout, passes: vec![pass] }
    }

    /// From the gradients of outputs of these channels to those of the pictures.
    pub fn backward(axes: [Axis; 2], channels: usize) -> Self {
        let found = axes.map(|axis| (0..axis.stride).map(|plane| Seen::new(axis, plane)).collect::<Vec<_>>());
        let before = [0, 1].map(|i| found[i].iter().map(Seen::before).max().unwrap_or(0));
        let reach = |i: usize| {
            let last = found[i].iter().map(|seen| seen.first + seen.count).max().unwrap_or(0);
            before[i] + last.max(axes[i].outputs())
        };
        let row = if axes[1].stride == 1 { axes[1].size + before[1] } else { reach(1) };
        let layout = Layout { planes: [1; 2], before, rows: reach(0), row, channels };
        let passes = pairs(axes[0].stride, axes[1].stride).map(|(a, b)| {
            let (down, across) = (&found[0][a], &found[1][b]);
            let taps = down.taps.iter().flat_map(|k| across.taps.iter().map(move |l| (*k, *l)));
            let taps = taps.map(|(k, l)| {
                let line = before[0] + down.first - k / axes[0].stride;
                let column = before[1] + across.first - l / axes[1].stride;
                Tap { kernel: k * axes[1].kernel + l, offset: line * row + column }
            });
            Pass {
                taps: taps.collect(),
                start: [down.start, across.start],
                step: axes.map(|axis| axis.stride),
                count: [down.count, across.count],
            }
        });
        Self { layout, passes: passes.filter(|pass| pass.count[0] * pass.count[1] > 0).collect() }
    }
}

/// What the inputs that leave one remainder see of the outputs, along one axis.
struct Seen {
    /// The first of these inputs, how many there are, and the last output that its window begins at or before.
    start: usize,
    count: usize,
    first: usize,
    taps: Vec<usize>,
    stride: usize,
}

impl Seen {
    fn new(axis: Axis, plane: usize) -> Self {
        let Axis { size, kernel, stride } = axis;
        let start = (plane + stride - axis.border() % stride) % stride;
        Self {
            start,
            count: size.saturating_sub(start).div_ceil(stride),
            first: (start + axis.border()) / stride,
            taps: (plane..kernel).step_by(stride).collect(),
            stride,
        }
    }

    /// How far before the first output the furthest tap reaches.
    fn before(&self) -> usize {
        self.taps.iter().map(|tap| (tap / self.stride).saturating_sub(self.first)).max().unwrap_or(0)
    }
}

fn pairs(a: usize, b: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..a).flat_map(move |i| (0..b).map(move |j| (i, j)))
}
