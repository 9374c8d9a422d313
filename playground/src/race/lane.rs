//! One racer as it is seen: its frames, and its curve.

use super::{Frame, Mark, Measure, Racer};

/// What is known of a racer.
#[derive(Default)]
pub(super) struct Lane {
    pub(super) racer: Racer,
    /// After each step.
    pub(super) frames: Vec<Frame>,
    /// What the sampler comes to in other numbers of steps.
    pub(super) marks: Vec<Mark>,
    /// Why it does not run.
    pub(super) out: Option<String>,
}

impl Lane {
    pub(super) fn new(racer: Racer) -> Self {
        Self { racer, ..Self::default() }
    }

    /// The frames around a time from 0 (noise) to 1 (data), and how far it is from the one to the other. Frame 0 is the noise.
    pub(super) fn around(&self, time: f64) -> (usize, usize, f32) {
        let last = self.frames.len();
        let at = (time.clamp(0.0, 1.0) * self.racer.steps as f64).min(last as f64);
        let left = at as usize;
        (left, (left + 1).min(last), (at - left as f64) as f32)
    }

    /// The frame that was reached at a time; nothing while there is noise alone.
    pub(super) fn reached(&self, time: f64) -> Option<&Frame> {
        let (left, _, _) = self.around(time);
        left.checked_sub(1).and_then(|step| self.frames.get(step))
    }

    /// The samples of a frame, `start` being those of the noise.
    pub(super) fn rows<'a>(&'a self, frame: usize, start: &'a [f32]) -> &'a [f32] {
        let frame = frame.checked_sub(1).and_then(|step| self.frames.get(step));
        frame.map_or(start, |frame| &frame.rows[..])
    }

    /// Where the race ended.
    pub(super) fn end(&self) -> Option<Mark> {
        let last = self.frames.last().filter(|_| self.frames.len() == self.racer.steps)?;
        Some(Mark { evaluations: last.evaluations, apart: last.apart })
    }

    /// Whether a measure says something of it: where noise is added on the way, no sample has a place where it should end.
    pub(super) fn is_measured(&self, measure: Measure) -> bool {
        measure == Measure::Sliced || !self.racer.stochastic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_share_of_the_racers_own_steps() {
        let frame = |value: f32| Frame { rows: vec![value], ..Frame::default() };
        let mut lane = Lane::new(Racer { steps: 4, ..Racer::default() });
        assert_eq!(lane.around(0.5), (0, 0, 0.0));
        assert!(lane.reached(1.0).is_none() && lane.end().is_none());
        lane.frames = [1.0, 2.0, 3.0, 4.0].map(frame).into();
        assert_eq!([0.0, 0.5, 0.625, 1.0, 7.0].map(|time| lane.around(time).0), [0, 2, 2, 4, 4]);
        assert_eq!(lane.around(0.625), (2, 3, 0.5));
        assert_eq!(lane.reached(0.5).map(|frame| frame.rows[0]), Some(2.0));
        assert_eq!([0, 1, 4].map(|frame| lane.rows(frame, &[0.0])[0]), [0.0, 1.0, 4.0]);
        assert!(lane.end().is_some());
    }

    #[test]
    fn noise_of_its_own_is_no_error_of_a_sample() {
        let lane = |sampler: &str| Lane::new(Racer { sampler: sampler.into(), ..Racer::default() });
        assert!(lane("heun").is_measured(Measure::Rms));
        assert!(!lane("ddpm").is_measured(Measure::Rms) && lane("ddpm").is_measured(Measure::Sliced));
    }
}
