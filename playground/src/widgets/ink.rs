//! Ink on pixels: what a hand draws with a soft brush, kept as text in a link.

use kiln::data::drawn;
use kiln::{Error, Result};

/// The pixels of a text on so many across and down: a square is scaled to another, and nothing is an empty canvas.
pub(crate) fn pixels(text: &str, [width, height]: [usize; 2]) -> Result<Vec<u8>> {
    let pixels = drawn::read(text)?;
    match pixels.len() {
        0 => Ok(vec![0; width * height]),
        n if n == width * height => Ok(pixels),
        n if width == height && n.isqrt().pow(2) == n => Ok(drawn::resized(&pixels, width)),
        n => Err(Error::argument(format!("drawing: wanted {width} times {height} pixels, these are {n}"))),
    }
}

/// Pixels by rows from the top, each from 0 to [`drawn::FULL`].
#[derive(Default)]
pub(crate) struct Ink {
    size: [usize; 2],
    pixels: Vec<u8>,
    /// The text that the pixels are of.
    text: String,
}

impl Ink {
    /// Follows what a link or an undo says, on so many pixels across and down.
    pub(crate) fn follow(&mut self, text: &str, size: [usize; 2]) {
        if self.text == text && self.size == size {
            return;
        }
        // What cannot be read is refused by the side that computes, in words.
        self.pixels = pixels(text, size).unwrap_or_else(|_| vec![0; size[0] * size[1]]);
        (self.size, self.text) = (size, text.to_owned());
    }

    /// A dab of the brush around a place, in pixels.
    pub(crate) fn dab(&mut self, [x, y]: [f32; 2], erase: bool) {
        let width = self.size[0].max(1);
        for (i, pixel) in self.pixels.iter_mut().enumerate() {
            let away = ((i % width) as f32 + 0.5 - x).hypot((i / width) as f32 + 0.5 - y);
            let ink = (f32::from(drawn::FULL) * (1.0 - (away - 0.9).max(0.0)).max(0.0)) as u8;
            if ink > 0 {
                *pixel = if erase { 0 } else { (*pixel).max(ink) };
            }
        }
    }

    /// What is drawn, as text.
    pub(crate) fn write(&mut self) -> String {
        self.text = drawn::write(&self.pixels);
        self.text.clone()
    }

    /// No ink.
    pub(crate) fn clear(&mut self) -> String {
        self.pixels.fill(0);
        self.write()
    }

    /// Where there is ink: pixels across and down, and how much, from 0 to 1.
    pub(crate) fn drops(&self) -> impl Iterator<Item = ([usize; 2], f32)> {
        let (width, full) = (self.size[0].max(1), f32::from(drawn::FULL));
        let drops = self.pixels.iter().enumerate().filter(|(_, ink)| **ink > 0);
        drops.map(move |(i, ink)| ([i % width, i / width], f32::from(*ink) / full))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_is_kept_as_text_and_erased_again() {
        let mut ink = Ink::default();
        ink.follow("", [8, 8]);
        ink.dab([4.0, 2.0], false);
        let text = ink.write();
        let mut other = Ink::default();
        other.follow(&text, [8, 8]);
        let drops: Vec<_> = other.drops().collect();
        assert!(drops.contains(&([3, 1], 1.0)) && drops.contains(&([4, 2], 1.0)), "{drops:?}");
        assert!(drops.iter().all(|([x, y], _)| (1..=6).contains(x) && *y <= 4), "{drops:?}");
        ink.dab([4.0, 2.0], true);
        assert_eq!(ink.write(), "a64");
        other.follow(&text, [16, 16]);
        assert!(other.drops().count() > drops.len(), "a drawing is scaled to other pixels");
    }
}
